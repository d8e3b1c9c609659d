import Core
import Testing

@testable import Engine

/// Sorted sets beside a Swift dictionary: random operations, with bounds so small that forms change
/// all the time.
@Suite struct SortedSetValueTests {
  private struct Pair: Comparable {
    var member: [UInt8]
    var score: Double

    static func < (left: Pair, right: Pair) -> Bool {
      if left.score != right.score { return left.score < right.score }
      return left.member.lexicographicallyPrecedes(right.member)
    }
  }

  private final class Model {
    let keyspace = UnsafeMutablePointer<KeyspaceState>.allocate(capacity: 1)
    var random: KeyspaceRandom
    var set: SortedSetValue
    var scores: [[UInt8]: Double] = [:]
    let isCoarse: Bool

    /// `isCoarse`: few different scores, so that members decide.
    init(seed: UInt64, countMax: Int, isCoarse: Bool) {
      var random = KeyspaceRandom(state: seed)
      // Words of few bits would give short members hashes of few bits.
      let words = (random.next(), random.next(), random.next(), random.next())
      keyspace.initialize(to: KeyspaceState(seedWords: words))
      keyspace.pointee.collectionLimits.sortedSet.countMax = countMax
      keyspace.pointee.collectionLimits.sortedSet.elementByteCountMax = 20
      set = SortedSetValue(.listpack, Listpack().payload, keyspace)
      self.random = random
      self.isCoarse = isCoarse
    }

    func destroy() {
      set.free()
      keyspace.deallocate()
    }

    func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    func member() -> [UInt8] {
      switch below(8) {
      case 0...3: Array(String(below(200) - 100).utf8)
      case 4...6: Array("member \(below(200))".utf8)
      default: [UInt8](repeating: 120, count: below(300))
      }
    }

    func score() -> Double {
      if isCoarse { return Double(below(3)) }
      return switch below(10) {
      case 0: [.infinity, -.infinity, 0, 0x1p62, -0x1p63, .leastNonzeroMagnitude][below(6)]
      case 1...4: Double(below(1000) - 500)
      default: Double(Int64(bitPattern: random.next())) / 1e9
      }
    }

    func hash(_ member: ByteView) -> UInt64 { keyspace.pointee.tables.hash(member) }

    var sorted: [Pair] { scores.map { Pair(member: $0.key, score: $0.value) }.sorted() }

    func pairs(_ ranks: Range<Int>, reversed: Bool) -> [Pair] {
      var pairs: [Pair] = []
      set.forEach(ranks, reversed: reversed) { member, score in
        pairs.append(Pair(member: member.withText { Array($0) }, score: score))
      }
      return pairs
    }

    func check() {
      let sorted = sorted
      #expect(set.count == sorted.count)
      #expect(pairs(0..<set.count, reversed: false) == sorted)
      #expect(pairs(0..<set.count, reversed: true) == sorted.reversed())
      for (rank, pair) in sorted.enumerated() where below(4) == 0 {
        let found = pair.member.withView { set.rank($0, hash($0)) }
        #expect(found?.rank == rank && found?.score == pair.score)
      }
      let start = below(set.count + 1)
      let end = start + below(set.count - start + 1)
      #expect(pairs(start..<end, reversed: below(2) == 0).sorted() == Array(sorted[start..<end]))
      if set.isSmall { #expect(set.count <= keyspace.pointee.collectionLimits.sortedSet.countMax) }
    }

    func checkBounds() {
      let (low, high) = (score(), score())
      let texts = ["\(low)", "(\(high)"].map { Array($0.utf8) }
      let range = texts[0].withView { first in texts[1].withView { ScoreRange(first, $0) } }
      guard let range else { return }
      let expected = sorted.filter { $0.score >= low && $0.score < high }
      #expect(pairs(set.ranks(range), reversed: false) == expected)
    }
  }

  private func step(_ model: Model) {
    let member = model.member()
    let old = model.scores[member]
    switch model.below(12) {
    case 0...5:
      let score = model.score()
      let outcome = member.withView { model.set.add($0, model.hash($0), score, []) }
      model.scores[member] = score
      switch outcome {
      case .added: #expect(old == nil)
      case .updated(let new): #expect(old != nil && new == score)
      case .same: #expect(old == score)
      default: Issue.record("refused")
      }
    case 6:
      // A score that usually keeps its place.
      guard let old, old.isFinite else { return }
      _ = member.withView { model.set.add($0, model.hash($0), 1e-9, .increments) }
      model.scores[member] = old + 1e-9
    case 7, 8:
      #expect(member.withView { model.set.remove($0, model.hash($0)) } == (old != nil))
      model.scores[member] = nil
    case 9:
      guard model.set.count > 0, model.below(4) == 0 else { return }
      let start = model.below(model.set.count)
      let end = min(model.set.count, start + 1 + model.below(20))
      for pair in model.sorted[start..<end] { model.scores[pair.member] = nil }
      model.set.remove(ranks: start..<end)
    default: #expect(member.withView { model.set.score($0) } == old)
    }
  }

  @Test(arguments: [UInt64(1), 2, 3], [(8, false), (8, true), (100_000, false), (0, true)])
  func agreesWithADictionary(seed: UInt64, _ form: (countMax: Int, isCoarse: Bool)) {
    let model = Model(seed: seed, countMax: form.countMax, isCoarse: form.isCoarse)
    for number in 0..<6000 {
      step(model)
      if number % 97 == 0 {
        model.check()
        model.checkBounds()
      }
    }
    model.check()
    model.destroy()
  }

  @Test func lexBoundsAreRanksOfMembers() {
    for countMax in [0, 100] {
      let model = Model(seed: 9, countMax: countMax, isCoarse: true)
      for number in 0..<60 {
        let member = Array("\(number % 7)\(number)".utf8)
        _ = member.withView { model.set.add($0, model.hash($0), 0, []) }
        model.scores[member] = 0
      }
      for (low, high) in [("-", "+"), ("[3", "(5"), ("(333", "[43"), ("+", "-"), ("[5", "[3")] {
        // A range borrows the text of its bounds.
        Array(low.utf8).withView { low in Array(high.utf8).withView { check(model, low, $0) } }
      }
      model.destroy()
    }
  }

  private func check(_ model: Model, _ low: ByteView, _ high: ByteView) {
    guard let range = LexRange(low, high) else { return }
    let expected = model.sorted.filter { pair in
      pair.member.withView { !range.isBelow($0) && range.isNotAbove($0) }
    }
    for reversed in [false, true] {
      let ranks = model.set.ranks(range, reversed: reversed)
      #expect(model.pairs(ranks, reversed: false) == expected)
    }
  }

  @Test func aDoubleHasTheSameDigestAndItsOwnRecords() {
    let model = Model(seed: 11, countMax: 10, isCoarse: false)
    for _ in 0..<500 { step(model) }
    let copy = SortedSetValue(
      .scoreTree, model.set.large.duplicated(model.keyspace.pointee.tables).payload,
      model.keyspace)
    let before = model.sorted
    for pair in before { _ = pair.member.withView { model.set.remove($0, model.hash($0)) } }
    #expect(model.set.count == 0)
    var pairs: [Pair] = []
    copy.forEach { member, score in
      pairs.append(Pair(member: member.withText { Array($0) }, score: score))
    }
    #expect(pairs == before)
    copy.free()
    model.destroy()
  }
}
