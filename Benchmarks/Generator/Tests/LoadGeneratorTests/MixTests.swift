import Testing

@testable import LoadGenerator

@Suite struct MixTests {
  private func mix(_ weights: [Int]) throws -> Mix {
    try Mix(
      try weights.enumerated().map { number, weight in
        Mix.Entry(
          template: try RequestTemplate(words: ["C\(number)"], data: []),
          expectation: Expectation(command: ["GET"]), weight: weight)
      })
  }

  private func names(_ mix: Mix, _ count: Int) -> [String] {
    (0..<count).map { mix.entry(request: $0, connection: 0).pointee.template.words[0] }
  }

  @Test func commandsComeAsOftenAsTheirWeight() throws {
    for first in 1...9 {
      for second in 1...9 {
        let weights = [first, second, 4]
        let names = names(try mix(weights), 3 * weights.reduce(0, +))
        let counts = (0..<3).map { number in names.count { $0 == "C\(number)" } }
        #expect(counts == weights.map { 3 * $0 })
      }
    }
  }

  @Test func theyAreSpreadEvenly() throws {
    #expect(names(try mix([2, 2]), 4) == ["C0", "C1", "C0", "C1"])
    let rare = names(try mix([9, 1]), 20).enumerated().filter { $0.element == "C1" }.map(\.offset)
    #expect(rare.count == 2)
    #expect(rare[1] - rare[0] == 10)
  }

  @Test func connectionsBeginAtDifferentPlaces() throws {
    let mix = try mix([1, 1])
    let first = (0..<2).map { mix.entry(request: 0, connection: $0).pointee.template.words[0] }
    #expect(first == ["C0", "C1"])
  }

  @Test func orAllAtTheFirst() throws {
    let mix = try Mix(try mix([1, 1]).entries, startsAtFirst: true)
    let first = (0..<3).map { mix.entry(request: 0, connection: $0).pointee.template.words[0] }
    #expect(first == ["C0", "C0", "C0"])
  }

  @Test(arguments: [[], [0], [1, -1], [Int.max, Int.max], [10_001]])
  func badWeightsAreRefused(weights: [Int]) {
    #expect(throws: LoadError.self) { try mix(weights) }
  }
}
