/// Collects members with scores in any order and makes a sorted set of them at once: the results of
/// unions, intersections, differences and stored ranges.
///
/// Ownership: owns what it has collected until one of `makeSet`, `makeListpack` and `free`, which
/// CONSUME it.
package struct SortedSetBuilder {
  private let context: TableContext
  private var records: UnsafeMutablePointer<ScoredMember>
  package private(set) var count = 0
  private var capacity: Int
  /// Where `merge` finds a member again.
  private var table: MemberTable<ScoredMember>?
  package private(set) var longestByteCount = 0

  private static let recordByteCount = MemoryLayout<ScoredMember>.stride

  package init(_ context: TableContext) {
    self.context = context
    capacity = 16
    records = Allocation.allocate(capacity * Self.recordByteCount)
      .assumingMemoryBound(to: ScoredMember.self)
  }

  // MARK: Collecting

  /// Adds a member that is not among those collected.
  package mutating func append(_ bytes: ByteView, score: Double) {
    record(ScoredMember.make(bytes, score: score))
  }

  private mutating func record(_ member: ScoredMember) {
    if count == capacity { grow() }
    records[count] = member
    count += 1
    longestByteCount = max(longestByteCount, member.bytes.count)
  }

  private mutating func grow() {
    let moved = Allocation.reallocate(
      records, from: capacity * Self.recordByteCount, to: 2 * capacity * Self.recordByteCount)
    records = moved.assumingMemoryBound(to: ScoredMember.self)
    capacity *= 2
  }

  /// Adds a member, or gives it the score that `combine` makes of its old one and this. REQUIRES:
  /// no `append` before.
  @inline(__always)
  package mutating func merge(
    _ bytes: ByteView, score: Double, _ combine: (Double, Double) -> Double
  ) {
    let hash = context.hash(bytes)
    if table == nil { table = MemberTable(capacity: 0, context) }
    if let slot = table?.find(bytes, hash) {
      let member = ScoredMember(address: slot.recordAddress)
      member.score = combine(member.score, score)
      return
    }
    let member = ScoredMember.make(bytes, score: score)
    table?.insert(member, hash, context)
    record(member)
  }

  // MARK: Finishing

  private var members: UnsafeMutableBufferPointer<ScoredMember> {
    UnsafeMutableBufferPointer(start: records, count: count)
  }

  package func sort() { ScoreSort.sort(members) }

  package func forEach(_ body: (ScoredMember) -> Void) {
    for index in 0..<count { body(records[index]) }
  }

  /// REQUIRES: `sort` has been called.
  package func makeSet() -> SortedSet {
    defer { freeRecords() }
    var next = 0
    let hand = {
      next += 1
      return records[next - 1]
    }
    if let table { return SortedSet(table, hand) }
    return SortedSet(count: count, context, hand)
  }

  /// REQUIRES: `sort` has been called; the whole fits a listpack.
  package func makeListpack() -> Listpack {
    var small = SortedListpack(Listpack())
    forEach { small.append($0.bytes, score: $0.score) }
    free()
    return small.listpack
  }

  /// Frees everything collected.
  package func free() {
    forEach { $0.free() }
    table?.freeTable { Allocation.free($0, $1) }
    freeRecords()
  }

  private func freeRecords() { Allocation.free(records, capacity * Self.recordByteCount) }
}
