import CPrimitives

/// Floating point from and to text, byte for byte as Redis reads and prints it.
///
/// - Scores and RESP3 doubles: `parseDouble` and `write` (shortest text that reads back the same).
/// - INCRBYFLOAT and HINCRBYFLOAT: `add`, whose numbers are the platform's long double. Swift has
///   none on most processors, so parse, addition and formatting are one call into C.
///
/// Text is taken whole: a zero byte inside is junk, not an end. Numbers of 5 KiB and more are
/// refused; Redis has that limit for long doubles only, but no double needs as many digits.
package enum FloatText {
  /// Room that `write` needs.
  package static let maximumCount = 32
  /// Room that `add` needs.
  package static let maximumSumCount = Int(APUS_FLOAT_TEXT_LIMIT)

  /// Writes the shortest text of `value`: "3", "0.1", "1e+21", "inf", "-0"; integers up to 2^62 in
  /// full. Returns the number of bytes.
  package static func write(_ value: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if let integer = integer(value) { return IntegerText.write(integer, to: target) }
    return apus_double_shortest(value, target)
  }

  /// The integer whose text is that of `value`, if there is one. Most scores are integers, and
  /// those need no search for digits.
  @inline(__always)
  static func integer(_ value: Double) -> Int64? {
    // Zero keeps its sign.
    guard value.magnitude <= 0x1p62, value != 0 else { return value.bitPattern == 0 ? 0 : nil }
    let integer = Int64(value)
    return Double(integer) == value ? integer : nil
  }

  /// Writes up to 17 significant digits: "0.10000000000000001", "1e+18". Returns the number of
  /// bytes.
  package static func writeFull(_ value: Double, to target: UnsafeMutablePointer<UInt8>) -> Int {
    apus_double_17_digits(value, target)
  }

  /// What became of an addition.
  package enum Sum: Equatable {
    /// The sum is in the target.
    case written(count: Int)
    case firstIsNotFloat
    case secondIsNotFloat
    /// The sum is infinite or no number.
    case notFinite
  }

  /// Adds two numbers in long double and writes the sum without an exponent, with up to 17 decimals
  /// and no trailing zeros. REQUIRES: room for `maximumSumCount` bytes.
  package static func add(
    _ first: ByteView, _ second: ByteView, to target: UnsafeMutablePointer<UInt8>
  ) -> Sum {
    var count = 0
    switch apus_long_double_add(
      first.base, first.count, second.base, second.count, target, &count)
    {
    case APUS_LONG_DOUBLE_ADDED: return .written(count: count)
    case APUS_LONG_DOUBLE_FIRST_INVALID: return .firstIsNotFloat
    case APUS_LONG_DOUBLE_SECOND_INVALID: return .secondIsNotFloat
    default: return .notFinite
    }
  }

  /// As `add`; lends the text of the sum to `body`.
  package static func withSum(
    _ first: ByteView, _ second: ByteView, _ body: (ByteView) -> Void
  ) -> Sum {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maximumSumCount) { buffer in
      guard let target = buffer.baseAddress else { return .notFinite }
      let sum = add(first, second, to: target)
      if case .written(let count) = sum { body(ByteView(target, count: count)) }
      return sum
    }
  }
}

extension ByteView {
  /// The whole view as a double by the grammar of `strtod` (decimal, hexadecimal, "inf"), or nil
  /// for leading space, trailing junk, NaN and what is too large or too small for a double.
  package func parseDouble() -> Double? {
    var value = 0.0
    return apus_double_parse(base, count, &value) ? value : nil
  }

  /// The whole view as a bound of a score range, by `strtod` alone: leading space and nothing at
  /// all (which is 0) are accepted, what is too large is infinite; nil for trailing junk and NaN.
  package func parseScoreBound() -> Double? {
    var value = 0.0
    return apus_double_parse_bound(base, count, &value) ? value : nil
  }
}
