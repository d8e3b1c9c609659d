import Testing

@testable import Core

@Suite struct LatencyHistogramTests {
  private func with<Result>(
    _ durations: [UInt64], _ body: (inout LatencyHistogram) -> Result
  ) throws -> Result {
    var histogram = try #require(LatencyHistogram.make())
    defer { histogram.destroy() }
    for duration in durations { histogram.record(nanoseconds: duration) }
    return body(&histogram)
  }

  private func bounds(_ durations: [UInt64]) throws -> [[UInt64]] {
    try with(durations) { histogram in
      var bounds: [[UInt64]] = []
      histogram.forEachPowerOfTwo { bounds.append([$0, $1]) }
      return bounds
    }
  }

  @Test func isEmptyAtFirstAndAfterReset() throws {
    try with([]) { #expect($0.nanoseconds(atPercentile: 50) == 0) }
    #expect(try bounds([]).isEmpty)
    try with([5, 6]) { histogram in
      #expect(histogram.totalCount == 2)
      histogram.reset()
      #expect(histogram.totalCount == 0)
      #expect(histogram.nanoseconds(atPercentile: 100) == 0)
    }
  }

  // Pairs seen in INFO latencystats of Redis 7.0: percentile 0 and percentile 100.
  @Test(
    arguments: [
      (29_999, 29_952, 30_079), (16_000, 16_000, 16_063), (1_082_000, 1_081_344, 1_089_535),
      (1_000_000_000, 998_244_352, 1_002_438_655), (255, 255, 255), (256, 256, 257), (1, 1, 1),
    ] as [(UInt64, UInt64, UInt64)])
  func reportsTheCountersRange(_ sample: (UInt64, UInt64, UInt64)) throws {
    try with([sample.0]) {
      #expect($0.nanoseconds(atPercentile: 0) == sample.1)
      #expect($0.nanoseconds(atPercentile: 100) == sample.2)
    }
  }

  @Test func clampsWhatIsOutOfRange() throws {
    try with([0]) { #expect($0.nanoseconds(atPercentile: 100) == 1) }
    try with([.max, 1 << 40]) {
      #expect($0.nanoseconds(atPercentile: 50) == 1_002_438_655)
      #expect($0.totalCount == 2)
    }
  }

  @Test func percentilesSplitTheRecords() throws {
    try with((1...200).map { UInt64($0) }) {
      #expect($0.nanoseconds(atPercentile: 50) == 100)
      #expect($0.nanoseconds(atPercentile: 99) == 198)
      #expect($0.nanoseconds(atPercentile: 99.9) == 200)
      #expect($0.nanoseconds(atPercentile: 100) == 200)
      #expect($0.nanoseconds(atPercentile: 1000) == 200)
      #expect($0.nanoseconds(atPercentile: 0.001) == 1)
      #expect($0.nanoseconds(atPercentile: .nan) <= 200)
    }
  }

  @Test func keepsTwoSignificantDigits() throws {
    var value: UInt64 = 1
    while value < 1_000_000_000 {
      try with([value]) {
        let low = $0.nanoseconds(atPercentile: 0)
        let high = $0.nanoseconds(atPercentile: 100)
        #expect(low <= value && value <= high)
        #expect(high - low <= value / 100)
      }
      value += value / 7 + 1
    }
  }

  @Test func listsPowersOfTwo() throws {
    let listed = try bounds([500, 1024, 1031, 1032, 9_000, 20_000, 40_000, 70_000, 600_000_000])
    #expect(
      listed == [[1, 3], [2, 4], [16, 5], [33, 6], [66, 7], [132, 8], [1_073_741, 9]])
    // As Redis 7.0 lists DEBUG SLEEP of 1 ms, 0.7 s and 1.2 s.
    #expect(try bounds([1_082_000, 700_100_000, 1_200_100_000]) == [[2113, 1], [1_073_741, 3]])
  }
}
