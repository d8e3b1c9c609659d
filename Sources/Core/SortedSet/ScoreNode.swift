import CPrimitives

/// A node of a score tree: a leaf of members, or a branch of nodes.
///
///     leaf, 1024 bytes     | count 8 | previous 8 | next 8 | scores 62 x 8 | members 62 x 8 |
///     branch, 2048 bytes   | count 8 | scores 72 x 8 | members 72 x 8 | children 72 x 8 |
///                          | sizes 72 x 4 |
///
/// Scores lie side by side, so that a search reads them without touching a member, unless scores
/// are equal. In a branch, score and member i are those of the first element below child i.
struct ScoreNode: Equatable {
  let base: UnsafeMutableRawPointer

  static let leafByteCount = 1024
  static let branchByteCount = 2048
  static let leafCountMax = 62
  static let branchCountMax = 72

  static func makeLeaf() -> ScoreNode {
    let node = ScoreNode(base: Allocation.allocate(leafByteCount))
    node.count = 0
    node.previous = nil
    node.next = nil
    return node
  }

  static func makeBranch() -> ScoreNode {
    let node = ScoreNode(base: Allocation.allocate(branchByteCount))
    node.count = 0
    return node
  }

  var count: Int {
    @inline(__always) get { base.load(as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Int.self) }
  }

  // MARK: Leaves

  var previous: ScoreNode? {
    get { linked(8) }
    nonmutating set { link(newValue, 8) }
  }

  var next: ScoreNode? {
    @inline(__always) get { linked(16) }
    nonmutating set { link(newValue, 16) }
  }

  @inline(__always)
  private func linked(_ offset: Int) -> ScoreNode? {
    UnsafeMutableRawPointer(bitPattern: base.load(fromByteOffset: offset, as: UInt.self))
      .map { ScoreNode(base: $0) }
  }

  private func link(_ node: ScoreNode?, _ offset: Int) {
    base.storeBytes(of: UInt(bitPattern: node?.base), toByteOffset: offset, as: UInt.self)
  }

  @inline(__always)
  func scores(isLeaf: Bool) -> UnsafeMutablePointer<Double> {
    (base + (isLeaf ? 24 : 8)).assumingMemoryBound(to: Double.self)
  }

  @inline(__always)
  func members(isLeaf: Bool) -> UnsafeMutablePointer<ScoredMember> {
    (base + (isLeaf ? 24 + 8 * Self.leafCountMax : 8 + 8 * Self.branchCountMax))
      .assumingMemoryBound(to: ScoredMember.self)
  }

  // MARK: Branches

  var children: UnsafeMutablePointer<ScoreNode> {
    (base + 8 + 16 * Self.branchCountMax).assumingMemoryBound(to: ScoreNode.self)
  }

  /// Elements below each child.
  var sizes: UnsafeMutablePointer<UInt32> {
    (base + 8 + 24 * Self.branchCountMax).assumingMemoryBound(to: UInt32.self)
  }

  /// Elements in a leaf, or below a branch.
  func size(isLeaf: Bool) -> Int {
    if isLeaf { return count }
    var sum = 0
    for index in 0..<count { sum &+= Int(sizes[index]) }
    return sum
  }

  // MARK: Searching

  /// How many entries come before the element with this score and these bytes.
  @inline(__always)
  func lowerBound(_ score: Double, _ bytes: ByteView, isLeaf: Bool) -> Int {
    let scores = scores(isLeaf: isLeaf)
    let index = apus_count_below(scores, count, score)
    if index == count || scores[index] != score { return index }
    return lowerBoundAmongEquals(score, bytes, from: index, isLeaf: isLeaf)
  }

  /// The same where entry `first` is the first one with the score.
  @inline(never)
  private func lowerBoundAmongEquals(
    _ score: Double, _ bytes: ByteView, from first: Int, isLeaf: Bool
  ) -> Int {
    partition(from: first, isLeaf: isLeaf) { found, member in
      found == score && member.bytes.isBefore(bytes)
    }
  }

  /// The child of a branch below which the element is, or would be.
  @inline(__always)
  func child(_ score: Double, _ bytes: ByteView) -> Int {
    let index = lowerBound(score, bytes, isLeaf: false)
    if index < count, scores(isLeaf: false)[index] == score,
      members(isLeaf: false)[index].bytes == bytes
    {
      return index
    }
    return max(index &- 1, 0)
  }

  /// The first entry from `first` on that is not on the near side of a bound.
  @inline(__always)
  func partition(
    from first: Int = 0, isLeaf: Bool, _ isBefore: (Double, ScoredMember) -> Bool
  ) -> Int {
    let scores = scores(isLeaf: isLeaf)
    let members = members(isLeaf: isLeaf)
    var low = first
    var high = count
    while low < high {
      let middle = (low &+ high) &>> 1
      if isBefore(scores[middle], members[middle]) { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  // MARK: Editing

  /// Shifts the entries from `index` on and writes a new one.
  @inline(__always)
  func open(isLeaf: Bool, at index: Int, _ score: Double, _ member: ScoredMember) {
    let behind = count &- index
    let scores = scores(isLeaf: isLeaf) + index
    let members = members(isLeaf: isLeaf) + index
    (scores + 1).update(from: scores, count: behind)
    (members + 1).update(from: members, count: behind)
    scores.pointee = score
    members.pointee = member
    count &+= 1
  }

  /// Makes `child` the one with number `index` of a branch.
  func openChild(at index: Int, _ child: ScoreNode, isLeaf: Bool) {
    let behind = count &- index
    let (children, sizes) = (children + index, sizes + index)
    (children + 1).update(from: children, count: behind)
    (sizes + 1).update(from: sizes, count: behind)
    children.pointee = child
    sizes.pointee = UInt32(truncatingIfNeeded: child.size(isLeaf: isLeaf))
    open(
      isLeaf: false, at: index, child.scores(isLeaf: isLeaf)[0], child.members(isLeaf: isLeaf)[0])
  }

  /// Takes an entry out.
  @inline(__always)
  func close(isLeaf: Bool, at index: Int) {
    let behind = count &- index &- 1
    let scores = scores(isLeaf: isLeaf) + index
    let members = members(isLeaf: isLeaf) + index
    scores.update(from: scores + 1, count: behind)
    members.update(from: members + 1, count: behind)
    if !isLeaf {
      (children + index).update(from: children + index + 1, count: behind)
      (sizes + index).update(from: sizes + index + 1, count: behind)
    }
    count &-= 1
  }

  /// Moves entries between a node and its right neighbour until this one has `kept` of them.
  func balance(_ right: ScoreNode, keeping kept: Int, isLeaf: Bool) {
    balance(scores(isLeaf: isLeaf), right.scores(isLeaf: isLeaf), right.count, kept)
    balance(members(isLeaf: isLeaf), right.members(isLeaf: isLeaf), right.count, kept)
    if !isLeaf {
      balance(children, right.children, right.count, kept)
      balance(sizes, right.sizes, right.count, kept)
    }
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

  /// Writes the first entry of a child into the branch's entry for it.
  @inline(__always)
  func copyFirst(ofChild index: Int, isLeaf: Bool) {
    let child = children[index]
    scores(isLeaf: false)[index] = child.scores(isLeaf: isLeaf)[0]
    members(isLeaf: false)[index] = child.members(isLeaf: isLeaf)[0]
  }
}
