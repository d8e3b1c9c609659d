import CPrimitives
import Core

/// What DUMP returns and RESTORE takes.
///
///     | type 1 | value, as in an RDB file | version 2 | CRC-64 of all before 8 |
///
/// Both numbers have the low byte first.
struct DumpPayload {
  private static let trailerByteCount = 10

  private let value: ByteView
  private let version: Int

  /// nil for bytes that are no payload, of a version that is not known, or damaged. Borrows them.
  init?(_ bytes: ByteView) {
    guard bytes.count > Self.trailerByteCount else { return nil }
    let end = bytes.count - Self.trailerByteCount
    value = bytes.slice(0, end)
    version = Int(bytes[end]) | Int(bytes[end + 1]) << 8
    guard RDBVersion.isReadable(version) else { return nil }
    guard apus_load_u64(bytes.base + end + 2) == RDBFormat.checksum(bytes.slice(0, end + 2)) else {
      return nil
    }
  }

  /// The entry for the value, behind which nothing may follow, of strings as long as clients may
  /// send them. OWNERSHIP: as `RDBObjectReader.entry`.
  func entry(
    _ heading: RDBObjectReader.Heading, _ keyspace: UnsafeMutablePointer<KeyspaceState>,
    stringByteCountMax: Int
  ) throws(RDBError) -> Entry {
    var reader = RDBReader(value, stringByteCountMax: stringByteCountMax)
    var objects = RDBObjectReader(keyspace, version: version)
    let entry = try objects.entry(type: try reader.byte(), heading, &reader)
    if reader.remaining > 0 {
      entry.free { Allocation.free($0, $1) }
      throw .corrupt("bytes behind the value")
    }
    return entry
  }

  /// The payload of an entry's value.
  static func make(_ entry: Entry, _ dialect: RDBDialect) -> RDBWriter {
    let objects = RDBObjectWriter(dialect: dialect)
    var writer = RDBWriter(compresses: true)
    writer.byte(objects.type(of: entry))
    objects.write(entry, to: &writer)
    writer.integer(UInt16(objects.version(of: entry)))
    writer.integer(RDBFormat.checksum(writer.view))
    return writer
  }
}
