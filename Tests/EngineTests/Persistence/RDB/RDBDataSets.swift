import Core
import Glibc

@testable import Engine

/// Data sets, as files and in memory.
enum RDBDataSets {
  /// Commands that make values of every type and form, deadlines of keys and of fields, in several
  /// databases. Deadlines are far away from any clock.
  static let commands: [[String]] = {
    func text(_ count: Int, _ seed: Int) -> String {
      String(
        (0..<count).map { Character(Unicode.Scalar(UInt8(33 + ($0 * seed * 7 + $0 / 3) % 90))) })
    }
    let names = (0..<700).map { "name-\($0)" }
    let far = "9000000000000"
    var all: [[String]] = [
      ["SET", "inline", "hello"], ["SET", "integer", "-12345"], ["SET", "large", "\(Int64.min)"],
      ["SET", "block", text(9000, 3)], ["SET", "repetitive", String(repeating: "ab", count: 500)],
      ["SET", "", ""], ["SET", text(300, 5), "long key"], ["SET", "due", "x", "PXAT", far],
      ["RPUSH", "list", "a", "1", "", "-70000"], ["RPUSH", "long list"] + names,
      ["RPUSH", "list of large", text(20_000, 2), "x", text(9000, 9)],
      ["SADD", "intset", "1", "-5", "70000", "5000000000"], ["SADD", "listpack set", "a", "1"],
      ["SADD", "table set"] + names, ["SADD", "large intset"] + (0..<600).map { "\($0)" },
      ["ZADD", "listpack zset", "1", "a", "-inf", "b", "2.5", "c", "1e300", "d"],
      ["ZADD", "tree"] + names.enumerated().flatMap { ["\(Double($0.offset) / 8)", $0.element] },
      ["HSET", "listpack hash", "a", "1", "b", "x"],
      ["HSET", "table hash"] + names.flatMap { [$0, text(20, $0.count)] },
      ["HSET", "expiring", "a", "1", "b", "2", "c", "3"],
      ["HPEXPIREAT", "expiring", far, "FIELDS", "2", "a", "b"],
      ["HSET", "expiring key", "a", "1", "b", "2"],
      ["HPEXPIREAT", "expiring key", "9000000000500", "FIELDS", "1", "a"],
      ["PEXPIREAT", "expiring key", far],
      ["HSET", "no longer expiring", "a", "1"],
      ["HPEXPIREAT", "no longer expiring", far, "FIELDS", "1", "a"],
      ["HPERSIST", "no longer expiring", "FIELDS", "1", "a"],
      ["PEXPIREAT", "list", "9000000000123"],
    ]
    for database in ["1", "9", "15"] {
      all += [["SELECT", database], ["SET", "inline", database], ["SADD", "set", "x", database]]
    }
    return all
  }()

  static func server() -> InProcessServer {
    let server = InProcessServer()
    let client = server.connect()
    for command in commands {
      let reply = client.send(command)
      precondition(!reply.hasPrefix("-"), "\(command.prefix(3)): \(reply)")
    }
    return server
  }

  static func keyspace(now: Int64 = 1_700_000_000_000) -> Keyspace {
    let keyspace = Keyspace(
      seedWords: (
        0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb,
        0xd6e8_feb8_6659_fd93
      ), databaseCount: 16)
    keyspace.state.pointee.now = now
    return keyspace
  }

  static func bytes(
    _ snapshot: RDBSnapshot, compresses: Bool = true, checksums: Bool = true
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    var writer = RDBWriter(compresses: compresses, checksums: checksums) { base, count in
      bytes += UnsafeRawBufferPointer(start: base, count: count)
      return true
    }
    snapshot.write(to: &writer, checksums: checksums)
    return bytes
  }

  static func snapshot(
    _ keyspace: Keyspace, _ dialect: RDBDialect = .redis, libraries: [[UInt8]] = []
  ) -> RDBSnapshot {
    RDBSnapshot(
      keyspace: keyspace, dialect: dialect, now: keyspace.state.pointee.now, usedByteCount: 0,
      isAppendOnlyBase: false, libraries: libraries, delayMicroseconds: 0)
  }

  /// Loads the bytes, handed out and loaded in such pieces.
  static func load(
    _ bytes: [UInt8], into keyspace: Keyspace, _ options: RDBLoad.Options = .init(),
    pieceByteCount: Int = .max, sliceByteCount: Int = .max
  ) -> Result<RDBLoad.Notes, RDBFailure> {
    var position = 0
    let reader = RDBReader(byteCount: bytes.count) { (target, room) throws(RDBError) in
      let count = min(pieceByteCount, room, bytes.count - position)
      bytes.withUnsafeBytes { source in
        guard let base = source.baseAddress, count > 0 else { return }
        target.copyMemory(from: base + position, byteCount: count)
      }
      position += count
      return count
    }
    do throws(RDBFailure) {
      let load = try RDBLoad(reader, into: keyspace, options)
      while try !load.load(byteCount: sliceByteCount) {}
      return .success(load.notes)
    } catch {
      return .failure(error)
    }
  }

  // MARK: Files by hand

  /// A file of these parts, with its end and a checksum that is right.
  static func file(_ parts: [UInt8]..., magic: String = "REDIS0012") -> [UInt8] {
    let whole = Array(magic.utf8) + parts.flatMap { $0 } + [RDBOpcode.end]
    let checksum = whole.withView { RDBFormat.checksum($0) }
    return whole + RDBSamples.little(Int(bitPattern: UInt(checksum)), 8)
  }

  static func key(_ name: String, _ type: UInt8, _ value: [UInt8]) -> [UInt8] {
    [type] + RDBSamples.strings([name]) + value
  }

  /// A key with text.
  static func key(_ name: String, _ text: String = "v") -> [UInt8] {
    key(name, 0, RDBSamples.strings([text]))
  }
}

extension RDBFailure {
  var isTruncated: Bool { error == .truncated }
}
