import CPrimitives

/// Reads a zipmap, the form of small hashes in files of Redis before 2.6, and checks it on the way.
///
///     | fields 1 | length | field | length | unused 1 | value | unused bytes | ... | 0xFF |
///
/// A length is one byte, or 0xFE and four with the low byte first. 254 fields mean "count them".
/// Views borrow from the bytes.
package struct Zipmap {
  private let bytes: ByteView
  private var position = 1
  private var seen = 0

  private static let end: UInt8 = 0xFF
  private static let uncounted: UInt8 = 254
  private static let damage = RDBError.corrupt("Zipmap integrity check failed.")

  package init(_ bytes: ByteView) throws(RDBError) {
    self.bytes = bytes
    guard bytes.count >= 2, bytes[bytes.count - 1] == Self.end else { throw Self.damage }
  }

  /// The next field and its value; nil behind the last one.
  package mutating func next() throws(RDBError) -> (ByteView, ByteView)? {
    if position == bytes.count - 1 {
      guard bytes[0] >= Self.uncounted || Int(bytes[0]) == seen else { throw Self.damage }
      return nil
    }
    let field = try take(try length())
    let count = try length()
    let unused = Int(try take(1)[0])
    let value = try take(count)
    _ = try take(unused)
    seen += 1
    return (field, value)
  }

  private mutating func length() throws(RDBError) -> Int {
    let short = try take(1)[0]
    switch short {
    case ..<0xFE: return Int(short)
    case 0xFE: return Int(apus_load_u32(try take(4).base))
    default: throw Self.damage
    }
  }

  /// Takes so many bytes before the closing one.
  private mutating func take(_ count: Int) throws(RDBError) -> ByteView {
    guard count <= bytes.count - 1 - position else { throw Self.damage }
    defer { position += count }
    return bytes.slice(position, position + count)
  }
}
