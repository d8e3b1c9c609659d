/// Taking members out of a score tree.
extension ScoreTree {
  /// Takes a member out. REQUIRES: it is in the tree, with the score that it has now.
  package mutating func remove(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    ScorePath.with(root, height: height, score, bytes) { path, leaf in
      remove(at: leaf.lowerBound(score, bytes, isLeaf: true), path, leaf)
    }
    count &-= 1
  }

  @inline(__always)
  private mutating func remove(at index: Int, _ path: ScorePath, _ leaf: ScoreNode) {
    leaf.close(isLeaf: true, at: index)
    path.addToSizes(-1)
    if height == 0 { return }
    if index == 0 { path.copyFirst(upFrom: height &- 1) }
    mend(path)
  }

  /// Drops a node that has become empty, merges a small one with a neighbour, and so on upwards.
  private mutating func mend(_ path: ScorePath) {
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
      path.copyFirst(upFrom: level &- 1)
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
    branch.close(isLeaf: false, at: index)
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
    left.balance(right, keeping: left.count &+ right.count, isLeaf: isLeaf)
    branch.sizes[index - 1] &+= branch.sizes[index]
    branch.close(isLeaf: false, at: index)
    if isLeaf {
      left.next = right.next
      right.next?.previous = left
    }
    drop(right, isLeaf: isLeaf)
  }

  private mutating func drop(_ node: ScoreNode, isLeaf: Bool) {
    let byteCount = isLeaf ? ScoreNode.leafByteCount : ScoreNode.branchByteCount
    nodeByteCount &-= byteCount
    Allocation.free(node.base, byteCount)
  }
}
