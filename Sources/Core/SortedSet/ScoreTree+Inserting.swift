/// Adding members to a score tree.
extension ScoreTree {
  /// Adds a member, which must not be in the tree.
  package mutating func insert(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    ScorePath.with(root, height: height, score, bytes) { path, leaf in
      insert(member, score, at: leaf.lowerBound(score, bytes, isLeaf: true), path, leaf)
    }
    count &+= 1
  }

  @inline(__always)
  private mutating func insert(
    _ member: ScoredMember, _ score: Double, at index: Int, _ path: ScorePath, _ leaf: ScoreNode
  ) {
    path.addToSizes(1)
    if leaf.count < ScoreNode.leafCountMax {
      leaf.open(isLeaf: true, at: index, score, member)
      if index == 0 { path.copyFirst(upFrom: height &- 1) }
    } else {
      split(leaf, adding: member, score, at: index, path)
    }
  }

  @inline(never)
  private mutating func split(
    _ leaf: ScoreNode, adding member: ScoredMember, _ score: Double, at index: Int,
    _ path: ScorePath
  ) {
    let right = splitLeaf(leaf, for: index)
    if index > leaf.count || (index == leaf.count && right.count == 0) {
      right.open(isLeaf: true, at: index - leaf.count, score, member)
    } else {
      leaf.open(isLeaf: true, at: index, score, member)
    }
    if index == 0 { path.copyFirst(upFrom: height &- 1) }
    didSplit(path, leaf, right)
  }

  /// A new leaf behind a full one, with its upper half; with nothing when the element to come is
  /// the last of all, so that a set that is filled in order is full.
  private mutating func splitLeaf(_ leaf: ScoreNode, for index: Int) -> ScoreNode {
    let right = ScoreNode.makeLeaf()
    nodeByteCount &+= ScoreNode.leafByteCount
    let isLast = leaf.next == nil && index == leaf.count
    leaf.move(from: isLast ? leaf.count : leaf.count / 2, toEndOf: right, isLeaf: true)
    right.next = leaf.next
    right.previous = leaf
    leaf.next?.previous = right
    leaf.next = right
    return right
  }

  /// Puts the right half of a split into the branches above.
  private mutating func didSplit(_ path: ScorePath, _ left: ScoreNode, _ right: ScoreNode) {
    var (left, right, isLeaf) = (left, right, true)
    var level = height
    while level > 0 {
      level &-= 1
      let (node, index) = path.steps[level]
      node.sizes[index] = UInt32(truncatingIfNeeded: left.size(isLeaf: isLeaf))
      guard node.count == ScoreNode.branchCountMax else {
        return node.openChild(at: index &+ 1, right, isLeaf: isLeaf)
      }
      let upper = ScoreNode.makeBranch()
      nodeByteCount &+= ScoreNode.branchByteCount
      let isLast = index &+ 1 == node.count
      node.move(
        from: isLast ? node.count &- 1 : node.count / 2, toEndOf: upper, isLeaf: false)
      if index < node.count {
        node.openChild(at: index &+ 1, right, isLeaf: isLeaf)
      } else {
        upper.openChild(at: index &+ 1 &- node.count, right, isLeaf: isLeaf)
      }
      (left, right, isLeaf) = (node, upper, false)
    }
    growRoot(left, right, isLeaf)
  }

  private mutating func growRoot(_ left: ScoreNode, _ right: ScoreNode, _ isLeaf: Bool) {
    root = ScoreNode.makeBranch()
    nodeByteCount &+= ScoreNode.branchByteCount
    height &+= 1
    root.openChild(at: 0, left, isLeaf: isLeaf)
    root.openChild(at: 1, right, isLeaf: isLeaf)
  }
}
