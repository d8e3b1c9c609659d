import CPrimitives

/// Bits of byte strings, numbered as Redis does: bit 0 is the highest one of the first byte.
///
/// The loops are C's (`apus_bits.h`), which takes the widest instructions that the machine has.
/// Here are the edges: ranges that begin and end within a byte. Everything is linear in the bytes
/// of the range and allocates nothing.
package enum Bits {
  /// The bit at an index; those behind the end are clear. REQUIRES: index >= 0.
  package static func isSet(_ index: Int, in bytes: ByteView) -> Bool {
    let byte = index >> 3
    return byte < bytes.count && bytes[byte] & (0x80 >> UInt8(index & 7)) != 0
  }

  /// How many bits of a range are set. REQUIRES: the range lies within the bytes.
  package static func count(_ range: Range<Int>, in bytes: ByteView) -> Int {
    if range.isEmpty { return 0 }
    let start = range.lowerBound >> 3
    let end = (range.upperBound + 7) >> 3
    let counted = apus_bits_count(apus_bits_best(), bytes.base + start, end - start)
    // What the first and the last byte have outside of the range; the parts do not overlap.
    let before = bytes[start] & ~(0xff >> UInt8(range.lowerBound & 7))
    let after = bytes[end - 1] & ~(0xff << UInt8(7 - (range.upperBound - 1) & 7))
    return counted - before.nonzeroBitCount - after.nonzeroBitCount
  }

  /// The first bit of a range that is set, or clear. REQUIRES: the range lies within the bytes.
  package static func first(_ isSet: Bool, _ range: Range<Int>, in bytes: ByteView) -> Int? {
    if range.isEmpty { return nil }
    let skipped: UInt8 = isSet ? 0 : 0xff
    var byte = range.lowerBound >> 3
    let end = (range.upperBound + 7) >> 3
    var candidates = (bytes[byte] ^ skipped) & (0xff >> UInt8(range.lowerBound & 7))
    if candidates == 0 {
      byte += 1
      byte += apus_bits_skip(apus_bits_best(), bytes.base + byte, end - byte, skipped)
      if byte == end { return nil }
      candidates = bytes[byte] ^ skipped
    }
    let found = byte << 3 + candidates.leadingZeroBitCount
    return found < range.upperBound ? found : nil
  }
}

/// How several bitmaps are combined into one. The raw values are those of C.
package enum BitOperation: UInt32 {
  case and, or, xor, not, diff, diff1, andor, one

  /// Writes the combination of the sources to `target`, which may be one of them. REQUIRES: at
  /// least one source (for NOT exactly one), `count` is the longest one's. CHANGES `sources`.
  package func combine(
    _ sources: UnsafeMutableBufferPointer<apus_bits_source>,
    into target: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    guard let base = sources.baseAddress else { return }
    apus_bits_combine(
      apus_bits_best(), apus_bits_operation(rawValue: rawValue), target, count, base, sources.count)
  }
}
