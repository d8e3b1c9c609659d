import Testing

@testable import Core

/// Sets that are built at once, and moving members inside the tree.
@Suite struct SortedSetBuilderTests {
  private static let context = TableContext(
    seedWords: (
      0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
    ))

  private func name(_ number: Int) -> [UInt8] { Array("member \(number)".utf8) }

  private func isBefore(_ left: ScoredMember, _ right: ScoredMember) -> Bool {
    left.score != right.score ? left.score < right.score : left.bytes.isBefore(right.bytes)
  }

  /// Scores of every sign and size, with many equal ones if `isCoarse`.
  private func score(_ random: inout SplitMixGenerator, isCoarse: Bool) -> Double {
    if isCoarse { return Double(Int.random(in: -2...2, using: &random)) }
    let least = Double.leastNonzeroMagnitude
    let special = [-Double.infinity, .infinity, 0, -0.0, least, -least, 1e308, -1e308]
    if Int.random(in: 0..<10, using: &random) == 0 {
      return special[Int.random(in: 0..<special.count, using: &random)]
    }
    return Double.random(in: -1e6...1e6, using: &random)
  }

  @Test(arguments: [0, 1, 2, 53, 54, 55, 62, 191, 192, 4000, 20_000], [false, true])
  func unionsAreSortedAndWhole(count: Int, isCoarse: Bool) {
    var random = SplitMixGenerator(seed: UInt64(count))
    var builder = SortedSetBuilder(Self.context)
    var model: [[UInt8]: Double] = [:]
    for number in 0..<count {
      for member in [name(number), name(number / 2 + count)] {
        let score = score(&random, isCoarse: isCoarse)
        member.withView { builder.merge($0, score: score, max) }
        model[member] = max(model[member] ?? -.infinity, score)
      }
    }
    #expect(builder.count == model.count)
    builder.sort()
    let set = builder.makeSet()
    #expect(set.count == model.count)
    var position = set.tree.seek(0)
    var rank = 0
    var last: ScoredMember?
    while let current = position {
      if let last { #expect(isBefore(last, current.member)) }
      last = current.member
      #expect(model[Array(current.member.bytes)] == current.score)
      #expect(set.tree.rank(current.score, current.member.bytes) == rank)
      rank += 1
      position = set.tree.next(current)
    }
    #expect(rank == model.count)
    for (member, score) in model {
      let slot = member.withView { set.find($0, Self.context.hash($0)) }
      #expect(slot.map { set.member($0).score } == score)
    }
    set.free { Allocation.free($0, $1) }
  }

  @Test(arguments: [40, 500, 8000])
  func scoresMoveInsideAndBetweenLeaves(count: Int) {
    var random = SplitMixGenerator(seed: 5)
    let set = SortedSet(capacity: count, Self.context)
    for number in 0..<count {
      name(number).withView {
        set.insert($0, Self.context.hash($0), score: Double(number), Self.context)
      }
    }
    for _ in 0..<4 * count {
      let bytes = name(Int.random(in: 0..<count, using: &random))
      guard let slot = bytes.withView({ set.find($0, Self.context.hash($0)) }) else { continue }
      let member = set.member(slot)
      let step = [0.25, 1, 30, 1000][Int.random(in: 0..<4, using: &random)]
      set.setScore(member, member.score + (Bool.random(using: &random) ? step : -step))
      #expect(set.tree.seek(set.tree.rank(member.score, member.bytes))?.member == member)
    }
    var position = set.tree.seek(0)
    var seen = 0
    while let current = position {
      seen += 1
      #expect(current.score == current.member.score)
      position = set.tree.next(current)
      if let position { #expect(isBefore(current.member, position.member)) }
    }
    #expect(seen == count)
    set.free { Allocation.free($0, $1) }
  }

  @Test(arguments: [0, 1, 254, 255, 256, 70_000])
  func membersOfEveryLength(count: Int) {
    let bytes = [UInt8](repeating: 7, count: count)
    let member = bytes.withView { ScoredMember.make($0, score: -1.5) }
    #expect(Array(member.bytes) == bytes && member.score == -1.5)
    #expect(member.byteCount == count + (count < 255 ? 9 : 17))
    member.free()
  }
}
