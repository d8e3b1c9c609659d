import CPrimitives

/// A leaf of a score tree: members in order, eight bytes for each.
///
///     | count 2 | shift 1 | - 5 | origin 8 | previous 8 | next 8 |
///     | addresses 124 x 6 | grades 124 x 2 |                           = 1024 bytes
///
/// A score is not held here but in the member. What a search compares is its grade: 16 bits that
/// rise as the scores of this leaf do,
///
///     grade = (rising bits of the score >> shift) - origin
///
/// with a shift that spreads the leaf's own scores over the 16 bits: two scores seldom have the
/// same grade unless they are the same, and only members whose grade is that of the score sought
/// are looked at. An address has 48 bits.
///
/// Invariants: members rise by score, then by bytes; `origin <= rising bits >> shift <= origin +
/// 65535` for the score of each. Scores beyond widen the shift, by arithmetic on the grades alone;
/// when that has made them coarse, a split reads the scores anew (`refine`).
///
/// The alternative that lost held the scores: 16 bytes for each member.
struct ScoreLeaf: Equatable {
  let base: UnsafeMutableRawPointer

  static let byteCount = 1024
  static let countMax = 124
  private static let addressOffset = 32
  private static let addressByteCount = 6
  private static let gradeOffset = addressOffset + countMax * addressByteCount

  static func make() -> ScoreLeaf {
    let leaf = ScoreLeaf(base: Allocation.allocate(byteCount))
    leaf.base.initializeMemory(as: UInt8.self, repeating: 0, count: addressOffset)
    return leaf
  }

  var count: Int {
    @inline(__always) get { Int(base.load(as: UInt16.self)) }
    @inline(__always) nonmutating set {
      base.storeBytes(of: UInt16(truncatingIfNeeded: newValue), as: UInt16.self)
    }
  }

  var shift: UInt64 {
    @inline(__always) get { UInt64(base.load(fromByteOffset: 2, as: UInt8.self)) }
    nonmutating set {
      base.storeBytes(of: UInt8(truncatingIfNeeded: newValue), toByteOffset: 2, as: UInt8.self)
    }
  }

  /// What the grade 0 stands for, in steps of `1 << shift`.
  var origin: UInt64 {
    @inline(__always) get { base.load(fromByteOffset: 8, as: UInt64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: UInt64.self) }
  }

  var previous: ScoreLeaf? {
    get { linked(16) }
    nonmutating set { link(newValue, 16) }
  }

  var next: ScoreLeaf? {
    @inline(__always) get { linked(24) }
    nonmutating set { link(newValue, 24) }
  }

  @inline(__always)
  private func linked(_ offset: Int) -> ScoreLeaf? {
    UnsafeMutableRawPointer(bitPattern: base.load(fromByteOffset: offset, as: UInt.self))
      .map { ScoreLeaf(base: $0) }
  }

  private func link(_ leaf: ScoreLeaf?, _ offset: Int) {
    base.storeBytes(of: UInt(bitPattern: leaf?.base), toByteOffset: offset, as: UInt.self)
  }

  @inline(__always)
  var grades: UnsafeMutablePointer<UInt16> {
    (base + Self.gradeOffset).assumingMemoryBound(to: UInt16.self)
  }

  @inline(__always)
  private func address(_ index: Int) -> UnsafeMutableRawPointer {
    base + Self.addressOffset + index &* Self.addressByteCount
  }

  @inline(__always)
  func member(_ index: Int) -> ScoredMember {
    // The two bytes too many are the next address or a grade.
    let bits = address(index).loadUnaligned(as: UInt64.self) & 0xffff_ffff_ffff
    return ScoredMember(
      address: UnsafeMutableRawPointer(bitPattern: UInt(bits)).unsafelyUnwrapped)
  }

  @inline(__always)
  private func setMember(_ index: Int, _ member: ScoredMember) {
    let bits = UInt64(UInt(bitPattern: member.address))
    let place = address(index)
    place.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
    place.storeBytes(
      of: UInt16(truncatingIfNeeded: bits &>> 32), toByteOffset: 4, as: UInt16.self)
  }

