import Glibc
import Testing

@testable import LoadGenerator

@Suite struct KeySourceTests {
  private func draw(
    _ distribution: KeyDistribution, keyCount: Int, times: Int, exponent: Double = 0.99
  ) throws -> [Int] {
    var source = try KeySource(distribution, keyCount: keyCount, exponent: exponent, seed: 7)
    var counts = [Int](repeating: 0, count: keyCount)
    for _ in 0..<times { counts[Int(source.next())] += 1 }
    return counts
  }

  @Test func sequentialVisitsEachKeyInTurn() throws {
    #expect(try draw(.sequential, keyCount: 10, times: 30) == [Int](repeating: 3, count: 10))
  }

  @Test func uniformGivesEachKeyItsShare() throws {
    let counts = try draw(.uniform, keyCount: 100, times: 1_000_000)
    // Ten times the standard deviation, which is 99.5.
    for count in counts { #expect(abs(count - 10_000) < 1_000) }
  }

  @Test(arguments: [0.5, 0.99, 1.0, 1.3])
  func zipfianSharesFollowTheLaw(exponent: Double) throws {
    let keyCount = 1000
    let times = 1 << 20
    let counts = try draw(.zipfian, keyCount: keyCount, times: times, exponent: exponent)
      .sorted(by: >)
    let weights = (1...keyCount).map { pow(Double($0), -exponent) }
    let total = weights.reduce(0, +)
    for rank in [0, 1, 4, 9] {
      let wanted = weights[rank] / total * Double(times)
      #expect(abs(Double(counts[rank]) - wanted) < 0.08 * wanted)
    }
  }

  @Test func scatterIsOneToOne() {
    for count in 1...200 as ClosedRange<UInt64> {
      let scatter = Scatter(count: count)
      #expect(Set((0..<count).map(scatter.place)) == Set(0..<count))
    }
  }

  @Test func impossibleKeySpacesAreRefused() {
    #expect(throws: LoadError.self) { try KeySource(.uniform, keyCount: 0, seed: 1) }
    #expect(throws: LoadError.self) {
      try KeySource(.uniform, keyCount: 1_000_000_000_001, seed: 1)
    }
    #expect(throws: LoadError.self) { try KeySource(.zipfian, keyCount: 1 << 32, seed: 1) }
    #expect(throws: LoadError.self) {
      try KeySource(.zipfian, keyCount: 10, exponent: 0, seed: 1)
    }
  }
}
