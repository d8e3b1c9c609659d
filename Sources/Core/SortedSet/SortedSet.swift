import CPrimitives

/// A large sorted set: its members in order, and found by their bytes.
///
///     payload -> | member table | score tree |          one block
///                      |              |
///                      +--> record <--+               | score | length | bytes |
///
/// Both indices point to the same records (`ScoredMember`), so a member's bytes are held once. A
/// score is held twice, in the record for who comes by the member and in the tree's leaf for who
/// searches by score without touching records.
///
/// Invariants: both indices hold the same records; the score in a leaf is that of the record.
///
/// Ownership: owns the block, the indices and the records. One word, kept by the key's entry;
/// copies refer to the same memory. Lifetime: changes INVALIDATE positions and slots.
///
/// Complexity: O(1) for a member's score; O(log n) to add, remove, change a score, and for ranks
/// and bounds; O(1) for the next in a range.
///
/// The alternative that lost, a skiplist beside a hash table, takes about twice the memory.
package struct SortedSet {
  private struct Indices {
    var members: MemberTable<ScoredMember>
    var tree: ScoreTree
  }

  private let indices: UnsafeMutablePointer<Indices>

  /// An empty one that is about to get so many members.
  package init(capacity: Int, _ context: TableContext) {
    self.init(ScoreTree(), MemberTable(capacity: capacity, context))
  }

  private init(_ tree: ScoreTree, _ members: MemberTable<ScoredMember>) {
    let block = Allocation.allocate(MemoryLayout<Indices>.size)
    indices = block.assumingMemoryBound(to: Indices.self)
    indices.initialize(to: Indices(members: members, tree: tree))
  }

  /// One of `count` members that `next` hands out in order. CONSUMES the members.
  package init(count: Int, _ context: TableContext, _ next: () -> ScoredMember) {
    var members = MemberTable<ScoredMember>(capacity: count, context)
    let tree = ScoreTree(count: count) {
      let member = next()
      members.insert(member, context.hash(member.bytes), context)
      return member
    }
    self.init(tree, members)
  }

  /// One whose members are in a table already, and which `next` hands out in order. CONSUMES both.
  package init(_ members: MemberTable<ScoredMember>, _ next: () -> ScoredMember) {
    self.init(ScoreTree(count: members.count, next), members)
  }

  /// One that was stored as a number.
  @inline(__always)
  package init(payload: UInt64) {
    let address = UnsafeMutableRawPointer(bitPattern: UInt(payload)).unsafelyUnwrapped
    indices = address.assumingMemoryBound(to: Indices.self)
  }

  package var payload: UInt64 { UInt64(UInt(bitPattern: indices)) }

  // MARK: Looking

  @inline(__always)
  package var tree: ScoreTree { indices.pointee.tree }

  @inline(__always)
  package var count: Int { indices.pointee.tree.count }

  package var members: MemberTable<ScoredMember> { indices.pointee.members }

  @inline(__always)
  package func find(_ bytes: ByteView, _ hash: UInt64) -> Slot? {
    indices.pointee.members.find(bytes, hash)
  }

  @inline(__always)
  package func member(_ slot: Slot) -> ScoredMember { indices.pointee.members.record(slot) }

  /// As `MemberTable.scan`.
  package func scan(_ cursor: UInt64, _ body: (ScoredMember) -> Void) -> UInt64 {
    indices.pointee.members.scan(cursor) { body(member($0)) }
  }

  // MARK: Changing

  /// Adds a member that is not in the set.
  package func insert(
    _ bytes: ByteView, _ hash: UInt64, score: Double, _ context: TableContext
  ) {
    let member = ScoredMember.make(bytes, score: score)
    indices.pointee.members.insert(member, hash, context)
    indices.pointee.tree.insert(member)
  }

  /// Gives a member of the set another score.
  @inline(__always)
  package func setScore(_ member: ScoredMember, _ score: Double) {
    indices.pointee.tree.setScore(member, score)
  }

  package func remove(_ slot: Slot) {
    let member = indices.pointee.members.remove(slot)
    indices.pointee.tree.remove(member)
    member.free()
  }

  /// Removes the members of these ranks. REQUIRES: they exist.
  package func remove(ranks: Range<Int>, _ context: TableContext) {
    for _ in ranks {
      guard let member = tree.seek(ranks.lowerBound)?.member else { return }
      indices.pointee.tree.remove(member)
      if let slot = find(member.bytes, context.hash(member.bytes)) {
        _ = indices.pointee.members.remove(slot)
      }
      member.free()
    }
  }

  // MARK: Ownership

  /// Frees the set by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    indices.pointee.tree.free(free)
    indices.pointee.members.free(free)
    free(UnsafeMutableRawPointer(indices), MemoryLayout<Indices>.size)
  }

  /// An equal set with records of its own.
  package func duplicated(_ context: TableContext) -> SortedSet {
    var position = tree.seek(0)
    return SortedSet(count: count, context) {
      // There are as many positions as members.
      let current = position.unsafelyUnwrapped
      position = tree.next(current)
      return current.member.duplicated()
    }
  }

  /// Bytes of all blocks, as the allocator gives them; the records' estimated from `sampleCount` of
  /// them, 0 for all.
  package func byteCount(sampleCount: Int) -> Int {
    Allocation.sizeClass(MemoryLayout<Indices>.size) + tree.allocatedByteCount
      + indices.pointee.members.byteCount(sampleCount: sampleCount)
  }
}
