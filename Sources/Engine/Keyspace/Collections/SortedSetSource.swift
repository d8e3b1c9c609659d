import Core

/// What ZUNION and its like combine: a sorted set, or a set, whose members have the score 1.
///
/// Lifetime: until the key changes. Looking other keys up does not end it, even if they expire.
struct SortedSetSource {
  private enum Form {
    case none
    case sortedSet(SortedSetValue)
    case set(SetValue)
  }

  private let form: Form
  /// What its scores are multiplied by.
  var weight = 1.0

  private static let setScore = 1.0

  /// That of a key, which may not exist; nil if the key holds neither.
  init?(_ slot: Slot?, _ database: Database) {
    guard let slot else {
      form = .none
      return
    }
    switch slot.entry.type {
    case .sortedSet: form = .sortedSet(database.sortedSet(slot))
    case .set: form = .set(database.set(slot))
    default: return nil
    }
  }

  var count: Int {
    switch form {
    case .none: 0
    case .sortedSet(let set): set.count
    case .set(let set): set.count
    }
  }

  /// Calls `body` with each member and its score, sorted sets in order.
  @inline(__always)
  func forEach(_ body: (ListpackElement, Double) -> Void) {
    switch form {
    case .none: break
    case .sortedSet(let set): set.forEach(body)
    case .set(let set):
      set.forEach { member in
        body(member, Self.setScore)
        return true
      }
    }
  }

  func score(_ member: ByteView) -> Double? {
    switch form {
    case .none: nil
    case .sortedSet(let set): set.score(member)
    case .set(let set): set.contains(member) ? Self.setScore : nil
    }
  }
}

/// Union, intersection and difference of sources, with Redis' arithmetic: what is no number counts
/// as 0.
struct SortedSetCombination {
  enum Aggregate {
    case sum, min, max
    /// The weights of the sources that have the member, whatever its scores.
    case count
  }

  var sources: [SortedSetSource] = []
  var aggregate = Aggregate.sum
  let tables: TableContext

  init(_ database: Database) { tables = database.keyspace.pointee.tables }

  @inline(__always)
  private func weighted(_ score: Double, _ source: SortedSetSource) -> Double {
    aggregate == .count ? source.weight : score * source.weight
  }

  @inline(__always)
  private func number(_ score: Double) -> Double { score.isNaN ? 0 : score }

  @inline(__always)
  private func aggregated(_ first: Double, _ second: Double) -> Double {
    switch aggregate {
    case .sum, .count: number(first + second)
    case .min: second < first ? second : first
    case .max: second > first ? second : first
    }
  }

  /// Smallest first, which is also the order in which floating-point sums are made.
  private mutating func sortBySize() {
    for index in sources.indices.dropFirst() {
      var place = index
      while place > 0, sources[place].count < sources[place - 1].count {
        sources.swapAt(place, place - 1)
        place -= 1
      }
    }
  }

  // MARK: Results, sorted

  mutating func union() -> SortedSetBuilder {
    sortBySize()
    var result = SortedSetBuilder(tables)
    for source in sources {
      source.forEach { member, score in
        let score = number(weighted(score, source))
        member.withText { result.merge($0, score: score, aggregated) }
      }
    }
    result.sort()
    return result
  }

  mutating func intersection() -> SortedSetBuilder {
    var result = SortedSetBuilder(tables)
    intersect { member, score in
      result.append(member, score: score)
      return true
    }
    result.sort()
    return result
  }

  /// How many members all sources have, counted up to `limit`.
  mutating func intersectionCount(limit: Int) -> Int {
    var count = 0
    intersect { _, _ in
      count += 1
      return count < limit
    }
    return count
  }

  /// The smallest source is walked, and the others are asked.
  @inline(__always)
  private mutating func intersect(_ body: (ByteView, Double) -> Bool) {
    sortBySize()
    guard let first = sources.first else { return }
    var isWanted = true
    first.forEach { member, score in
      guard isWanted else { return }
      member.withText { bytes in
        if let score = scoreInAll(bytes, number(weighted(score, first))) {
          isWanted = body(bytes, score)
        }
      }
    }
  }

  /// The score of a member of the first source, if all have it. A product that is no number is
  /// added or compared as such, as in Redis.
  private func scoreInAll(_ member: ByteView, _ first: Double) -> Double? {
    var score = first
    for source in sources.dropFirst() {
      guard let other = source.score(member) else { return nil }
      score = aggregated(score, weighted(other, source))
    }
    return score
  }

  /// The members of the first source that no other has, with its scores.
  func difference() -> SortedSetBuilder {
    var result = SortedSetBuilder(tables)
    sources.first?.forEach { member, score in
      member.withText { bytes in
        if !sources.dropFirst().contains(where: { $0.score(bytes) != nil }) {
          result.append(bytes, score: score)
        }
      }
    }
    result.sort()
    return result
  }
}
