import CPrimitives

/// An integer of 1 to 64 bits at any place of a bitmap, its highest bit first.
///
///     u5 at bit 6:   | ......ab | cde..... |
///
/// Unsigned ones have 63 bits at most, so that every value is an `Int64`, as in Redis.
package struct BitField {
  package let isSigned: Bool
  package let width: Int

  /// What becomes of a value that does not fit.
  package enum Overflow { case wrap, saturate, fail }

  /// From its name, `i` or `u` and the number of bits; nil for any other text.
  package init?(_ name: ByteView) {
    guard name.count >= 2, name[0] == UInt8(ascii: "i") || name[0] == UInt8(ascii: "u"),
      let width = name.slice(1, name.count).parseInteger()
    else { return nil }
    isSigned = name[0] == UInt8(ascii: "i")
    guard width >= 1, width <= (isSigned ? 64 : 63) else { return nil }
    self.width = Int(width)
  }

  private var unusedBitCount: Int { 64 - width }
  private var minimum: Int64 { isSigned ? .min >> Int64(unusedBitCount) : 0 }
  private var maximum: Int64 {
    .max >> Int64(isSigned ? unusedBitCount : unusedBitCount - 1)
  }

  /// Index of the byte that holds the last bit of a field at a bit. REQUIRES: offset >= 0.
  package func lastByte(at offset: Int) -> Int { offset >> 3 + (offset & 7 + width - 1) >> 3 }

  // MARK: Reading and writing

  /// The field at a bit; bits behind the end are clear. REQUIRES: offset >= 0.
  package func read(_ bytes: ByteView, at offset: Int) -> Int64 {
    let start = offset >> 3
    guard start < bytes.count else { return 0 }
    let shift = UInt64(offset & 7)
    let available = bytes.count - start
    var word = apus_load_prefix(bytes.base + start, min(available, 8)).byteSwapped << shift
    if shift > 0, available > 8 { word |= UInt64(bytes[start + 8]) >> (8 - shift) }
    return isSigned
      ? Int64(bitPattern: word) >> Int64(unusedBitCount)
      : Int64(bitPattern: word >> UInt64(unusedBitCount))
  }

  /// Writes the field, byte by byte from the last one. REQUIRES: the bytes are there.
  package func write(_ value: Int64, to bytes: UnsafeMutablePointer<UInt8>, at offset: Int) {
    var rest = UInt64(bitPattern: value)
    var left = width
    while left > 0 {
      let last = offset + left - 1
      let below = 7 - last & 7
      let taken = min(left, 8 - below)
      let mask = UInt8((1 << taken - 1) << below)
      bytes[last >> 3] = bytes[last >> 3] & ~mask | UInt8(truncatingIfNeeded: rest << below) & mask
      rest >>= UInt64(taken)
      left -= taken
    }
  }

  // MARK: Values that do not fit

  /// What a value is stored as; nil if it does not fit and that is a failure.
  package func stored(_ value: Int64, _ overflow: Overflow) -> Int64? {
    // As in Redis, whose subtraction wraps: an unsigned field takes negative numbers for huge ones,
    // and a signed one those that lie further below its maximum than an `Int64` counts.
    let isAbove = !isSigned || value > maximum || maximum &- value < 0
    return fitted(value, overflow, isInRange(value), isAbove: isAbove)
  }

  /// The sum of a field's value and an increment; nil if it does not fit and that is a failure.
  package func sum(_ value: Int64, _ increment: Int64, _ overflow: Overflow) -> Int64? {
    let (sum, wraps) = value.addingReportingOverflow(increment)
    return fitted(sum, overflow, !wraps && isInRange(sum), isAbove: increment > 0)
  }

  private func isInRange(_ value: Int64) -> Bool { value >= minimum && value <= maximum }

  private func fitted(
    _ value: Int64, _ overflow: Overflow, _ fits: Bool, isAbove: Bool
  ) -> Int64? {
    if fits { return value }
    switch overflow {
    case .fail: return nil
    case .saturate: return isAbove ? maximum : minimum
    case .wrap:
      let high = value << Int64(unusedBitCount)
      return isSigned
        ? high >> Int64(unusedBitCount)
        : Int64(bitPattern: UInt64(bitPattern: high) >> UInt64(unusedBitCount))
    }
  }
}
