import CPrimitives

/// A branch of a score tree: its children, leaves or branches, each with the first element below it
/// and the number of elements there.
///
///     | count 8 | scores 72 x 8 | members 72 x 8 | children 72 x 8 | sizes 72 x 4 |   2048 bytes
///
/// Scores lie side by side, so that a search reads them without touching a member, unless scores
/// are equal.
struct ScoreBranch: Equatable {
  let base: UnsafeMutableRawPointer

  static let byteCount = 2048
  static let countMax = 72

  static func make() -> ScoreBranch {
    let branch = ScoreBranch(base: Allocation.allocate(byteCount))
    branch.count = 0
    return branch
  }

  var count: Int {
    @inline(__always) get { base.load(as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Int.self) }
  }

  @inline(__always)
  var scores: UnsafeMutablePointer<Double> { (base + 8).assumingMemoryBound(to: Double.self) }

  @inline(__always)
  var members: UnsafeMutablePointer<ScoredMember> {
    (base + 8 + 8 * Self.countMax).assumingMemoryBound(to: ScoredMember.self)
  }

  @inline(__always)
  var children: UnsafeMutablePointer<ScoreNode> {
    (base + 8 + 16 * Self.countMax).assumingMemoryBound(to: ScoreNode.self)
  }

  /// Elements below each child.
  @inline(__always)
  var sizes: UnsafeMutablePointer<UInt32> {
    (base + 8 + 24 * Self.countMax).assumingMemoryBound(to: UInt32.self)
  }

  /// Elements below the first `count` children.
  @inline(__always)
  func size(before count: Int) -> Int {
    var sum = 0
    for index in 0..<count { sum &+= Int(sizes[index]) }
    return sum
  }

  // MARK: Searching

  /// The child below which the element with this score and these bytes is, or would be.
  @inline(__always)
  func child(_ score: Double, _ bytes: ByteView) -> Int {
    let index = apus_count_less(scores, count, score)
    if index < count, scores[index] == score { return childAmongEquals(score, bytes, index) }
    return max(index &- 1, 0)
  }

  /// The same where entry `first` is the first one with the score.
  @inline(never)
  private func childAmongEquals(_ score: Double, _ bytes: ByteView, _ first: Int) -> Int {
    let index = partition(from: first) { $0.isBefore(score, bytes) }
    if index < count, scores[index] == score, members[index].bytes == bytes { return index }
    return max(index &- 1, 0)
  }

  /// The child below which the element of a rank is, which becomes that among the child's. `size`
  /// elements are below the branch; the nearer end is where the search begins.
  @inline(__always)
  func child(ofRank rank: inout Int, _ size: Int) -> Int {
    if rank < size / 2 {
      var index = 0
      while rank >= Int(sizes[index]) {
        rank &-= Int(sizes[index])
        index &+= 1
      }
      return index
    }
    var index = count &- 1
    var start = size &- Int(sizes[index])
    while rank < start {
      index &-= 1
      start &-= Int(sizes[index])
    }
    rank &-= start
    return index
  }

  /// The first child from `first` on whose first element is not on the near side of a bound.
  @inline(__always)
  func partition(from first: Int = 0, _ isBefore: (ScoredMember) -> Bool) -> Int {
    var (low, high) = (first, count)
    while low < high {
      let middle = (low &+ high) &>> 1
      if isBefore(members[middle]) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  // MARK: Editing

  /// Makes `child` the one with number `index`. REQUIRES: room.
  func insert(_ child: ScoreNode, at index: Int, isLeaf: Bool) {
    let behind = count &- index
    open(scores + index, behind)
    open(members + index, behind)
    open(children + index, behind)
    open(sizes + index, behind)
    children[index] = child
    sizes[index] = UInt32(truncatingIfNeeded: child.size(isLeaf: isLeaf))
    count &+= 1
    copyFirst(ofChild: index, isLeaf: isLeaf)
  }

  @inline(__always)
  private func open<Field>(_ place: UnsafeMutablePointer<Field>, _ behind: Int) {
    (place + 1).update(from: place, count: behind)
  }

  /// Takes a child out.
  func remove(at index: Int) {
    let behind = count &- index &- 1
    close(scores + index, behind)
    close(members + index, behind)
    close(children + index, behind)
    close(sizes + index, behind)
    count &-= 1
  }

  @inline(__always)
  private func close<Field>(_ place: UnsafeMutablePointer<Field>, _ behind: Int) {
    place.update(from: place + 1, count: behind)
  }

  /// Moves children between a branch and its right neighbour until this one has `kept` of them.
  func balance(_ right: ScoreBranch, keeping kept: Int) {
    balance(scores, right.scores, right.count, kept)
    balance(members, right.members, right.count, kept)
    balance(children, right.children, right.count, kept)
    balance(sizes, right.sizes, right.count, kept)
    right.count = count &+ right.count &- kept
    count = kept
  }

  @inline(__always)
  private func balance<Field>(
    _ left: UnsafeMutablePointer<Field>, _ right: UnsafeMutablePointer<Field>, _ rightCount: Int,
    _ kept: Int
  ) {
    if kept < count {
      (right + (count &- kept)).update(from: right, count: rightCount)
      right.update(from: left + kept, count: count &- kept)
    } else {
      let taken = kept &- count
      (left + count).update(from: right, count: taken)
      right.update(from: right + taken, count: rightCount &- taken)
    }
  }

  /// Writes the first element below a child into the branch's entry for it.
  @inline(__always)
  func copyFirst(ofChild index: Int, isLeaf: Bool) {
    let child = children[index]
    let member = isLeaf ? child.leaf.member(0) : child.branch.members[0]
    members[index] = member
    scores[index] = isLeaf ? member.score : child.branch.scores[0]
  }
}

/// A leaf or a branch: its height in the tree tells which.
struct ScoreNode: Equatable {
  let base: UnsafeMutableRawPointer

  @inline(__always)
  init(_ leaf: ScoreLeaf) { base = leaf.base }

  @inline(__always)
  init(_ branch: ScoreBranch) { base = branch.base }

  @inline(__always)
  var leaf: ScoreLeaf { ScoreLeaf(base: base) }

  @inline(__always)
  var branch: ScoreBranch { ScoreBranch(base: base) }

  /// Elements in a leaf, or below a branch.
  func size(isLeaf: Bool) -> Int { isLeaf ? leaf.count : branch.size(before: branch.count) }

  /// Elements in a leaf, or children of a branch.
  @inline(__always)
  func count(isLeaf: Bool) -> Int { isLeaf ? leaf.count : branch.count }

  static func byteCount(isLeaf: Bool) -> Int {
    isLeaf ? ScoreLeaf.byteCount : ScoreBranch.byteCount
  }

  func free(isLeaf: Bool) { Allocation.free(base, Self.byteCount(isLeaf: isLeaf)) }
}
