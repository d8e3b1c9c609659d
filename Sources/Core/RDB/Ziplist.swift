import CPrimitives

/// Reads a ziplist, the compact form of collections in files of Redis before 7.0, and checks it on
/// the way.
///
///     | bytes 4 | offset of the last entry 4 | entries 2 | entry | entry | ... | 0xFF |
///
///     entry: | length of the entry before: 1, or 0xFE and 4 | encoding | data |
///
///     00xxxxxx                    string of up to 63 bytes
///     01xxxxxx xxxxxxxx           string of up to 16383 bytes, high byte first
///     10000000  4                 string, length in four bytes, high byte first
///     11000000  2                 integers of 16, 32 and 64 bits, low byte first,
///     11010000  4
///     11100000  8
///     11110000  3                 of 24
///     11111110  1                 and of 8
///     1111xxxx                    integer xxxx - 1, which is 0 to 12
///
/// Nothing is believed: an entry must lie inside, know the length of the one before, and the header
/// must say where the last one is and how many there are. Views borrow from the bytes.
package struct Ziplist {
  private let bytes: ByteView
  private var position = Self.headerByteCount
  private var previousByteCount = 0
  private var lastPosition = Self.headerByteCount
  private var seen = 0

  private static let headerByteCount = 10
  private static let end: UInt8 = 0xFF
  private static let uncounted = 65535
  private static let damage = RDBError.corrupt("Ziplist integrity check failed.")

  /// REQUIRES of no one: what is no ziplist throws.
  package init(_ bytes: ByteView) throws(RDBError) {
    self.bytes = bytes
    guard bytes.count > Self.headerByteCount, Int(apus_load_u32(bytes.base)) == bytes.count,
      bytes[bytes.count - 1] == Self.end
    else { throw Self.damage }
  }

  /// The next element; nil behind the last one.
  package mutating func next() throws(RDBError) -> ListpackElement? {
    guard position < bytes.count - 1 else {
      try checkHeader()
      return nil
    }
    let start = position
    try checkPrevious()
    let element = try readElement()
    previousByteCount = position - start
    lastPosition = start
    seen += 1
    return element
  }

  private func checkHeader() throws(RDBError) {
    let count = Int(bytes[8]) | Int(bytes[9]) << 8
    guard position == bytes.count - 1, Int(apus_load_u32(bytes.base + 4)) == lastPosition,
      count == Self.uncounted || count == seen
    else { throw Self.damage }
  }

  /// Takes so many bytes before the closing one.
  private mutating func take(_ count: Int) throws(RDBError) -> ByteView {
    guard count <= bytes.count - 1 - position else { throw Self.damage }
    defer { position += count }
    return bytes.slice(position, position + count)
  }

  private mutating func checkPrevious() throws(RDBError) {
    let short = Int(try take(1)[0])
    let stored = short < 0xFE ? short : Int(apus_load_u32(try take(4).base))
    guard short != Int(Self.end), stored == previousByteCount else { throw Self.damage }
  }

  private mutating func readElement() throws(RDBError) -> ListpackElement {
    let head = try take(1)[0]
    switch head {
    case ..<0x40: return .bytes(try take(Int(head)))
    case ..<0x80:
      let low = try take(1)[0]
      return .bytes(try take(Int(head & 0x3F) << 8 | Int(low)))
    case 0x80:
      let count = UInt32(bigEndian: apus_load_u32(try take(4).base))
      return .bytes(try take(Int(count)))
    case 0xC0: return .integer(Int64(Int16(truncatingIfNeeded: try little(2))))
    case 0xD0: return .integer(Int64(Int32(truncatingIfNeeded: try little(4))))
    case 0xE0: return .integer(try little(8))
    // Shifted to the top and back, the sign spreads.
    case 0xF0: return .integer((try little(3) << 40) >> 40)
    case 0xFE: return .integer(Int64(Int8(truncatingIfNeeded: try little(1))))
    case 0xF1...0xFD: return .integer(Int64(head & 0x0F) - 1)
    default: throw Self.damage
    }
  }

  /// A number in so many bytes, the low one first, without its sign.
  private mutating func little(_ count: Int) throws(RDBError) -> Int64 {
    let view = try take(count)
    var value: UInt64 = 0
    for index in 0..<count { value |= UInt64(view[index]) << UInt64(8 * index) }
    return Int64(bitPattern: value)
  }
}
