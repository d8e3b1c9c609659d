/// How much happened lately, for INFO's `instantaneous_` fields: the mean of 16 samples, a tenth of
/// a second each.
///
/// There is no timer behind it: a sample is taken at the first turn after a tenth of a second. When
/// the server slept longer, the time stands for as many samples as would have fitted, so that an
/// idle server's rates fall to zero as they would with a timer.
package struct Rates {
  /// Counters that only grow.
  package struct Counters {
    var commands: UInt64 = 0
    var inputBytes: UInt64 = 0
    var outputBytes: UInt64 = 0
    var turns: UInt64 = 0
    var turnNanoseconds: UInt64 = 0
  }

  package struct Sample {
    var commandsPerSecond = 0.0
    var inputBytesPerSecond = 0.0
    var outputBytesPerSecond = 0.0
    var turnsPerSecond = 0.0
    var turnNanoseconds = 0.0
  }

  package private(set) var nextSampleAt: UInt64 = 0
  private var lastSampleAt: UInt64 = 0
  private var last = Counters()
  private var samples = [Sample](repeating: Sample(), count: sampleCount)
  private var next = 0

  private static let sampleCount = 16
  private static let intervalNanoseconds: UInt64 = 100_000_000

  mutating func start(atNanoseconds now: UInt64) {
    lastSampleAt = now
    nextSampleAt = now &+ Self.intervalNanoseconds
  }

  mutating func sample(_ counters: Counters, atNanoseconds now: UInt64) {
    let elapsed = now &- lastSampleAt
    guard elapsed > 0 else { return }
    func rate(_ path: KeyPath<Counters, UInt64>) -> Double {
      Double(counters[keyPath: path] &- last[keyPath: path]) * 1e9 / Double(elapsed)
    }
    let turns = counters.turns &- last.turns
    let turnNanoseconds = Double(counters.turnNanoseconds &- last.turnNanoseconds)
    let sample = Sample(
      commandsPerSecond: rate(\.commands), inputBytesPerSecond: rate(\.inputBytes),
      outputBytesPerSecond: rate(\.outputBytes), turnsPerSecond: rate(\.turns),
      turnNanoseconds: turns == 0 ? 0 : turnNanoseconds / Double(turns))
    for _ in 0..<min(elapsed / Self.intervalNanoseconds, UInt64(Self.sampleCount)) {
      samples[next] = sample
      next = (next + 1) % Self.sampleCount
    }
    last = counters
    start(atNanoseconds: now)
  }

  /// The mean of the samples.
  func mean(_ path: KeyPath<Sample, Double>) -> Double {
    samples.reduce(0) { $0 + $1[keyPath: path] } / Double(Self.sampleCount)
  }
}
