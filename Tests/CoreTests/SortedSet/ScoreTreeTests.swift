import Testing

@testable import Core

@Suite struct ScoreTreeTests {
  private struct Element: Comparable {
    let member: ScoredMember
    let name: [UInt8]
    let score: Double

    static func < (left: Element, right: Element) -> Bool {
      if left.score != right.score { return left.score < right.score }
      return left.name.lexicographicallyPrecedes(right.name)
    }
  }

  /// Checks what is below a node; returns its first element, and how many there are.
  @discardableResult
  private func checkNode(_ node: ScoreNode, _ height: Int) -> (first: ScoredMember?, count: Int) {
    if height == 0 { return checkLeaf(node.leaf) }
    let branch = node.branch
    #expect(branch.count <= ScoreBranch.countMax)
    var total = 0
    for index in 0..<branch.count {
      let (first, count) = checkNode(branch.children[index], height - 1)
      let isSound =
        first == branch.members[index] && first?.score == branch.scores[index]
        && count == Int(branch.sizes[index]) && count > 0
      #expect(isSound)
      total += count
    }
    return (branch.count == 0 ? nil : branch.members[0], total)
  }

  /// Each grade is that of the member's score.
  private func checkLeaf(_ leaf: ScoreLeaf) -> (first: ScoredMember?, count: Int) {
    #expect(leaf.count <= ScoreLeaf.countMax)
    let isGraded = (0..<leaf.count).allSatisfy { index in
      let steps = leaf.member(index).score.risingBits >> leaf.shift
      return steps == leaf.origin + UInt64(leaf.grades[index])
    }
    #expect(isGraded)
    return (leaf.count == 0 ? nil : leaf.member(0), leaf.count)
  }

  private func check(_ tree: ScoreTree, _ model: [Element]) {
    #expect(tree.count == model.count)
    checkNode(tree.root, tree.height)
    var forward: [ScoredMember] = []
    var scores: [Double] = []
    var position = tree.seek(0)
    while let current = position {
      forward.append(current.member)
      scores.append(current.score)
      position = tree.next(current)
    }
    #expect(forward == model.map(\.member))
    #expect(scores == model.map(\.score))
    var backward: [ScoredMember] = []
    position = tree.seek(tree.count - 1)
    while let current = position {
      backward.append(current.member)
      position = tree.previous(current)
    }
    #expect(backward == model.reversed().map(\.member))
  }

  private func checkSearch(
    _ tree: ScoreTree, _ model: [Element], _ random: inout SplitMixGenerator
  ) {
    for _ in 0..<20 where !model.isEmpty {
      let rank = Int.random(in: 0..<model.count, using: &random)
      let member = model[rank].member
      #expect(tree.seek(rank)?.member == member)
      #expect(tree.rank(member.score, member.bytes) == rank)
      let below = Self.firstIndex(model) { $0.score >= member.score }
      #expect(tree.rank(below: member.score) == below)
      let upTo = Self.firstIndex(model) { $0.score > member.score }
      #expect(tree.rank(upTo: member.score) == upTo)
    }
    #expect(tree.seek(-1) == nil && tree.seek(model.count) == nil)
  }

  /// How scores are drawn: many alike, all alike, rising, falling, in runs that rise or fall.
  enum Scores: CaseIterable { case few, one, rising, falling, risingRuns, fallingRuns, many }

  private func score(_ kind: Scores, _ step: Int, _ random: inout SplitMixGenerator) -> Double {
    switch kind {
    case .few: Double(Int.random(in: -3...3, using: &random))
    case .one: 0
    case .rising: Double(step)
    case .falling: -Double(step)
    case .risingRuns: Double(step / 700 * 7919 % 1000 * 1000 + step % 700)
    case .fallingRuns: Double(step / 700 * 7919 % 1000 * 1000 - step % 700)
    case .many: Double.random(in: -1e9...1e9, using: &random)
    }
  }

