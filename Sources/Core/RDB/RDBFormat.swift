import CPrimitives

/// How numbers and strings stand in RDB files, byte for byte as in Redis.
///
///     00xxxxxx                        length of 6 bits
///     01xxxxxx xxxxxxxx               length of 14 bits
///     10000000  4                     length of 32 bits, high byte first
///     10000001  8                     length of 64 bits, high byte first
///     11000000  1                     not a length but a string: an integer of 8 bits,
///     11000001  2                     of 16 bits, low byte first,
///     11000010  4                     of 32 bits,
///     11000011  length  length  ...   or LZF: bytes compressed, bytes expanded, the former
///
/// A string is a length and its bytes, or one of the last four.
package enum RDBFormat {
  static let length32: UInt8 = 0x80
  static let length64: UInt8 = 0x81
  static let integer8: UInt8 = 0xC0
  static let integer16: UInt8 = 0xC1
  static let integer32: UInt8 = 0xC2
  static let compressed: UInt8 = 0xC3

  /// Room for any length.
  static let lengthByteCountMax = 9
  /// Text that may be an integer of 32 bits is no longer.
  static let integerTextByteCountMax = 11
  /// Shorter strings are never compressed.
  static let compressedByteCountMin = 21

  /// The checksum of what `crc` is that of, followed by `bytes`.
  package static func checksum(_ bytes: ByteView, after crc: UInt64 = 0) -> UInt64 {
    apus_crc64(apus_crc64_best(), crc, bytes.base, bytes.count)
  }
}
