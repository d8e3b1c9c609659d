/// Giving members of a score tree other scores.
extension ScoreTree {
  /// Gives a member of the tree another score. One that stays in its leaf is moved there, which
  /// changes nothing above; only what goes farther is removed and inserted.
  package mutating func setScore(_ member: ScoredMember, _ score: Double) {
    let (old, bytes) = (member.score, member.bytes)
    let isMoved = ScorePath.with(root, height: height, old, bytes) { path, leaf in
      move(leaf.lowerBound(old, bytes), of: leaf, to: score, path)
    }
    if isMoved { return }
    remove(member)
    member.score = score
    insert(member)
  }

  /// Gives the member of entry `index` of a leaf another score and the entry its place; false, with
  /// nothing changed, if that may be in another leaf.
  @inline(__always)
  private func move(
    _ index: Int, of leaf: ScoreLeaf, to score: Double, _ path: ScorePath
  ) -> Bool {
    let member = leaf.member(index)
    let before = leaf.lowerBound(score, member.bytes)
    let target = before > index ? before &- 1 : before
    let (isFirst, isLast) = (target == 0, target == leaf.count &- 1)
    // At an end the neighbouring leaf would have to be asked; an entry that stays there, between
    // its own neighbours, is common enough.
    if isFirst, index != 0 || score < member.score, leaf.previous != nil { return false }
    if isLast, index != target || score > member.score, leaf.next != nil { return false }
    leaf.moveEntry(index, to: target, score)
    if isFirst || index == 0 { path.copyFirst(upFrom: height &- 1) }
    return true
  }
}
