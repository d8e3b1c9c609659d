/// Giving members of a score tree other scores.
extension ScoreTree {
  /// Gives a member of the tree another score. One that stays in its leaf is moved there, which
  /// changes nothing above; only what goes farther is removed and inserted.
  package mutating func setScore(_ member: ScoredMember, _ score: Double) {
    let (old, bytes) = (member.score, member.bytes)
    let isMoved = ScorePath.with(root, height: height, old, bytes) { path, leaf in
      move(member, leaf.lowerBound(old, bytes, isLeaf: true), to: score, path, leaf)
    }
    if isMoved {
      member.score = score
    } else {
      remove(member)
      member.score = score
      insert(member)
    }
  }

  /// Moves entry `index` of a leaf to the place of its new score; false, with nothing changed, if
  /// that may be in another leaf.
  @inline(__always)
  private func move(
    _ member: ScoredMember, _ index: Int, to score: Double, _ path: ScorePath, _ leaf: ScoreNode
  ) -> Bool {
    let bytes = member.bytes
    let before = leaf.lowerBound(score, bytes, isLeaf: true)
    let target = before > index ? before &- 1 : before
    let (isFirst, isLast) = (target == 0, target == leaf.count &- 1)
    // At an end the neighbouring leaf would have to be asked; an entry that stays there, between
    // its own neighbours, is common enough.
    if isFirst, index != 0 || score < leaf.scores(isLeaf: true)[0], leaf.previous != nil {
      return false
    }
    if isLast, index != target || score > leaf.scores(isLeaf: true)[index], leaf.next != nil {
      return false
    }
    leaf.moveEntry(index, to: target, score, member)
    if isFirst || index == 0 { path.copyFirst(upFrom: height &- 1) }
    return true
  }
}

extension ScoreNode {
  /// Moves an entry of a leaf to another place of it and gives it a score.
  @inline(__always)
  fileprivate func moveEntry(
    _ index: Int, to target: Int, _ score: Double, _ member: ScoredMember
  ) {
    let scores = scores(isLeaf: true)
    let members = members(isLeaf: true)
    if target > index {
      (scores + index).update(from: scores + index + 1, count: target &- index)
      (members + index).update(from: members + index + 1, count: target &- index)
    } else if target < index {
      (scores + target + 1).update(from: scores + target, count: index &- target)
      (members + target + 1).update(from: members + target, count: index &- target)
    }
    scores[target] = score
    members[target] = member
  }
}
