/// How fast a counter grows now: the mean over its last sixteen samples, as Redis reckons it.
package struct InstantaneousRate {
  private static let sampleCount = 16

  private var samples: SIMD16<Double> = .zero
  private var next = 0
  private var lastValue: UInt64 = 0
  private var lastNanoseconds: UInt64 = 0

  package init() {}

  /// Growth per second.
  package var perSecond: Double { samples.sum() / Double(Self.sampleCount) }

  /// Takes the counter's value at a time. The first call only notes where it starts.
  package mutating func sample(_ value: UInt64, at nanoseconds: UInt64) {
    defer {
      lastValue = value
      lastNanoseconds = nanoseconds
    }
    guard lastNanoseconds != 0, nanoseconds > lastNanoseconds else { return }
    let seconds = Double(nanoseconds - lastNanoseconds) / 1e9
    // A counter that was reset has no growth to show.
    samples[next] = value >= lastValue ? Double(value - lastValue) / seconds : 0
    next = (next + 1) % Self.sampleCount
  }
}
