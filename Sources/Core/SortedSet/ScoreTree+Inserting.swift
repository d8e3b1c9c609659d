/// Adding members to a score tree.
///
/// A full leaf shares with a neighbour, and only where both are full a third one joins them:
/// members in random order fill four fifths of the leaves' room instead of two thirds. Where they
/// come in order a leaf is split at the end of the run: what the run leaves behind is nearly full.
extension ScoreTree {
  /// Adds a member, which must not be in the tree.
  package mutating func insert(_ member: ScoredMember) {
    let (score, bytes) = (member.score, member.bytes)
    var isIn = false
    while !isIn {
      ScorePath.with(root, height: height, score, bytes) { path, leaf in
        let index = leaf.lowerBound(score, bytes, isLeaf: true)
        if leaf.count == ScoreNode.leafCountMax { return makeRoom(in: leaf, at: index, path) }
        leaf.open(isLeaf: true, at: index, score, member)
        path.addToSizes(1)
        if index == 0 { path.copyFirst(upFrom: height &- 1) }
        isIn = true
      }
    }
    count &+= 1
  }

  /// Afterwards the leaf to which an element at `index` of this full one belongs has room.
  @inline(never)
  private mutating func makeRoom(in leaf: ScoreNode, at index: Int, _ path: ScorePath) {
    if share(path) { return }
    // In a run that rises or falls, others of the same order will follow this one.
    let isInRun = index == 0 || index >= leaf.count * 3 / 4
    if !isInRun, splitInThree(path) { return }
    let right = addLeaf(behind: leaf)
    let kept = isInRun ? min(max(index, 1), leaf.count &- 1) : leaf.count / 2
    leaf.balance(right, keeping: kept, isLeaf: true)
    didSplit(path, leaf, right)
  }

  /// A neighbour with less room is left alone: it would be asked again soon. With 1, the leaf could
  /// stay full.
  private static let sharedRoomMin = 3

  /// Spreads the leaf and a neighbour evenly, if one has room. The left one is asked first, because
  /// runs that rise leave room there.
  private func share(_ path: ScorePath) -> Bool {
    guard height > 0 else { return false }
    let (branch, index) = path.steps[height &- 1]
    let most = ScoreNode.leafCountMax - Self.sharedRoomMin
    let first: Int
    if index > 0, branch.children[index &- 1].count <= most {
      first = index &- 1
    } else if index &+ 1 < branch.count, branch.children[index &+ 1].count <= most {
      first = index
    } else {
      return false
    }
    let (left, right) = (branch.children[first], branch.children[first &+ 1])
    left.balance(right, keeping: (left.count &+ right.count) / 2, isLeaf: true)
    Self.didBalance(branch, first)
    return true
  }

  /// Spreads the leaf and a neighbour over three, if there is a neighbour.
  private mutating func splitInThree(_ path: ScorePath) -> Bool {
    guard height > 0, path.steps[height &- 1].node.count > 1 else { return false }
    let (branch, index) = path.steps[height &- 1]
    let first = max(index &- 1, 0)
    let (left, right) = (branch.children[first], branch.children[first &+ 1])
    let third = addLeaf(behind: right)
    let kept = (left.count &+ right.count) / 3
    right.balance(third, keeping: right.count &- kept, isLeaf: true)
    left.balance(right, keeping: kept, isLeaf: true)
    Self.didBalance(branch, first)
    path.steps[height &- 1].index = first &+ 1
    didSplit(path, right, third)
    return true
  }

  /// Brings a branch in line with two neighbouring leaves, the first of which begins as before.
  private static func didBalance(_ branch: ScoreNode, _ first: Int) {
    let (left, right) = (branch.children[first], branch.children[first &+ 1])
    branch.sizes[first] = UInt32(truncatingIfNeeded: left.count)
    branch.sizes[first &+ 1] = UInt32(truncatingIfNeeded: right.count)
    branch.copyFirst(ofChild: first &+ 1, isLeaf: true)
  }

  private mutating func addLeaf(behind leaf: ScoreNode) -> ScoreNode {
    let new = ScoreNode.makeLeaf()
    nodeByteCount &+= ScoreNode.leafByteCount
    new.next = leaf.next
    new.previous = leaf
    leaf.next?.previous = new
    leaf.next = new
    return new
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
      let kept = index == 0 ? 1 : isLast ? node.count &- 1 : node.count / 2
      node.balance(upper, keeping: kept, isLeaf: false)
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
