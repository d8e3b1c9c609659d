import CPrimitives

/// Strict decimal integers, as commands take them.
///
/// The grammar is that of Redis: an optional minus sign, then digits without a leading zero; no
/// plus sign, no blanks, no "-0". It is strict because a value for which this succeeds is stored as
/// a number and must print as exactly the same bytes.
///
/// Up to eight digits, which is nearly every count, index, timeout and counter, are checked and
/// converted as one word (SWAR): three multiplications instead of a loop. Longer ones take their
/// first sixteen digits as two words; a check for overflow is due only at the last of twenty.

/// The value of eight ASCII digits, the first of them in the lowest byte. REQUIRES: all are digits.
@inline(__always)
private func eightDigits(_ word: UInt64) -> UInt64 {
  // Neighbours are joined: bytes to pairs, pairs to fours, fours to the whole.
  let pairs = ((word & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) &>> 8
  let fours = ((pairs & 0x00ff_00ff_00ff_00ff) &* 6_553_601) &>> 16
  return ((fours & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) &>> 32
}

/// Whether each byte of the word is an ASCII digit.
@inline(__always)
private func areDigits(_ word: UInt64) -> Bool {
  let high = word & 0xf0f0_f0f0_f0f0_f0f0
  // Adding 6 carries out of the low half exactly for 0x3a to 0x3f.
  let carried = (word &+ 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0
  return high == 0x3030_3030_3030_3030 && carried == high
}

/// The digits at `base` as a number; nil for anything but digits, for a leading zero (but "0"
/// itself is fine) and for what does not fit 64 bits.
private func parseDigits(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
  guard count > 0 else { return nil }
  if base[0] == UInt8(ascii: "0") { return count == 1 ? 0 : nil }
  if count <= 8 {
    // Shifted up, with zero digits filled in below: the number keeps its value.
    let missing = UInt64(8 &- count) &* 8
    let prefix = apus_load_prefix(base, count) &<< missing
    let word = prefix | (0x3030_3030_3030_3030 & ((1 &<< missing) &- 1))
    return areDigits(word) ? eightDigits(word) : nil
  }
  guard count <= 20 else { return nil }
  return parseLongDigits(base, count)
}

private func parseLongDigits(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64? {
  let first = apus_load_u64(base)
  guard areDigits(first) else { return nil }
  var value = eightDigits(first)
  var offset = 8
  if count >= 16 {
    let second = apus_load_u64(base + 8)
    guard areDigits(second) else { return nil }
    value = value &* 100_000_000 &+ eightDigits(second)
    offset = 16
  }
  while offset < count {
    let digit = base[offset] &- UInt8(ascii: "0")
    guard digit <= 9 else { return nil }
    let (product, productOverflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, sumOverflow) = product.addingReportingOverflow(UInt64(digit))
    guard !productOverflow, !sumOverflow else { return nil }
    value = sum
    offset &+= 1
  }
  return value
}

extension ByteView {
  /// The whole view as a signed integer, or nil when it is not exactly one.
  package func parseInteger() -> Int64? {
    guard count > 0 else { return nil }
    guard base[0] == UInt8(ascii: "-") else {
      guard let magnitude = parseDigits(base, count) else { return nil }
      return Int64(exactly: magnitude)
    }
    guard let magnitude = parseDigits(base + 1, count &- 1) else { return nil }
    // Zero is excluded ("-0"), 2^63 is included (the least Int64).
    guard magnitude &- 1 <= UInt64(Int64.max) else { return nil }
    return Int64(truncatingIfNeeded: 0 &- magnitude)
  }

  /// The whole view as an unsigned integer, or nil when it is not exactly one.
  package func parseUnsigned() -> UInt64? { parseDigits(base, count) }
}
