import CAlloc

/// How often each duration occurred: an HDR histogram of nanoseconds from 1 to 10^9 with two
/// significant digits, so that its percentiles are the ones that Redis reports.
///
/// Layout: one block of 64-bit counters. Values below 256 have a counter each; from there on every
/// doubling has 128 of them, so that a counter covers less than 1 % of its value. The index is a
/// count of leading zeros and a shift:
///
///     group = 56 - clz(value | 255)        0 for values below 256, then one for each doubling
///     index = group * 128 + value >> group
///
/// 3072 counters, 24 KiB for each command that was ever called; made at its first call.
/// Recording is O(1), a percentile or a walk O(counters). Values beyond a second count as a
/// second: what is slower than that is a matter for the slow log.
///
/// Ownership: the block belongs to whoever called `make` and goes with `destroy()`. The value is
/// two words; copies share the block, so there is to be one of them.
///
/// Not chosen: t-digest and the like, which are smaller but cost more for each record.
package struct LatencyHistogram {
  @usableFromInline static let countersPerDoubling = 128
  /// Groups 0 to 22, of which group 0 has twice the counters.
  @usableFromInline static let counterCount = 24 * 128
  @usableFromInline static let maximumNanoseconds: UInt64 = 1_000_000_000
  private static let byteCount = counterCount * MemoryLayout<UInt64>.stride

  @usableFromInline let counters: UnsafeMutablePointer<UInt64>
  @usableFromInline package private(set) var totalCount: UInt64 = 0

  @usableFromInline init(counters: UnsafeMutablePointer<UInt64>) { self.counters = counters }

  /// An empty histogram, or nil when memory is out.
  package static func make() -> LatencyHistogram? {
    guard let block = apus_alloc_zeroed(byteCount) else { return nil }
    return LatencyHistogram(
      counters: block.bindMemory(to: UInt64.self, capacity: counterCount))
  }

  /// Frees the counters. The value must not be used afterwards.
  package func destroy() { apus_free(counters, Self.byteCount) }

  /// Forgets everything recorded.
  package mutating func reset() {
    counters.update(repeating: 0, count: Self.counterCount)
    totalCount = 0
  }

  /// Counts one duration.
  @inlinable
  package mutating func record(nanoseconds: UInt64) {
    let value = min(max(nanoseconds, 1), Self.maximumNanoseconds)
    counters[Self.index(of: value)] &+= 1
    totalCount &+= 1
  }

  @inlinable
  static func index(of value: UInt64) -> Int {
    let group = 56 &- (value | 255).leadingZeroBitCount
    return group &* countersPerDoubling
      &+ Int(
        truncatingIfNeeded: value &>> UInt64(truncatingIfNeeded: group))
  }

  /// The greatest value that counts at `index`. REQUIRES: index < counterCount.
  private static func highestValue(at index: Int) -> UInt64 {
    let group = max(index / countersPerDoubling - 1, 0)
    let step = UInt64(index - group * countersPerDoubling)
    return (step + 1) << UInt64(group) - 1
  }

  /// The least value that counts at `index`. REQUIRES: index < counterCount.
  private static func lowestValue(at index: Int) -> UInt64 {
    index == 0 ? 0 : highestValue(at: index - 1) + 1
  }

  /// The duration that `percentile` percent of the records do not exceed: the highest value that
  /// its counter stands for, the lowest for percentile 0; 0 when nothing is recorded.
  package func nanoseconds(atPercentile percentile: Double) -> UInt64 {
    guard totalCount > 0 else { return 0 }
    // NaN, too, counts as 0.
    let share = percentile > 0 ? min(percentile, 100) / 100 : 0
    let wanted = max(UInt64(share * Double(totalCount) + 0.5), 1)
    var seen: UInt64 = 0
    for index in 0..<Self.counterCount {
      seen &+= counters[index]
      if seen >= wanted {
        return percentile == 0 ? Self.lowestValue(at: index) : Self.highestValue(at: index)
      }
    }
    return Self.highestValue(at: Self.counterCount - 1)
  }

  /// Calls `body` with the cumulative counts at 1.024 µs, 2.048 µs and on by powers of two, in
  /// whole microseconds (1, 2, 4, 8, 16, 33, 66, …), skipping bounds where nothing was added: what
  /// LATENCY HISTOGRAM lists.
  package func forEachPowerOfTwo(
    _ body: (_ microseconds: UInt64, _ cumulativeCount: UInt64) -> Void
  ) {
    var bound: UInt64 = 1024
    var seen: UInt64 = 0
    var reported: UInt64 = 0
    for index in 0..<Self.counterCount {
      seen &+= counters[index]
      // The counter that begins at the bound belongs to it; the last one has no bound behind it.
      let isLast = index == Self.counterCount - 1
      guard Self.lowestValue(at: index) >= bound || isLast else { continue }
      if seen > reported { body(Self.highestValue(at: index) / 1000, seen) }
      reported = seen
      if seen == totalCount { return }
      bound <<= 1
    }
  }
}
