/// Taking members out of a score tree.
extension ScoreTree {
  /// Takes a member out. REQUIRES: it is in the tree, with the score that it has now.
  package mutating func remove(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    ScorePath.with(root, height: height, score, bytes) { path, leaf in
      remove(at: leaf.lowerBound(score, bytes), path, leaf)
    }
    count &-= 1
  }

  @inline(__always)
  private mutating func remove(at index: Int, _ path: ScorePath, _ leaf: ScoreLeaf) {
    leaf.remove(at: index)
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
      if branch.count(ofChild: index, isLeaf) == 0 {
        removeChild(branch, index, isLeaf)
      } else if let right = branch.mergeable(index, isLeaf) {
        mergeWithPrevious(branch, right, isLeaf)
      } else if isLeaf, let first = branch.mergeableInThree(index) {
        mergeThree(branch, first)
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
    while height > 0, root.branch.count <= 1 {
      let old = root
      let isEmpty = old.branch.count == 0
      height = isEmpty ? 0 : height &- 1
      root = isEmpty ? ScoreNode(ScoreLeaf.make()) : old.branch.children[0]
      if isEmpty { nodeByteCount &+= ScoreLeaf.byteCount }
      drop(old, isLeaf: false)
    }
  }

  private mutating func removeChild(_ branch: ScoreBranch, _ index: Int, _ isLeaf: Bool) {
    let child = branch.children[index]
    if isLeaf { child.leaf.unlink() }
    branch.remove(at: index)
    drop(child, isLeaf: isLeaf)
  }

  private mutating func mergeWithPrevious(_ branch: ScoreBranch, _ index: Int, _ isLeaf: Bool) {
    let (left, right) = (branch.children[index - 1], branch.children[index])
    if isLeaf {
      left.leaf.balance(right.leaf, keeping: left.leaf.count &+ right.leaf.count)
    } else {
      left.branch.balance(right.branch, keeping: left.branch.count &+ right.branch.count)
    }
    branch.sizes[index - 1] &+= branch.sizes[index]
    removeChild(branch, index, isLeaf)
  }

  /// Spreads three neighbouring leaves over two.
  private mutating func mergeThree(_ branch: ScoreBranch, _ first: Int) {
    let left = branch.children[first].leaf
    let middle = branch.children[first + 1].leaf
    let right = branch.children[first + 2].leaf
    let total = left.count &+ middle.count &+ right.count
    let moved = min(total / 2 &- left.count, middle.count)
    left.balance(middle, keeping: left.count &+ moved)
    middle.balance(right, keeping: middle.count &+ right.count)
    removeChild(branch, first + 2, true)
    Self.didBalance(branch, first)
  }

  private mutating func drop(_ node: ScoreNode, isLeaf: Bool) {
    nodeByteCount &-= ScoreNode.byteCount(isLeaf: isLeaf)
    node.free(isLeaf: isLeaf)
  }
}

extension ScoreBranch {
  /// Elements in a leaf, which need not be touched for it, or children of a branch.
  @inline(__always)
  fileprivate func count(ofChild index: Int, _ isLeaf: Bool) -> Int {
    isLeaf ? Int(sizes[index]) : children[index].branch.count
  }

  /// The right one of two neighbouring children that fit into three quarters of one.
  fileprivate func mergeable(_ index: Int, _ isLeaf: Bool) -> Int? {
    let most = (isLeaf ? ScoreLeaf.countMax : ScoreBranch.countMax) * 3 / 4
    let size = count(ofChild: index, isLeaf)
    if index > 0, count(ofChild: index - 1, isLeaf) + size <= most { return index }
    if index + 1 < count, count(ofChild: index + 1, isLeaf) + size <= most { return index + 1 }
    return nil
  }

  /// The first of three neighbouring leaves, this one among them, that fit into five sixths of two.
  fileprivate func mergeableInThree(_ index: Int) -> Int? {
    let most = ScoreLeaf.countMax * 2 * 5 / 6
    if count < 3 || sizes[index] > most / 3 { return nil }
    let first = min(max(index - 1, 0), count - 3)
    return Int(sizes[first]) + Int(sizes[first + 1]) + Int(sizes[first + 2]) <= most ? first : nil
  }
}

extension ScoreLeaf {
  fileprivate func unlink() {
    previous?.next = next
    next?.previous = previous
  }
}
