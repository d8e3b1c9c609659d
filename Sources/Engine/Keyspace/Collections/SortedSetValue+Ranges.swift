import Core

/// Scores between two bounds.
struct ScoreRange {
  private let min: (score: Double, isExclusive: Bool)
  private let max: (score: Double, isExclusive: Bool)

  /// Bounds as clients write them: a number, or `(` and a number. Nil if one is none.
  init?(_ min: ByteView, _ max: ByteView) {
    guard let min = Self.parse(min), let max = Self.parse(max) else { return nil }
    self.min = min
    self.max = max
  }

  private static func parse(_ text: ByteView) -> (Double, Bool)? {
    let isExclusive = text.count > 0 && text[0] == UInt8(ascii: "(")
    let number = isExclusive ? text.slice(1, text.count) : text
    return number.parseScoreBound().map { ($0, isExclusive) }
  }

  @inline(__always)
  func isBelow(_ score: Double) -> Bool {
    min.isExclusive ? score <= min.score : score < min.score
  }

  @inline(__always)
  func isNotAbove(_ score: Double) -> Bool {
    max.isExclusive ? score < max.score : score <= max.score
  }

  /// How many members are below the range.
  func start(in tree: ScoreTree) -> Int {
    min.isExclusive ? tree.rank(upTo: min.score) : tree.rank(below: min.score)
  }

  /// How many members are not above the range.
  func end(in tree: ScoreTree) -> Int {
    max.isExclusive ? tree.rank(below: max.score) : tree.rank(upTo: max.score)
  }
}

/// Members between two bounds, in the order of their bytes.
struct LexRange {
  private enum Bound {
    case least
    case greatest
    case member(ByteView, isExclusive: Bool)
  }

  private let min: Bound
  private let max: Bound

  /// Bounds as clients write them: `-`, `+`, `[` and a member, `(` and a member. Nil if one is
  /// none.
  init?(_ min: ByteView, _ max: ByteView) {
    guard let min = Self.parse(min), let max = Self.parse(max) else { return nil }
    self.min = min
    self.max = max
  }

  private static func parse(_ text: ByteView) -> Bound? {
    guard let first = text.buffer.first else { return nil }
    let isAlone = text.count == 1 || text[1] == 0
    switch first {
    case UInt8(ascii: "-"): return isAlone ? .least : nil
    case UInt8(ascii: "+"): return isAlone ? .greatest : nil
    case UInt8(ascii: "["): return .member(text.slice(1, text.count), isExclusive: false)
    case UInt8(ascii: "("): return .member(text.slice(1, text.count), isExclusive: true)
    default: return nil
    }
  }

  @inline(__always)
  func isBelow(_ member: ByteView) -> Bool {
    switch min {
    case .least: false
    case .greatest: true
    case .member(let bytes, let isExclusive):
      isExclusive ? !bytes.isBefore(member) : member.isBefore(bytes)
    }
  }

  @inline(__always)
  func isNotAbove(_ member: ByteView) -> Bool {
    switch max {
    case .least: false
    case .greatest: true
    case .member(let bytes, let isExclusive):
      isExclusive ? member.isBefore(bytes) : !bytes.isBefore(member)
    }
  }

  /// Whether no member at all can lie between the bounds.
  var isEmpty: Bool {
    switch (min, max) {
    case (.greatest, _), (_, .least): true
    case (.least, _), (_, .greatest): false
    case (.member(let low, let isLowExclusive), .member(let high, let isHighExclusive)):
      high.isBefore(low) || (low == high && (isLowExclusive || isHighExclusive))
    }
  }
}

/// Ranges as ranks, and walking them.
extension SortedSetValue {
  func ranks(_ range: ScoreRange) -> Range<Int> {
    let start: Int
    let end: Int
    if isSmall {
      start = small.rank { score, _ in range.isBelow(score) }
      end = small.rank { score, _ in range.isNotAbove(score) }
    } else {
      start = range.start(in: large.tree)
      end = range.end(in: large.tree)
    }
    return start..<max(start, end)
  }

