import CPrimitives

/// How many registers have each value, and the estimate that follows from it: that of Otmar Ertl,
/// "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284), algorithm
/// 6. It needs no table of corrections, and every step is done as in Redis, so that the result is
/// the same to the last digit.
struct RegisterHistogram {
  /// 64 counters; those of values that no hash gives exist so that a corrupt register has a place.
  let counts: UnsafeMutablePointer<UInt32>

  private static let registerCount = Double(HyperLogLog.registerCount)

  /// Lends a histogram of zeros to `body`.
  @inline(__always)
  static func with<Result>(_ body: (RegisterHistogram) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: Int(apus_hll_value_count)) { counts in
      counts.initialize(repeating: 0)
      return body(RegisterHistogram(counts: counts.baseAddress.unsafelyUnwrapped))
    }
  }

  /// The estimated number of different elements. Registers that no hash gives can make it infinite,
  /// which is the least number of 64 bits then, as in Redis.
  func estimate() -> Int64 {
    let rankMax = Int(HyperLogLog.rankMax)
    let count = Self.registerCount
    var sum = count * Self.tau((count - Double(counts[rankMax])) / count)
    for value in stride(from: rankMax - 1, through: 1, by: -1) {
      sum = (sum + Double(counts[value])) * 0.5
    }
    sum += count * Self.sigma(Double(counts[0]) / count)
    // 1 / (2 ln 2)
    let estimate = (0.721347520444481703680 * count * count / sum).rounded()
    return Int64(exactly: estimate) ?? .min
  }

  /// Corrects for registers that are still 0.
  private static func sigma(_ share: Double) -> Double {
    if share == 1 { return .infinity }
    var power = share
    var factor = 1.0
    var sum = share
    while true {
      power *= power
      let previous = sum
      sum += power * factor
      factor += factor
      if sum == previous { return sum }
    }
  }

  /// Corrects for registers that cannot rise any more.
  private static func tau(_ share: Double) -> Double {
    if share == 0 || share == 1 { return 0 }
    var root = share
    var factor = 1.0
    var sum = 1 - share
    while true {
      root = root.squareRoot()
      let previous = sum
      factor *= 0.5
      sum -= (1 - root) * (1 - root) * factor
      if sum == previous { return sum / 3 }
    }
  }
}
