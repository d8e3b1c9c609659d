/// A sorted set as its definition says: an array in order. Members are numbers of `MemberNames`.
struct SortedModel {
  struct Member {
    var score: Double
    let name: Int
  }

  private(set) var members: [Member] = []
  /// By name; a NaN for those that are not in the set.
  private var scores = [Double](repeating: .nan, count: MemberNames.count)

  init() { members.reserveCapacity(MemberNames.count) }

  var count: Int { members.count }

  func score(_ name: Int) -> Double? { scores[name].isNaN ? nil : scores[name] }

  /// How many members come before one with this score and name.
  func rank(_ score: Double, _ name: Int) -> Int {
    var (low, high) = (0, members.count)
    while low < high {
      let middle = (low + high) / 2
      let found = members[middle]
      let isBefore = found.score < score || (found.score == score && found.name < name)
      if isBefore { low = middle + 1 } else { high = middle }
    }
    return low
  }

  mutating func set(_ name: Int, _ score: Double) {
    remove(name)
    scores[name] = score
    members.insert(Member(score: score, name: name), at: rank(score, name))
  }

  /// Adds members all at once.
  mutating func set(_ added: [Member]) {
    for member in added { scores[member.name] = member.score }
    members = scores.indices.compactMap { name in
      score(name).map { Member(score: $0, name: name) }
    }
    members.sort { ($0.score, $0.name) < ($1.score, $1.name) }
  }

  mutating func remove(_ name: Int) {
    guard let score = score(name) else { return }
    members.remove(at: rank(score, name))
    scores[name] = .nan
  }

  mutating func remove(ranks: Range<Int>) {
    for member in members[ranks] { scores[member.name] = .nan }
    members.removeSubrange(ranks)
  }
}