  /// REQUIRES for a meaningful answer: equal scores.
  func ranks(_ range: LexRange, reversed: Bool) -> Range<Int> {
    if range.isEmpty { return 0..<0 }
    if isSmall { return smallRanks(range, reversed: reversed) }
    let start = large.tree.rank { member in range.isBelow(member.bytes) }
    let end = large.tree.rank { member in range.isNotAbove(member.bytes) }
    return start..<max(start, end)
  }

  /// With unequal scores the answer means nothing, but a listpack is walked as Redis walks it.
  private func smallRanks(_ range: LexRange, reversed: Bool) -> Range<Int> {
    let set = small
    guard let first = set.seek(0), let last = set.seek(-1),
      set.member(first).withText(range.isNotAbove),
      !set.member(last).withText(range.isBelow)
    else { return 0..<0 }
    return reversed ? lastRanks(range, set) : firstRanks(range, set)
  }

  /// From the first member not below the range up to the first one above it.
  private func firstRanks(_ range: LexRange, _ set: SortedListpack) -> Range<Int> {
    let start = set.rank { _, member in member.withText(range.isBelow) }
    var end = start
    var pair = set.seek(start)
    while let current = pair, set.member(current).withText(range.isNotAbove) {
      end += 1
      pair = set.next(current)
    }
    return start..<end
  }

  /// The same from the other end.
  private func lastRanks(_ range: LexRange, _ set: SortedListpack) -> Range<Int> {
    var end = set.count
    var pair = set.seek(end - 1)
    while let current = pair, !set.member(current).withText(range.isNotAbove) {
      end -= 1
      pair = set.previous(current)
    }
    var start = end
    while let current = pair, !set.member(current).withText(range.isBelow) {
      start -= 1
      pair = set.previous(current)
    }
    return start..<end
  }

  /// Ranks from `start` to `stop`, both counted from the end if negative.
  func ranks(from start: Int64, through stop: Int64) -> Range<Int> {
    let count = Int64(count)
    let first = max(0, start < 0 ? start + count : start)
    let last = min(count - 1, stop < 0 ? stop + count : stop)
    return first > last ? 0..<0 : Int(first)..<Int(last + 1)
  }

  // MARK: Walking

  /// Calls `body` with the members of these ranks, which exist, and their scores, from the last one
  /// on if `reversed`.
  @inline(__always)
  func forEach(_ ranks: Range<Int>, reversed: Bool, _ body: (Element, Double) -> Void) {
    if ranks.isEmpty { return }
    let first = reversed ? ranks.upperBound - 1 : ranks.lowerBound
    if isSmall {
      let set = small
      var pair = set.seek(first)
      for _ in ranks {
        guard let current = pair else { return }
        body(set.member(current), set.score(current))
        pair = reversed ? set.previous(current) : set.next(current)
      }
    } else {
      let tree = large.tree
      var position = tree.seek(first)
      for _ in ranks {
        guard let current = position else { return }
        body(.bytes(current.member.bytes), current.score)
        position = reversed ? tree.previous(current) : tree.next(current)
      }
    }
  }

  /// All members in order.
  @inline(__always)
  func forEach(_ body: (Element, Double) -> Void) { forEach(0..<count, reversed: false, body) }

  /// Some members from the cursor on, about `count`, and the next cursor. A listpack is returned
  /// whole.
  func scan(_ cursor: UInt64, count: Int, _ body: (Element, Double) -> Void) -> UInt64 {
    if isSmall {
      forEach(body)
      return 0
    }
    var next = cursor
    var seen = 0
    // Nearly empty buckets must not make one call walk the whole table.
    var stepsLeft = count.multipliedReportingOverflow(by: 10)
    if stepsLeft.overflow { stepsLeft.partialValue = .max }
    repeat {
      next = large.scan(next) { member in
        seen += 1
        body(.bytes(member.bytes), member.score)
      }
      stepsLeft.partialValue -= 1
    } while next != 0 && seen < count && stepsLeft.partialValue > 0
    return next
  }
}