  // MARK: Searching

  /// How many entries come before the element with this score and these bytes.
  @inline(__always)
  func lowerBound(_ score: Double, _ bytes: ByteView) -> Int {
    let steps = score.risingBits &>> shift
    if steps < origin { return 0 }
    guard let grade = UInt16(exactly: steps &- origin) else { return count }
    let index = apus_count_below(grades, count, grade)
    if index == count || grades[index] != grade { return index }
    return lowerBoundAmongEquals(score, bytes, from: index, grade)
  }

  /// The same where entry `first` is the first one with the score's grade.
  @inline(never)
  private func lowerBoundAmongEquals(
    _ score: Double, _ bytes: ByteView, from first: Int, _ grade: UInt16
  ) -> Int {
    let grades = grades
    var end = first &+ 1
    while end < count, grades[end] == grade { end &+= 1 }
    return partition(first..<end) { $0.isBefore(score, bytes) }
  }

  /// The first of these entries that is not on the near side of a bound.
  @inline(__always)
  func partition(_ range: Range<Int>, _ isBefore: (ScoredMember) -> Bool) -> Int {
    var (low, high) = (range.lowerBound, range.upperBound)
    while low < high {
      let middle = (low &+ high) &>> 1
      if isBefore(member(middle)) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  // MARK: Editing

  /// Puts a member before entry `index`. REQUIRES: room, and that it belongs there.
  @inline(__always)
  func insert(_ member: ScoredMember, at index: Int) {
    let grade = gradeMakingRoom(member.score.risingBits)
    move(index..<count, to: index &+ 1)
    setMember(index, member)
    grades[index] = grade
    count &+= 1
  }

  /// Puts a member behind the others. REQUIRES: room, and that it belongs there.
  func append(_ member: ScoredMember) { insert(member, at: count) }

  /// Takes an entry out.
  @inline(__always)
  func remove(at index: Int) {
    move(index &+ 1..<count, to: index)
    count &-= 1
  }

  /// Moves an entry, whose member then gets a score. `target` is its place when it has gone.
  @inline(__always)
  func moveEntry(_ index: Int, to target: Int, _ score: Double) {
    let member = member(index)
    if target > index {
      move(index &+ 1..<target &+ 1, to: index)
    } else {
      move(target..<index, to: target &+ 1)
    }
    member.score = score
    setMember(target, member)
    grades[target] = gradeMakingRoom(score.risingBits)
  }

  /// Moves entries within the leaf.
  @inline(__always)
  private func move(_ range: Range<Int>, to target: Int) {
    (grades + target).update(from: grades + range.lowerBound, count: range.count)
    address(target).copyMemory(
      from: address(range.lowerBound), byteCount: range.count &* Self.addressByteCount)
  }

  /// Moves entries between a leaf and its right neighbour until this one has `kept` of them.
  func balance(_ right: ScoreLeaf, keeping kept: Int) {
    if kept < count {
      let moved = count &- kept
      right.move(0..<right.count, to: moved)
      right.count &+= moved
      right.take(kept..<count, of: self, at: 0, besides: moved..<right.count)
      count = kept
    } else {
      let taken = kept &- count
      let old = count
      count = kept
      take(0..<taken, of: right, at: old, besides: 0..<old)
      right.move(taken..<right.count, to: 0)
      right.count &-= taken
    }
    refine()
    right.refine()
  }

  /// Copies entries of another leaf to places kept free for them.
  private func take(
    _ range: Range<Int>, of source: ScoreLeaf, at target: Int, besides others: Range<Int>
  ) {
    if range.isEmpty { return }
    address(target).copyMemory(
      from: source.address(range.lowerBound), byteCount: range.count &* Self.addressByteCount)
    takeGrades(range, of: source, at: target, besides: others)
  }
}
