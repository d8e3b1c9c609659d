import CPrimitives

/// Integers to decimal text, written straight into the caller's buffer.
///
/// Two digits at a time from a table of a hundred pairs halve the divisions, and the digit count is
/// known beforehand, so that nothing is written twice or moved.
package enum IntegerText {
  /// Room that any signed or unsigned 64-bit number needs.
  package static let maximumCount = 20

  /// "00" to "99" in a row.
  @inline(__always)
  private static var pairs: StaticString {
    """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546\
    4748495051525354555657585960616263646566676869707172737475767778798081828384858687888990919293\
    949596979899
    """
  }

  /// Writes `value` at `target` and returns the number of bytes. REQUIRES: room for them.
  package static func write(_ value: Int64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    guard value < 0 else { return write(UInt64(value), to: target) }
    target[0] = UInt8(ascii: "-")
    return 1 &+ write(value.magnitude, to: target + 1)
  }

  /// Writes `value` at `target` and returns the number of bytes. REQUIRES: room for them.
  package static func write(_ value: UInt64, to target: UnsafeMutablePointer<UInt8>) -> Int {
    if value < 10 {
      target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value)
      return 1
    }
    let count = decimalDigitCount(value)
    write(value, count, to: target)
    return count
  }

  /// Writes the `count` digits that `value` has.
  @inline(__always)
  static func write(_ value: UInt64, _ count: Int, to target: UnsafeMutablePointer<UInt8>) {
    let table = pairs.utf8Start
    var end = count
    var rest = value
    while rest >= 100 {
      let pair = Int(truncatingIfNeeded: rest % 100) &* 2
      rest /= 100
      end &-= 2
      target[end] = table[pair]
      target[end &+ 1] = table[pair &+ 1]
    }
    if rest >= 10 {
      target[0] = table[Int(truncatingIfNeeded: rest) &* 2]
      target[1] = table[Int(truncatingIfNeeded: rest) &* 2 &+ 1]
    } else {
      target[0] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest)
    }
  }

  /// How many decimal digits `value` has; 1 for 0.
  @inline(__always)
  package static func decimalDigitCount(_ value: UInt64) -> Int {
    apus_decimal_digit_count(value)
  }

  /// How many bytes `value` takes as text, its sign included.
  package static func decimalDigitCount(_ value: Int64) -> Int {
    decimalDigitCount(value.magnitude) &+ (value < 0 ? 1 : 0)
  }
}
