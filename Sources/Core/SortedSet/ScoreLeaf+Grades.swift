/// What the grades of a leaf stand for, and how that changes.
///
/// Scores are seen as the integers of their rising bits. A grade is such an integer without its
/// last `shift` bits, relative to `origin`. As the origin is a number of whole steps, grades are
/// brought to a larger shift or another origin exactly, without a look at the scores.
extension ScoreLeaf {
  private static let gradeMax = UInt64(UInt16.max)
  /// Where fewer grades lie between the first entry and the last, the scores are read anew.
  private static let spreadMin: UInt16 = 2048

  /// The grade of a score, once the others leave it room.
  @inline(__always)
  func gradeMakingRoom(_ bits: UInt64) -> UInt16 {
    // Wraps to a large number below the origin.
    if count == 0 { begin(bits, shift: 0) }
    let grade = (bits &>> shift) &- origin
    if grade > Self.gradeMax { return widen(for: bits) }
    return UInt16(truncatingIfNeeded: grade)
  }

  /// Makes an empty leaf ready for scores around this one, which gets the grade in the middle.
  private func begin(_ bits: UInt64, shift: UInt64) {
    self.shift = shift
    let steps = bits &>> shift
    origin = steps - min(steps, Self.gradeMax / 2)
  }

  /// Makes grades coarse enough for a score beyond them, with as much room again on its side, since
  /// others may follow it. Returns its grade.
  @inline(never)
  private func widen(for bits: UInt64) -> UInt16 {
    let (grades, count) = (grades, count)
    let first = (origin &+ UInt64(grades[0])) &<< shift
    let last = (origin &+ UInt64(grades[count &- 1])) &<< shift
    let (low, high) = (min(first, bits), max(last, bits))
    var wide = shift
    while (high &>> wide) &- (low &>> wide) > Self.gradeMax / 2 { wide &+= 1 }
    let top = high &>> wide
    let isBelow = bits < first
    let start = isBelow ? top &- min(top, Self.gradeMax) : low &>> wide
    regrade(0..<count, of: self, at: 0, shift: wide, origin: start)
    (shift, origin) = (wide, start)
    return UInt16(truncatingIfNeeded: (bits &>> wide) &- start)
  }

  /// Writes the grades that entries of a leaf have with another shift, not a smaller one, and
  /// another origin. REQUIRES: they lie within.
  private func regrade(
    _ range: Range<Int>, of source: ScoreLeaf, at target: Int, shift: UInt64, origin: UInt64
  ) {
    let (from, to) = (source.grades + range.lowerBound, grades + target)
    let (old, more) = (source.origin, shift &- source.shift)
    for index in 0..<range.count {
      let steps = (old &+ UInt64(from[index])) &>> more
      to[index] = UInt16(truncatingIfNeeded: steps &- origin)
    }
  }

  /// Gives entries that come from another leaf their grades in this one, and `others`, which are
  /// here already, such as go with them.
  func takeGrades(
    _ range: Range<Int>, of source: ScoreLeaf, at target: Int, besides others: Range<Int>
  ) {
    let taken = source.bounds(range)
    guard !others.isEmpty else {
      (shift, origin) = (source.shift, source.origin)
      return regrade(range, of: source, at: target, shift: shift, origin: origin)
    }
    let own = bounds(others)
    let (low, high) = (min(own.low, taken.low), max(own.high, taken.high))
    var wide = max(shift, source.shift)
    while (high &>> wide) &- (low &>> wide) > Self.gradeMax { wide &+= 1 }
    let start = low &>> wide
    regrade(others, of: self, at: others.lowerBound, shift: wide, origin: start)
    regrade(range, of: source, at: target, shift: wide, origin: start)
    (shift, origin) = (wide, start)
  }

  /// The least rising bits that the first and the last of these entries may have.
  private func bounds(_ range: Range<Int>) -> (low: UInt64, high: UInt64) {
    (
      (origin &+ UInt64(grades[range.lowerBound])) &<< shift,
      (origin &+ UInt64(grades[range.upperBound &- 1])) &<< shift
    )
  }

  /// Reads the scores anew if the grades have become too coarse to tell them apart.
  func refine() {
    if count < 2 || shift == 0 || grades[count &- 1] &- grades[0] >= Self.spreadMin { return }
    let low = member(0).score.risingBits
    let high = member(count &- 1).score.risingBits
    var fine: UInt64 = 0
    while (high &>> fine) &- (low &>> fine) > Self.gradeMax / 2 { fine &+= 1 }
    // The room is shared by both sides.
    let steps = low &>> fine
    (shift, origin) = (fine, steps &- min(steps, Self.gradeMax / 4))
    for index in 0..<count {
      grades[index] = UInt16(
        truncatingIfNeeded: (member(index).score.risingBits &>> fine) &- origin)
    }
  }
}
