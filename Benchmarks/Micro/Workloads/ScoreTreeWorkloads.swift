import Core

/// The order of sorted sets: adding members in several orders, finding, reading ranges, removing.
enum ScoreTreeWorkloads {
  static let all =
    [
      Workload("Score tree: rank of a member", smallSet) { ranking(smallCount, $0) },
      Workload("Score tree: rank of a member", largeSet, .thousand) { ranking(largeCount, $0) },
      Workload("Score tree: seek", smallSet) { seeking(smallCount, $0) },
      Workload("Score tree: seek", largeSet, .thousand) { seeking(largeCount, $0) },
      Workload("Score tree: next of a range", largeSet) { walking(largeCount, $0) },
      Workload("Score tree: remove and insert", smallSet) { moving(smallCount, $0) },
      Workload("Score tree: remove and insert", largeSet, .thousand) { moving(largeCount, $0) },
    ]
    + Order.allCases.map { order in
      Workload("Score tree: fill, \(order.rawValue)", "0 to 1 Mi members", .thousand) {
        filling(order, min(largeCount, $0))
      }
    }

  private static let smallCount = 1024
  private static let largeCount = 1 << 20
  private static let smallSet = "1024 members, 62 KB"
  private static let largeSet = "1 Mi members, 62 MB"

  /// How the scores of new members follow each other.
  enum Order: String, CaseIterable {
    case ascending
    case descending
    case random
    /// Runs of a thousand that rise, each at another place.
    case clustered

    func score(_ number: Int, of count: Int) -> Double {
      switch self {
      case .ascending: Double(number)
      case .descending: Double(-number)
      case .random: Double(Self.mixed(number))
      case .clustered: Double(Self.mixed(number / 1000) + number % 1000)
      }
    }

    private static func mixed(_ number: Int) -> Int {
      var random = RepeatableRandom(seed: UInt64(number))
      return Int(random.next() >> 12)
    }
  }

  /// A tree, all its members in the order of their numbers, and nothing that is ever freed.
  private final class FilledTree {
    var tree = ScoreTree()
    let members: UnsafeMutablePointer<ScoredMember>
    let count: Int

    init(_ count: Int, _ order: Order, isEmpty: Bool = false) {
      self.count = count
      members = .allocate(capacity: count)
      let keys = Keys(count)
      for number in 0..<count {
        let score = order.score(number, of: count)
        (members + number).initialize(to: ScoredMember.make(keys[number], score: score))
        if !isEmpty { tree.insert(members[number]) }
      }
    }

    /// Number `index` in an order that has nothing to do with the tree's.
    @inline(__always)
    subscript(index: Int) -> ScoredMember {
      members[(index &* 0x1e37_79b9_7f4a_7c15) & (count &- 1)]
    }

    func empty() {
      tree.free { Allocation.free($0, $1) }
      tree = ScoreTree()
    }
  }

  private static func ranking(_ count: Int, _ countMax: Int) -> PreparedWorkload {
    let filled = FilledTree(min(count, countMax), .ascending)
    let tree = filled.tree
    return PreparedWorkload { count in
      var sum = 0
      for index in 0..<count {
        let member = filled[index]
        sum &+= tree.rank(member.score, member.bytes)
      }
      return sum
    } returns: { count in
      (0..<count).reduce(0) { $0 + Int(filled[$1].score) }
    }
  }

  private static func seeking(_ count: Int, _ countMax: Int) -> PreparedWorkload {
    let filled = FilledTree(min(count, countMax), .ascending)
    let tree = filled.tree
    let mask = filled.count - 1
    return PreparedWorkload { count in
      var sum = 0.0
      for index in 0..<count { sum += tree.seek((index &* 0x9e37_79b1) & mask)?.score ?? 0 }
      return Int(sum)
    } returns: { count in
      (0..<count).reduce(0) { $0 + ($1 &* 0x9e37_79b1) & mask }
    }
  }

  /// Members one by one from the first to the last, and again.
  private static func walking(_ count: Int, _ countMax: Int) -> PreparedWorkload {
    let filled = FilledTree(min(count, countMax), .random)
    let tree = filled.tree
    return PreparedWorkload { count in
      var position = tree.seek(0)
      var bytes = 0
      for _ in 0..<count {
        guard let current = position else { return 0 }
        bytes &+= current.member.bytes.count
        position = tree.next(current) ?? tree.seek(0)
      }
      return bytes
    } returns: {
      $0 * Keys.byteCount
    }
  }

  /// What ZADD does to a member whose score changes.
  private static func moving(_ count: Int, _ countMax: Int) -> PreparedWorkload {
    let filled = FilledTree(min(count, countMax), .random)
    var next = 0
    return PreparedWorkload { count in
      for index in next..<(next &+ count) {
        let member = filled[index]
        filled.tree.remove(member)
        member.score = Double((index &* 0x9e37_79b1) & 0xFFFF_FFFF)
        filled.tree.insert(member)
      }
      next &+= count
      return count
    } isRight: { count, result in
      let last = filled[next - 1]
      let rank = filled.tree.rank(last.score, last.bytes)
      return result == count && filled.tree.count == filled.count
        && filled.tree.seek(rank)?.member == last
    }
  }

  /// A sample goes on where the last one stopped, and begins again when all members are there.
  private static func filling(_ order: Order, _ memberCount: Int) -> PreparedWorkload {
    let filled = FilledTree(memberCount, order, isEmpty: true)
    var before = 0
    return PreparedWorkload { count in
      if filled.tree.count + count > memberCount { filled.empty() }
      before = filled.tree.count
    } run: { count in
      for number in before..<(before &+ count) { filled.tree.insert(filled.members[number]) }
      return filled.tree.count - before
    } returns: {
      $0
    }
  }
}
