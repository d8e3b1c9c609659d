import Glibc

/// How key numbers are chosen from `0..<keyCount`.
public enum KeyDistribution: String, CaseIterable, Sendable {
  case uniform
  case sequential
  /// Few keys get most requests: key of rank r with a share of r to the power of -exponent.
  case zipfian
}

/// The numbers of the keys, one for each hole of a request.
public struct KeySource {
  private let distribution: KeyDistribution
  private let keyCount: UInt64
  private var state: UInt64
  private var position: UInt64 = 0
  /// Zipfian numbers drawn beforehand and used in a ring, because drawing one costs more than a
  /// request may. A power of two of them.
  private let ring: UnsafePointer<UInt32>?
  private static let ringCount = 1 << 20

  /// Fails when the distribution cannot give so many keys.
  public init(
    _ distribution: KeyDistribution, keyCount: Int, exponent: Double = 0.99, seed: UInt64
  ) throws {
    guard keyCount >= 1, keyCount <= 1_000_000_000_000 else {
      throw LoadError("the key space must be 1 to 1,000,000,000,000")
    }
    self.distribution = distribution
    self.keyCount = UInt64(keyCount)
    state = seed
    guard distribution == .zipfian else {
      ring = nil
      return
    }
    guard keyCount <= Int(UInt32.max) else {
      throw LoadError("a zipfian key space must be below 2^32")
    }
    guard exponent > 0, exponent <= 10 else {
      throw LoadError("the zipfian exponent must be above 0 and at most 10")
    }
    var generator = SplitMix(state: seed)
    let law = Zipf(count: keyCount, exponent: exponent)
    let scatter = Scatter(count: UInt64(keyCount))
    let place = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.ringCount)
    for index in 0..<Self.ringCount {
      place[index] = UInt32(scatter.place(of: law.draw(&generator) - 1))
    }
    ring = UnsafePointer(place)
  }

  @inline(__always)
  mutating func next() -> UInt64 {
    switch distribution {
    case .uniform:
      return SplitMix.next(&state).multipliedFullWidth(by: keyCount).high
    case .sequential:
      let number = position
      position = number &+ 1 == keyCount ? 0 : number &+ 1
      return number
    case .zipfian:
      position &+= 1
      return UInt64(ring.unsafelyUnwrapped[Int(position) & (Self.ringCount - 1)])
    }
  }
}

/// SplitMix64: a counter, hashed. Fast, and good enough to choose keys.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 { Self.next(&state) }

  @inline(__always)
  static func next(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed &>> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed &>> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed &>> 31)
  }
}

/// Spreads ranks over the key space, one to one, so that the popular keys are not neighbours.
struct Scatter {
  let count: UInt64
  private let step: UInt64

  init(count: UInt64) {
    self.count = count
    var step = UInt64(Double(count) * 0.618) | 1
    while Self.divisor(step, count) != 1 { step += 2 }
    self.step = step
  }

  func place(of rank: UInt64) -> UInt64 {
    count.dividingFullWidth(rank.multipliedFullWidth(by: step)).remainder
  }

  private static func divisor(_ first: UInt64, _ second: UInt64) -> UInt64 {
    second == 0 ? first : divisor(second, first % second)
  }
}

/// Numbers 1...count with the probability of k proportional to k^-exponent.
///
/// Rejection-inversion (Hörmann and Derflinger, 1996): exact for every exponent, without a table.
struct Zipf {
  private let count: Double
  private let exponent: Double
  private let low: Double
  private let high: Double
  private let cut: Double

  init(count: Int, exponent: Double) {
    self.count = Double(count)
    self.exponent = exponent
    low = Self.integral(1.5, exponent) - 1
    high = Self.integral(Double(count) + 0.5, exponent)
    cut = 2 - Self.inverse(Self.integral(2.5, exponent) - pow(2, -exponent), exponent)
  }

  func draw(_ generator: inout SplitMix) -> UInt64 {
    while true {
      let place = high + Double.random(in: 0..<1, using: &generator) * (low - high)
      let value = Self.inverse(place, exponent)
      let number = min(max(value.rounded(), 1), count)
      if number - value <= cut
        || place >= Self.integral(number + 0.5, exponent) - pow(number, -exponent)
      {
        return UInt64(number)
      }
    }
  }

  /// The integral of x^-exponent.
  private static func integral(_ x: Double, _ exponent: Double) -> Double {
    let logarithm = log(x)
    return expRatio((1 - exponent) * logarithm) * logarithm
  }

  private static func inverse(_ y: Double, _ exponent: Double) -> Double {
    let scaled = max(y * (1 - exponent), -1)
    return exp(logRatio(scaled) * y)
  }

  /// log(1 + x) / x, also near 0.
  private static func logRatio(_ x: Double) -> Double {
    abs(x) > 1e-8 ? log1p(x) / x : 1 - x * (0.5 - x / 3)
  }

  /// (exp(x) - 1) / x, also near 0.
  private static func expRatio(_ x: Double) -> Double {
    abs(x) > 1e-8 ? expm1(x) / x : 1 + x * 0.5 * (1 + x / 3)
  }
}
