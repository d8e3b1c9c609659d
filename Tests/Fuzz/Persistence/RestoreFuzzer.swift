import Core
import Engine

/// A value as RESTORE takes it.
///
///     | version 1 | type 1 | value |
///
/// The trailer with its checksum is put behind it here. What RESTORE lets in is walked, and what a
/// walk shows is found by name; it is written to; DUMP's bytes restore to an equal value. Then
/// memory is as it was.
enum RestoreFuzzer {
  nonisolated(unsafe) private static let server = FuzzServer()
  private static let ok = Array("+OK\r\n".utf8)

  static func check(_ input: [UInt8]) -> String? {
    guard input.count > 1 else { return nil }
    let version = input[0] >= 80 ? 80 : 1 + Int(input[0]) % 12
    let payload = payload(Array(input.dropFirst()), version: version)
    return server.checkingMemory {
      server.withClient { connection in
        defer { _ = connection.send(["FLUSHALL"]) }
        return Case(connection: connection).run(payload)
      }
    }
  }

  private static func payload(_ value: [UInt8], version: Int) -> [UInt8] {
    let bytes = value + [UInt8(version), 0]
    let checksum = bytes.withView { RDBFormat.checksum($0) }
    return bytes + (0..<8).map { UInt8(truncatingIfNeeded: checksum >> UInt64(8 * $0)) }
  }

  private struct Case {
    let connection: FuzzServer.Connection

    func run(_ payload: [UInt8]) -> String? {
      if connection.send(["RESTORE", "key", "0"].map { Array($0.utf8) } + [payload]) != ok {
        return nil
      }
      // A hash all of whose fields are due is gone.
      let type = text(["TYPE", "key"])
      if type == "+none\r\n" { return nil }
      return copyIsEqual() ?? isConsistent(type) ?? write(type)
        ?? (text(["TYPE", "key"]) == "+none\r\n" ? nil : copyIsEqual() ?? isConsistent(type))
    }

    private func text(_ words: [String]) -> String {
      String(decoding: connection.send(words), as: UTF8.self)
    }

    /// What DUMP gives restores to the same.
    private func copyIsEqual() -> String? {
      guard let dump = Self.bulks(connection.send(["DUMP", "key"]))?.first else {
        return "no DUMP"
      }
      #if APUS_PLANTED_BUG
        if dump.count % 32 == 31 { return "planted" }
      #endif
      let words = ["RESTORE", "copy", "0"].map { Array($0.utf8) }
      let reply = connection.send(words + [dump, Array("REPLACE".utf8)])
      if reply != ok { return "what was dumped is refused: \(dump)" }
      let digests = text(["DEBUG", "DIGEST-VALUE", "key", "copy"]).split(separator: "\r\n")
      guard digests.count == 3, digests[1] == digests[2] else { return "the copy differs: \(dump)" }
      return nil
    }

    // MARK: Reading

    /// Whatever a walk shows is found by its name.
    private func isConsistent(_ type: String) -> String? {
      switch type {
      case "+string\r\n":
        return expect(["STRLEN", "key"], count: all(["GET", "key"])?.first?.count)
      case "+list\r\n": return isListConsistent()
      case "+set\r\n": return areFound(all(["SMEMBERS", "key"]), "SCARD", "SMISMEMBER")
      case "+zset\r\n": return isSortedSetConsistent()
      case "+hash\r\n":
        return areFound(all(["HKEYS", "key"]), "HLEN", "HMGET")
      default: return "type \(type)"
      }
    }

    private func all(_ words: [String]) -> [[UInt8]]? { Self.bulks(connection.send(words)) }

    private func expect(_ words: [String], count: Int?) -> String? {
      guard let count else { return "\(words): no answer" }
      let reply = text(words)
      return reply == ":\(count)\r\n" ? nil : "\(words): \(reply), \(count) expected"
    }

    private func isListConsistent() -> String? {
      guard let elements = all(["LRANGE", "key", "0", "-1"]) else { return "no LRANGE" }
      let last = all(["LINDEX", "key", "-1"])?.first
      if last != elements.last { return "the last element is another one" }
      if let element = elements.first {
        let words = ["LPOS", "key"].map { Array($0.utf8) } + [element]
        if connection.send(words) != Array(":0\r\n".utf8) { return "the first is not found" }
      }
      return expect(["LLEN", "key"], count: elements.count)
    }

