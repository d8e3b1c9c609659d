import CPrimitives

/// The order of a sorted set: its members by score, and by their bytes where scores are equal.
///
///     branch   [ first 40 | first 90 | ... ]       sizes 46, 51, ...
///                  |           |
///     leaves   [ 40 41 ... ]-[ 90 92 ... ]-...     linked in both directions
///
/// A B+ tree whose branches know how many elements lie below each child: an index, a score and a
/// rank are found in O(log n) alike, and a range is read leaf by leaf, 62 members at a time.
///
/// Invariants: 1. entries of a node rise; 2. entry i of a branch is the first element below child
/// i, and its size the number of elements there; 3. no node but the root is empty. A node that
/// loses an element is merged with a neighbour if both fit into three quarters of one.
///
/// Ownership: owns its nodes, not the members. Lifetime: an edit INVALIDATES positions.
///
/// Complexity: O(log n) to insert, remove, find by score, rank and index; O(1) to the next.
///
/// The alternative that lost, a skiplist, takes one and a third pointers and a span for each level
/// and member, and a cache miss for each step of a range.
package struct ScoreTree {
  private(set) var root: ScoreNode
  /// Branches above the leaves.
  private(set) var height = 0
  package private(set) var count = 0
  private var nodeByteCount = ScoreNode.leafByteCount

  package init() { root = ScoreNode.makeLeaf() }

  /// Frees the nodes by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    Self.free(root, height, free)
  }

  private static func free(
    _ node: ScoreNode, _ height: Int, _ free: (UnsafeMutableRawPointer, Int) -> Void
  ) {
    if height == 0 { return free(node.base, ScoreNode.leafByteCount) }
    for index in 0..<node.count { Self.free(node.children[index], height - 1, free) }
    free(node.base, ScoreNode.branchByteCount)
  }

  package var allocatedByteCount: Int { nodeByteCount }

  // MARK: Positions

  /// An element: its leaf, and which of its entries it is.
  package struct Position: Equatable {
    var leaf: ScoreNode
    var index: Int

    @inline(__always)
    package var member: ScoredMember { leaf.members(isLeaf: true)[index] }

    @inline(__always)
    package var score: Double { leaf.scores(isLeaf: true)[index] }
  }

  @inline(__always)
  package func next(_ position: Position) -> Position? {
    if position.index &+ 1 < position.leaf.count {
      return Position(leaf: position.leaf, index: position.index &+ 1)
    }
    return position.leaf.next.map { Position(leaf: $0, index: 0) }
  }

  @inline(__always)
  package func previous(_ position: Position) -> Position? {
    if position.index > 0 { return Position(leaf: position.leaf, index: position.index &- 1) }
    return position.leaf.previous.map { Position(leaf: $0, index: $0.count &- 1) }
  }

  /// The element with this rank, from 0; nil beyond the last.
  package func seek(_ rank: Int) -> Position? {
    guard rank >= 0, rank < count else { return nil }
    var node = root
    var rest = rank
    for _ in 0..<height {
      var index = 0
      while rest >= Int(node.sizes[index]) {
        rest &-= Int(node.sizes[index])
        index &+= 1
      }
      node = node.children[index]
    }
    return Position(leaf: node, index: rest)
  }

  /// How many elements come before the element with this score and these bytes, whether or not it
  /// is there.
  package func rank(_ score: Double, _ bytes: ByteView) -> Int {
    var node = root
    var rank = 0
    for _ in 0..<height {
      let index = Self.child(node, score, bytes)
      for before in 0..<index { rank &+= Int(node.sizes[before]) }
      node = node.children[index]
    }
    return rank &+ node.lowerBound(score, bytes, isLeaf: true)
  }

  /// How many elements satisfy `isBefore`, which no element does after one that does not.
  package func rank(_ isBefore: (Double, ScoredMember) -> Bool) -> Int {
    var node = root
    var rank = 0
    for _ in 0..<height {
      let index = max(node.partition(isLeaf: false, isBefore) &- 1, 0)
      for before in 0..<index { rank &+= Int(node.sizes[before]) }
      node = node.children[index]
    }
    return rank &+ node.partition(isLeaf: true, isBefore)
  }

  /// The child below which the element is, or would be.
  @inline(__always)
  private static func child(_ node: ScoreNode, _ score: Double, _ bytes: ByteView) -> Int {
    let index = node.lowerBound(score, bytes, isLeaf: false)
    if index < node.count, node.scores(isLeaf: false)[index] == score,
      node.members(isLeaf: false)[index].bytes == bytes
    {
      return index
    }
    return max(index &- 1, 0)
  }

  // MARK: Paths

  /// The way from the root to a leaf: each branch, and which of its children was taken.
  private struct Path {
    /// A set has at most 2^32 members (`sizes`), and a branch that is split 36 children.
    static let heightMax = 16
    let steps: UnsafeMutablePointer<(node: ScoreNode, index: Int)>
  }

  /// Runs `body` with the path to the leaf where the element is, or would be, and that leaf.
  @inline(__always)
  private func withPath<Result>(
    _ score: Double, _ bytes: ByteView, _ body: (Path, ScoreNode) -> Result
  ) -> Result {
    withUnsafeTemporaryAllocation(
      of: (node: ScoreNode, index: Int).self, capacity: Path.heightMax
    ) { buffer in
      let path = Path(steps: buffer.baseAddress.unsafelyUnwrapped)
      var node = root
      for level in 0..<height {
        let index = Self.child(node, score, bytes)
        path.steps[level] = (node, index)
        node = node.children[index]
      }
      return body(path, node)
    }
  }

  // MARK: Inserting

  /// Adds a member, which must not be in the tree.
  package mutating func insert(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    // The path lies on the stack, and the tree changes meanwhile.
    var tree = self
    withPath(score, bytes) { path, leaf in tree.insert(member, score, bytes, path, leaf) }
    self = tree
    count &+= 1
  }

  private mutating func insert(
    _ member: ScoredMember, _ score: Double, _ bytes: ByteView, _ path: Path, _ leaf: ScoreNode
  ) {
    let index = leaf.lowerBound(score, bytes, isLeaf: true)
    if leaf.count < ScoreNode.leafCountMax {
      Self.open(leaf, isLeaf: true, at: index, score, member)
      addToSizes(path, 1)
      if index == 0 { setFirst(path, leaf) }
      return
    }
    let right = splitLeaf(leaf, for: index)
    if index > leaf.count || (index == leaf.count && right.count == 0) {
      Self.open(right, isLeaf: true, at: index - leaf.count, score, member)
    } else {
      Self.open(leaf, isLeaf: true, at: index, score, member)
    }
    if index == 0 { setFirst(path, leaf) }
    addToSizes(path, 1)
    didSplit(path, leaf, right)
  }

  /// Shifts the entries from `index` on and writes a new one.
  @inline(__always)
  private static func open(
    _ node: ScoreNode, isLeaf: Bool, at index: Int, _ score: Double, _ member: ScoredMember
  ) {
    let behind = node.count &- index
    let scores = node.scores(isLeaf: isLeaf) + index
    let members = node.members(isLeaf: isLeaf) + index
    (scores + 1).update(from: scores, count: behind)
    (members + 1).update(from: members, count: behind)
    scores.pointee = score
    members.pointee = member
    node.count &+= 1
  }

  /// Every branch on the path has so many elements more below it.
  @inline(__always)
  private func addToSizes(_ path: Path, _ change: Int) {
    for level in 0..<height {
      let (node, index) = path.steps[level]
      node.sizes[index] = UInt32(truncatingIfNeeded: Int(node.sizes[index]) &+ change)
    }
  }

  /// The first element of the leaf has changed: those branches have it as their entry.
  private func setFirst(_ path: Path, _ leaf: ScoreNode) {
    let (score, member) = (leaf.scores(isLeaf: true)[0], leaf.members(isLeaf: true)[0])
    var level = height
    while level > 0 {
      level &-= 1
      let (node, index) = path.steps[level]
      node.scores(isLeaf: false)[index] = score
      node.members(isLeaf: false)[index] = member
      if index > 0 { return }
    }
  }

  /// A new leaf behind a full one, with its upper half; with nothing when the element to come is
  /// the last of all, so that a set that is filled in order is full.
  private mutating func splitLeaf(_ leaf: ScoreNode, for index: Int) -> ScoreNode {
    let right = ScoreNode.makeLeaf()
    nodeByteCount &+= ScoreNode.leafByteCount
    let isLast = leaf.next == nil && index == leaf.count
    let kept = isLast ? leaf.count : leaf.count / 2
    Self.move(leaf, from: kept, to: right, at: 0, isLeaf: true)
    right.next = leaf.next
    right.previous = leaf
    leaf.next?.previous = right
    leaf.next = right
    return right
  }

  /// Moves the entries from `from` on to another node, where they are put at `place`.
  private static func move(
    _ source: ScoreNode, from: Int, to target: ScoreNode, at place: Int, isLeaf: Bool
  ) {
    let number = source.count &- from
    (target.scores(isLeaf: isLeaf) + place).update(
      from: source.scores(isLeaf: isLeaf) + from, count: number)
    (target.members(isLeaf: isLeaf) + place).update(
      from: source.members(isLeaf: isLeaf) + from, count: number)
    if !isLeaf {
      (target.children + place).update(from: source.children + from, count: number)
      (target.sizes + place).update(from: source.sizes + from, count: number)
    }
    source.count = from
    target.count = place &+ number
  }

  /// Puts the right half of a split into the branches above.
  private mutating func didSplit(_ path: Path, _ left: ScoreNode, _ right: ScoreNode) {
    var (left, right, isLeaf) = (left, right, true)
    var level = height
    while level > 0 {
      level &-= 1
      let (node, index) = path.steps[level]
      node.sizes[index] = UInt32(truncatingIfNeeded: Self.size(left, isLeaf))
      guard node.count == ScoreNode.branchCountMax else {
        return Self.openChild(node, at: index &+ 1, right, isLeaf)
      }
      let upper = ScoreNode.makeBranch()
      nodeByteCount &+= ScoreNode.branchByteCount
      let isLast = index &+ 1 == node.count
      let kept = isLast ? node.count &- 1 : node.count / 2
      Self.move(node, from: kept, to: upper, at: 0, isLeaf: false)
      if index < node.count {
        Self.openChild(node, at: index &+ 1, right, isLeaf)
      } else {
        Self.openChild(upper, at: index &+ 1 &- node.count, right, isLeaf)
      }
      (left, right, isLeaf) = (node, upper, false)
    }
    growRoot(left, right, isLeaf)
  }

  private static func size(_ node: ScoreNode, _ isLeaf: Bool) -> Int {
    isLeaf ? node.count : node.size
  }

  private static func openChild(
    _ node: ScoreNode, at index: Int, _ child: ScoreNode, _ isLeaf: Bool
  ) {
    let behind = node.count &- index
    let (children, sizes) = (node.children + index, node.sizes + index)
    (children + 1).update(from: children, count: behind)
    (sizes + 1).update(from: sizes, count: behind)
    children.pointee = child
    sizes.pointee = UInt32(truncatingIfNeeded: size(child, isLeaf))
    open(
      node, isLeaf: false, at: index, child.scores(isLeaf: isLeaf)[0],
      child.members(isLeaf: isLeaf)[0])
  }

  private mutating func growRoot(_ left: ScoreNode, _ right: ScoreNode, _ isLeaf: Bool) {
    root = ScoreNode.makeBranch()
    nodeByteCount &+= ScoreNode.branchByteCount
    height &+= 1
    Self.openChild(root, at: 0, left, isLeaf)
    Self.openChild(root, at: 1, right, isLeaf)
  }

  // MARK: Removing

  /// Takes a member out. REQUIRES: it is in the tree, with the score that it has now.
  package mutating func remove(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    var tree = self
    withPath(score, bytes) { path, leaf in
      let index = leaf.lowerBound(score, bytes, isLeaf: true)
      tree.remove(at: index, path, leaf)
    }
    self = tree
    count &-= 1
  }

  private mutating func remove(at index: Int, _ path: Path, _ leaf: ScoreNode) {
    Self.close(leaf, isLeaf: true, at: index)
    addToSizes(path, -1)
    if height == 0 { return }
    if leaf.count > 0 && index == 0 { setFirst(path, leaf) }
    mend(path, leaf)
  }

  @inline(__always)
  private static func close(_ node: ScoreNode, isLeaf: Bool, at index: Int) {
    let behind = node.count &- index &- 1
    let scores = node.scores(isLeaf: isLeaf) + index
    let members = node.members(isLeaf: isLeaf) + index
    scores.update(from: scores + 1, count: behind)
    members.update(from: members + 1, count: behind)
    if !isLeaf {
      (node.children + index).update(from: node.children + index + 1, count: behind)
      (node.sizes + index).update(from: node.sizes + index + 1, count: behind)
    }
    node.count &-= 1
  }

  /// Drops a node that has become empty, merges a small one with a neighbour, and so on upwards.
  private mutating func mend(_ path: Path, _ leaf: ScoreNode) {
    var isLeaf = true
    var level = height
    while level > 0 {
      level &-= 1
      let (branch, index) = path.steps[level]
      if branch.children[index].count == 0 {
        removeChild(branch, index, isLeaf)
      } else if let right = Self.mergeable(branch, index, isLeaf) {
        mergeWithPrevious(branch, right, isLeaf)
      } else {
        break
      }
      // The first element below the branch is another one if its first child was empty.
      setFirst(path, above: level)
      isLeaf = false
    }
    lowerRoot()
  }

  /// A branch of one child is no root, nor is one of none.
  private mutating func lowerRoot() {
    while height > 0, root.count <= 1 {
      let old = root
      height = old.count == 0 ? 0 : height &- 1
      root = old.count == 0 ? ScoreNode.makeLeaf() : old.children[0]
      if old.count == 0 { nodeByteCount &+= ScoreNode.leafByteCount }
      drop(old, isLeaf: false)
    }
  }

  private mutating func removeChild(_ branch: ScoreNode, _ index: Int, _ isLeaf: Bool) {
    let child = branch.children[index]
    if isLeaf {
      child.previous?.next = child.next
      child.next?.previous = child.previous
    }
    Self.close(branch, isLeaf: false, at: index)
    drop(child, isLeaf: isLeaf)
  }

  /// The right one of two neighbouring children that fit into three quarters of one.
  private static func mergeable(_ branch: ScoreNode, _ index: Int, _ isLeaf: Bool) -> Int? {
    let most = (isLeaf ? ScoreNode.leafCountMax : ScoreNode.branchCountMax) * 3 / 4
    let count = branch.children[index].count
    if index > 0, branch.children[index - 1].count + count <= most { return index }
    if index + 1 < branch.count, branch.children[index + 1].count + count <= most {
      return index + 1
    }
    return nil
  }

  private mutating func mergeWithPrevious(_ branch: ScoreNode, _ index: Int, _ isLeaf: Bool) {
    let (left, right) = (branch.children[index - 1], branch.children[index])
    Self.move(right, from: 0, to: left, at: left.count, isLeaf: isLeaf)
    branch.sizes[index - 1] &+= branch.sizes[index]
    branch.scores(isLeaf: false)[index - 1] = left.scores(isLeaf: isLeaf)[0]
    branch.members(isLeaf: false)[index - 1] = left.members(isLeaf: isLeaf)[0]
    Self.close(branch, isLeaf: false, at: index)
    if isLeaf {
      left.next = right.next
      right.next?.previous = left
    }
    drop(right, isLeaf: isLeaf)
  }

  /// Brings the entries above a branch in line with its first one.
  private func setFirst(_ path: Path, above level: Int) {
    var level = level
    while level > 0, path.steps[level].node.count > 0 {
      let child = path.steps[level].node
      level &-= 1
      let (node, index) = path.steps[level]
      node.scores(isLeaf: false)[index] = child.scores(isLeaf: false)[0]
      node.members(isLeaf: false)[index] = child.members(isLeaf: false)[0]
      if index > 0 { return }
    }
  }

  private mutating func drop(_ node: ScoreNode, isLeaf: Bool) {
    let byteCount = isLeaf ? ScoreNode.leafByteCount : ScoreNode.branchByteCount
    nodeByteCount &-= byteCount
    Allocation.free(node.base, byteCount)
  }
}
