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
        let index = leaf.lowerBound(score, bytes)
        if leaf.count == ScoreLeaf.countMax { return makeRoom(in: leaf, at: index, path) }
        leaf.insert(member, at: index)
        path.addToSizes(1)
        if index == 0 { path.copyFirst(upFrom: height &- 1) }
        isIn = true
      }
    }
    count &+= 1
  }

  /// Afterwards the leaf to which an element at `index` of this full one belongs has room.
  @inline(never)
  private mutating func makeRoom(in leaf: ScoreLeaf, at index: Int, _ path: ScorePath) {
    if share(path) { return }
    // In a run that rises or falls, others of the same order will follow this one.
    let isInRun = index == 0 || index >= leaf.count * 3 / 4
    if !isInRun, splitInThree(path) { return }
    let right = addLeaf(behind: leaf)
    let kept = isInRun ? min(max(index, 1), leaf.count &- 1) : leaf.count / 2
    leaf.balance(right, keeping: kept)
    didSplit(path, leaf, right)
  }

  /// A neighbour with less room is left alone: it would be asked again soon. With 1, the leaf could
  /// stay full.
  private static let sharedRoomMin = 6

  /// Spreads the leaf and a neighbour evenly, if one has room. The left one is asked first, because
  /// runs that rise leave room there.
  private func share(_ path: ScorePath) -> Bool {
    guard height > 0 else { return false }
    let (branch, index) = path.steps[height &- 1]
    let most = ScoreLeaf.countMax - Self.sharedRoomMin
    let first: Int
    if index > 0, branch.sizes[index &- 1] <= most {
      first = index &- 1
    } else if index &+ 1 < branch.count, branch.sizes[index &+ 1] <= most {
      first = index
    } else {
      return false
    }
    let (left, right) = (branch.children[first].leaf, branch.children[first &+ 1].leaf)
    left.balance(right, keeping: (left.count &+ right.count) / 2)
    Self.didBalance(branch, first)
    return true
  }

  /// Spreads the leaf and a neighbour over three, if there is a neighbour.
  private mutating func splitInThree(_ path: ScorePath) -> Bool {
    guard height > 0, path.steps[height &- 1].node.count > 1 else { return false }
    let (branch, index) = path.steps[height &- 1]
    let first = max(index &- 1, 0)
    let (left, right) = (branch.children[first].leaf, branch.children[first &+ 1].leaf)
    let third = addLeaf(behind: right)
    let kept = (left.count &+ right.count) / 3
    right.balance(third, keeping: right.count &- kept)
    left.balance(right, keeping: kept)
    Self.didBalance(branch, first)
    path.steps[height &- 1].index = first &+ 1
    didSplit(path, right, third)
    return true
  }

  /// Brings a branch in line with two neighbouring leaves, the first of which begins as before.
  static func didBalance(_ branch: ScoreBranch, _ first: Int) {
    let (left, right) = (branch.children[first].leaf, branch.children[first &+ 1].leaf)
    branch.sizes[first] = UInt32(truncatingIfNeeded: left.count)
    branch.sizes[first &+ 1] = UInt32(truncatingIfNeeded: right.count)
    branch.copyFirst(ofChild: first &+ 1, isLeaf: true)
  }

  private mutating func addLeaf(behind leaf: ScoreLeaf) -> ScoreLeaf {
    let new = ScoreLeaf.make()
    nodeByteCount &+= ScoreLeaf.byteCount
    new.next = leaf.next
    new.previous = leaf
    leaf.next?.previous = new
    leaf.next = new
    return new
  }

  /// Puts the right half of a split leaf into the branches above.
  private mutating func didSplit(_ path: ScorePath, _ left: ScoreLeaf, _ right: ScoreLeaf) {
    var (left, right, isLeaf) = (ScoreNode(left), ScoreNode(right), true)
    var level = height
    while level > 0 {
      level &-= 1
      let (branch, index) = path.steps[level]
      branch.sizes[index] = UInt32(truncatingIfNeeded: left.size(isLeaf: isLeaf))
      guard branch.count == ScoreBranch.countMax else {
        return branch.insert(right, at: index &+ 1, isLeaf: isLeaf)
      }
      let upper = split(branch, at: index)
      if index < branch.count {
        branch.insert(right, at: index &+ 1, isLeaf: isLeaf)
      } else {
        upper.insert(right, at: index &+ 1 &- branch.count, isLeaf: isLeaf)
      }
      (left, right, isLeaf) = (ScoreNode(branch), ScoreNode(upper), false)
    }
    growRoot(left, right, isLeaf)
  }

  /// Moves children of a full branch, one of which has been split, to a new one behind it. At an
  /// end of the branch others are expected to follow.
  private mutating func split(_ branch: ScoreBranch, at index: Int) -> ScoreBranch {
    let upper = ScoreBranch.make()
    nodeByteCount &+= ScoreBranch.byteCount
    let isLast = index &+ 1 == branch.count
    let kept = index == 0 ? 1 : isLast ? branch.count &- 1 : branch.count / 2
    branch.balance(upper, keeping: kept)
    return upper
  }

  private mutating func growRoot(_ left: ScoreNode, _ right: ScoreNode, _ isLeaf: Bool) {
    let branch = ScoreBranch.make()
    nodeByteCount &+= ScoreBranch.byteCount
    height &+= 1
    branch.insert(left, at: 0, isLeaf: isLeaf)
    branch.insert(right, at: 1, isLeaf: isLeaf)
    root = ScoreNode(branch)
  }
}