    private func isSortedSetConsistent() -> String? {
      guard let members = all(["ZRANGE", "key", "0", "-1"]) else { return "no ZRANGE" }
      for (rank, member) in members.enumerated().prefix(50) {
        let words = ["ZRANK", "key"].map { Array($0.utf8) } + [member]
        let reply = String(decoding: connection.send(words), as: UTF8.self)
        if reply != ":\(rank)\r\n" { return "ZRANK of \(member): \(reply), not \(rank)" }
      }
      return expect(["ZCOUNT", "key", "-inf", "+inf"], count: members.count)
        ?? areFound(members, "ZCARD", "ZMSCORE")
    }

    /// Whether there are as many members as `counting` says, and `asking` knows all of them.
    private func areFound(
      _ members: [[UInt8]]?, _ counting: String, _ asking: String
    ) -> String? {
      guard let members else { return "\(counting): no members" }
      if let failure = expect([counting, "key"], count: members.count) { return failure }
      let reply = connection.send([asking, "key"].map { Array($0.utf8) } + members)
      if asking == "SMISMEMBER" {
        let found = String(repeating: ":1\r\n", count: members.count)
        if reply == Array("*\(members.count)\r\n\(found)".utf8) { return nil }
      } else if Self.bulks(reply)?.count == members.count {
        return nil
      }
      return "\(asking): one is not found"
    }

    // MARK: Writing

    private static let writes: [String: [[String]]] = [
      "+string\r\n": [["APPEND", "key", "x"], ["SETRANGE", "key", "3", "yy"]],
      "+list\r\n": [
        ["LPUSH", "key", "new", "1"], ["RPUSH", "key", "last"],
        ["LINSERT", "key", "AFTER", "1", "x"],
        ["LREM", "key", "1", "new"], ["RPOP", "key", "2"], ["LSET", "key", "0", "first"],
        ["LTRIM", "key", "0", "40"],
      ],
      "+set\r\n": [
        ["SADD", "key", "new", "17", "18446744073709551615"], ["SREM", "key", "17"],
        ["SPOP", "key"],
      ],
      "+zset\r\n": [
        ["ZADD", "key", "2", "new", "-1.5", "other"], ["ZINCRBY", "key", "0.25", "new"],
        ["ZREMRANGEBYRANK", "key", "1", "1"], ["ZPOPMIN", "key"],
      ],
      "+hash\r\n": [
        ["HSET", "key", "new", "1", "other", "2"], ["HINCRBY", "key", "new", "5"],
        ["HPEXPIRE", "key", "100000000", "FIELDS", "1", "new"], ["HDEL", "key", "other"],
        ["HGETDEL", "key", "FIELDS", "1", "absent"],
      ],
    ]

    private func write(_ type: String) -> String? {
      for words in Self.writes[type] ?? [] {
        let reply = text(words)
        if reply.first == "-", !words[0].hasSuffix("DEL") { return "\(words): \(reply)" }
      }
      return nil
    }

    // MARK: Replies

    /// The bulk strings of a reply that is one, or an array of such; nil for any other.
    static func bulks(_ reply: [UInt8]) -> [[UInt8]]? {
      var position = 0
      func line() -> Int? {
        guard let end = reply[position...].firstIndex(of: 13) else { return nil }
        defer { position = end + 2 }
        return Int(String(decoding: reply[(position + 1)..<end], as: UTF8.self))
      }
      var count = 1
      if reply.first == 0x2A {
        guard let number = line() else { return nil }
        count = number
      }
      var strings: [[UInt8]] = []
      for _ in 0..<max(count, 0) {
        guard position < reply.count, reply[position] == 0x24, let size = line(), size >= 0,
          position + size + 2 <= reply.count
        else { return nil }
        strings.append(Array(reply[position..<(position + size)]))
        position += size + 2
      }
      return strings
    }
  }
}
