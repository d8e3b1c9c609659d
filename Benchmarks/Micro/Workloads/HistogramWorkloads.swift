import Core

/// The histogram that counts the duration of every command.
enum HistogramWorkloads {
  static let all = [
    Workload("Latency histogram: record", "1024 durations, 24 KiB of counters") { _ in
      guard let empty = LatencyHistogram.make() else { preconditionFailure("out of memory") }
      var random = RepeatableRandom(seed: 5)
      let durations = (0..<1024).map { _ in UInt64.random(in: 100...100_000, using: &random) }
      var histogram = empty
      return PreparedWorkload { _ in
        histogram.reset()
      } run: { count in
        var filled = histogram
        durations.withUnsafeBufferPointer { durations in
          for index in 0..<count { filled.record(nanoseconds: durations[index & 1023]) }
        }
        histogram = filled
        return Int(filled.totalCount)
      } isRight: { count, result in
        let median = histogram.nanoseconds(atPercentile: 50)
        return result == count && (40_000...60_000).contains(median)
      }
    }
  ]
}
