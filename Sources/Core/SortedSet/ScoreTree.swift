/// The order of a sorted set: its members by score, and by their bytes where scores are equal.
///
///     branch   [ first 40 | first 90 | ... ]       sizes 46, 51, ...
///                  |           |
///     leaves   [ 40 41 ... ]-[ 90 92 ... ]-...     linked in both directions
///
/// A B+ tree whose branches know how many elements lie below each child: an index, a score and a
/// rank are found in O(log n) alike, and a range is read leaf by leaf, a hundred members at a
/// time.
///
/// Invariants: 1. entries of a node rise; 2. entry i of a branch is the first element below child
/// i, and its size the number of elements there; 3. no node but the root is empty. A node that
/// loses an element is merged with a neighbour if both fit into three quarters of one, and three
/// leaves become two if these are not full then; a full leaf shares with its neighbours before it
/// is split.
///
/// Ownership: owns its nodes, not the members. Lifetime: an edit INVALIDATES positions.
///
/// Complexity: O(log n) to insert, remove, find by score, rank and index; O(1) to the next.
///
/// The alternative that lost, a skiplist, takes one and a third pointers and a span for each level
/// and member, and a cache miss for each step of a range.
package struct ScoreTree {
  var root: ScoreNode
  /// Branches above the leaves.
  var height = 0
  package internal(set) var count = 0
  var nodeByteCount = ScoreLeaf.byteCount

  package init() { root = ScoreNode(ScoreLeaf.make()) }

  /// Frees the nodes by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    Self.free(root, height, free)
  }

  private static func free(
    _ node: ScoreNode, _ height: Int, _ free: (UnsafeMutableRawPointer, Int) -> Void
  ) {
    if height > 0 {
      let branch = node.branch
      for index in 0..<branch.count { Self.free(branch.children[index], height - 1, free) }
    }
    free(node.base, ScoreNode.byteCount(isLeaf: height == 0))
  }

  package var allocatedByteCount: Int { nodeByteCount }

  // MARK: Positions

  /// An element: its leaf, and which of its entries it is.
  package struct Position: Equatable {
    var leaf: ScoreLeaf
    var index: Int

    @inline(__always)
    package var member: ScoredMember { leaf.member(index) }

    @inline(__always)
    package var score: Double { leaf.member(index).score }
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
    var size = count
    for _ in 0..<height {
      let branch = node.branch
      let index = branch.child(ofRank: &rest, size)
      size = Int(branch.sizes[index])
      node = branch.children[index]
    }
    return Position(leaf: node.leaf, index: rest)
  }

  /// How many elements come before the element with this score and these bytes, whether or not it
  /// is there.
  package func rank(_ score: Double, _ bytes: ByteView) -> Int {
    var node = root
    var rank = 0
    for _ in 0..<height {
      let branch = node.branch
      let index = branch.child(score, bytes)
      rank &+= branch.size(before: index)
      node = branch.children[index]
    }
    return rank &+ node.leaf.lowerBound(score, bytes)
  }

  /// How many elements have a smaller score.
  package func rank(below score: Double) -> Int { rank(score, ByteView("")) }

  /// How many elements have this score or a smaller one.
  package func rank(upTo score: Double) -> Int {
    score == .infinity ? count : rank(below: score.nextUp)
  }

  /// How many members satisfy `isBefore`, which none does behind one that does not.
  package func rank(_ isBefore: (ScoredMember) -> Bool) -> Int {
    var node = root
    var rank = 0
    for _ in 0..<height {
      let branch = node.branch
      let index = max(branch.partition(isBefore) &- 1, 0)
      rank &+= branch.size(before: index)
      node = branch.children[index]
    }
    return rank &+ node.leaf.partition(0..<node.leaf.count, isBefore)
  }
}