  @Test(arguments: 1...4, Scores.allCases)
  func agreesWithASortedArray(seed: UInt64, kind: Scores) {
    var random = SplitMixGenerator(seed: seed)
    var tree = ScoreTree()
    var model: [Element] = []
    for step in 0..<40_000 {
      // Fills until there are branches of branches, empties, and fills again.
      let isGrowing = step % 25_000 < 13_000
      if model.isEmpty || Int.random(in: 0..<10, using: &random) < (isGrowing ? 9 : 0) {
        insert(&tree, &model, "member \(step % 977) \(step)", score(kind, step, &random))
      } else {
        let index = Int.random(in: 0..<model.count, using: &random)
        let member = model.remove(at: index).member
        tree.remove(member)
        member.free()
      }
      if step % 2000 == 0 {
        check(tree, model)
        checkSearch(tree, model, &random)
      }
    }
    check(tree, model)
    for element in model { element.member.free() }
    tree.free { Allocation.free($0, $1) }
  }

  private func insert(
    _ tree: inout ScoreTree, _ model: inout [Element], _ name: String, _ score: Double
  ) {
    let member = Array(name.utf8).withView { ScoredMember.make($0, score: score) }
    tree.insert(member)
    let element = Element(member: member, name: Array(name.utf8), score: score)
    model.insert(element, at: Self.firstIndex(model) { $0 >= element })
  }

  /// Where it begins to be true; it stays so.
  private static func firstIndex(_ model: [Element], _ isTrue: (Element) -> Bool) -> Int {
    var (low, high) = (0, model.count)
    while low < high {
      let middle = (low + high) / 2
      if isTrue(model[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }

  @Test func becomesEmptyFromEitherEnd() {
    for isFromHead in [true, false] {
      var tree = ScoreTree()
      var model: [Element] = []
      for step in 0..<20_000 { insert(&tree, &model, "m\(step)", Double(step)) }
      while let position = tree.seek(isFromHead ? 0 : tree.count - 1) {
        let member = position.member
        tree.remove(member)
        member.free()
        if tree.count % 997 == 0 {
          check(tree, Array(isFromHead ? model.suffix(tree.count) : model.prefix(tree.count)))
        }
      }
      #expect(tree.count == 0 && tree.allocatedByteCount == ScoreLeaf.byteCount)
      tree.free { Allocation.free($0, $1) }
    }
  }

  /// Bytes of nodes for each member; 16.5 would be full leaves without a branch.
  @Test(
    arguments: [
      (.rising, 17.5), (.falling, 17.5), (.risingRuns, 22), (.fallingRuns, 20), (.many, 21),
    ]
      as [(Scores, Double)])
  func leavesAreFilledWell(kind: Scores, bytesMax: Double) {
    var random = SplitMixGenerator(seed: 9)
    var tree = ScoreTree()
    let count = 50_000
    for step in 0..<count {
      let score = score(kind, step, &random)
      let member = Array("m\(step)".utf8).withView { ScoredMember.make($0, score: score) }
      tree.insert(member)
    }
    let bytes = Double(tree.allocatedByteCount) / Double(count)
    #expect(bytes < bytesMax)
    var position = tree.seek(0)
    while let current = position {
      current.member.free()
      position = tree.next(current)
    }
    tree.free { Allocation.free($0, $1) }
  }

  /// Removing side by side may leave branches with one child, whose leaf has no neighbour.
  @Test(arguments: 1...6) func rangesAreRemovedAndFilledAgain(seed: UInt64) {
    var random = SplitMixGenerator(seed: seed)
    var tree = ScoreTree()
    var model: [Element] = []
    for step in 0..<12_000 { insert(&tree, &model, "m\(step)", score(.many, step, &random)) }
    for round in 0..<12 {
      let start = Int.random(in: 0..<model.count / 2, using: &random)
      let end = min(start + Int.random(in: 1...6000, using: &random), model.count)
      for element in model[start..<end] {
        tree.remove(element.member)
        element.member.free()
      }
      model.removeSubrange(start..<end)
      check(tree, model)
      let middle = model[start / 2].member.score
      for step in 0..<2000 {
        insert(&tree, &model, "r\(round) \(step)", middle + Double(step % 200) * 1e-3)
      }
      check(tree, model)
    }
    for element in model { element.member.free() }
    tree.free { Allocation.free($0, $1) }
  }
}
