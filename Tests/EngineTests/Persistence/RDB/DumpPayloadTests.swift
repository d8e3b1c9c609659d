import CAlloc
import Core
import Testing

@testable import Engine

/// DUMP and RESTORE.
@Suite struct DumpPayloadTests {
  /// A value and its trailer.
  static func payload(_ type: UInt8, _ value: [UInt8], version: Int = 10) -> [UInt8] {
    let bytes = [type] + value + RDBSamples.little(version, 2)
    let checksum = bytes.withView { RDBFormat.checksum($0) }
    return bytes + RDBSamples.little(Int(bitPattern: UInt(checksum)), 8)
  }

  /// The reply's bulk string, or nil.
  private static func dump(_ client: InProcessClient, _ key: String) -> [UInt8]? {
    let words = [Array("DUMP".utf8), Array(key.utf8)]
    let reply = client.call(words)
    guard reply.first == UInt8(ascii: "$"), let end = reply.firstIndex(of: 10) else { return nil }
    return Array(reply[(end + 1)...].dropLast(2))
  }

  private static func restore(
    _ client: InProcessClient, _ key: String, _ payload: [UInt8], _ options: String...
  ) -> String {
    let words = ["RESTORE", key, "0"].map { Array($0.utf8) }
    let reply = client.call(words + [payload] + options.map { Array($0.utf8) })
    return String(decoding: reply, as: UTF8.self)
  }

  /// As Redis 7.0 answers DUMP.
  @Test func bytesOfRedis() {
    let client = InProcessServer().connect()
    _ = client.send("SET", "a", "10")
    _ = client.send("SET", "b", "hello")
    _ = client.send("ZADD", "z", "1.5", "x", "2", "y")
    _ = client.send("HSET", "h", "f", "v", "n", "7")
    #expect(
      Self.dump(client, "a") == [
        0, 0xC0, 10, 10, 0, 0x6E, 0x9F, 0x57, 0x45, 0x0E, 0xAE, 0x63, 0xBB,
      ])
    #expect(
      Self.dump(client, "b")
        == [0, 5] + Array("hello".utf8) + [10, 0, 0x63, 0x72, 0xDF, 0x76, 0x65, 0x34, 0x20, 0x0A])
    #expect(
      Self.dump(client, "z") == [
        0x11, 0x14, 0x14, 0, 0, 0, 4, 0, 0x81, 0x78, 2, 0x83, 0x31, 0x2E, 0x35, 4, 0x81, 0x79, 2, 2,
        1, 0xFF, 10, 0, 0xC0, 0x7E, 0x51, 0x71, 0xAB, 0x64, 0x12, 0x25,
      ])
    #expect(
      Self.dump(client, "h") == [
        0x10, 0x12, 0x12, 0, 0, 0, 4, 0, 0x81, 0x66, 2, 0x81, 0x76, 2, 0x81, 0x6E, 2, 7, 1, 0xFF,
        10, 0, 0xB8, 0x2A, 0xDE, 0xA8, 0x40, 0x7F, 0xFA, 0xA8,
      ])
    #expect(client.send("DUMP", "none") == "$-1\r\n")
  }

  @Test(arguments: [RDBDialect.redis, .valkey]) func roundTrip(_ dialect: RDBDialect) {
    let server = RDBDataSets.server()
    let client = server.connect()
    #expect(client.send("CONFIG", "SET", "rdb-dialect", "\(dialect)") == "+OK\r\n")
    let keyspace = server.server.pointee.keyspace
    for name in [
      "inline", "integer", "block", "repetitive", "list", "long list", "list of large",
      "intset", "listpack set", "table set", "large intset", "listpack zset", "tree",
      "listpack hash", "table hash", "expiring", "expiring key", "no longer expiring", "due", "",
    ] {
      func digest(_ name: String) -> Digest? {
        Array(name.utf8).withView { keyspace[0].find(keyspace[0].key($0)).map(keyspace[0].digest) }
      }
      guard let payload = Self.dump(client, name) else {
        Issue.record("no DUMP of \(name)")
        continue
      }
      _ = client.send("PERSIST", name)
      #expect(Self.restore(client, "copy", payload, "REPLACE") == "+OK\r\n", "\(name)")
      #expect(digest("copy") == digest(name), "\(name)")
    }
  }

  @Test func damagedPayloads() {
    let client = InProcessServer().connect()
    let whole = Self.payload(0, [1, 0x61])
    #expect(Self.restore(client, "a", whole) == "+OK\r\n")
    #expect(Self.restore(client, "a", whole) == "-BUSYKEY Target key name already exists.\r\n")
    let wrong = "-ERR DUMP payload version or checksum are wrong\r\n"
    for index in whole.indices {
      var damaged = whole
      damaged[index] ^= 1
      #expect(Self.restore(client, "b", damaged) == wrong)
    }
    for end in whole.indices { #expect(Self.restore(client, "b", Array(whole[..<end])) == wrong) }
    for version in [0, 13, 79, 81, 65535] {
      #expect(Self.restore(client, "b", Self.payload(0, [1, 0x61], version: version)) == wrong)
    }
    // Right checksums around what is no value.
    let bad = "-ERR Bad data format\r\n"
    #expect(Self.restore(client, "b", Self.payload(0, [1, 0x61, 0])) == bad)
    #expect(Self.restore(client, "b", Self.payload(0, [2, 0x61])) == bad)
    #expect(Self.restore(client, "b", Self.payload(0, [])) == bad)
    #expect(Self.restore(client, "b", Self.payload(2, [0])) == bad)
    #expect(Self.restore(client, "b", Self.payload(15, [0])).contains("streams"))
    #expect(client.send("EXISTS", "b") == ":0\r\n")
    // One that fails leaves what was there.
    #expect(Self.restore(client, "a", Self.payload(2, [0]), "REPLACE") == bad)
    #expect(client.send("GET", "a") == "$1\r\na\r\n")
  }

  /// A short payload may stand for a long string, but for none that could not be sent itself.
  @Test func compressedStringsAreNoLongerThanThoseThatAreSent() throws {
    let client = InProcessServer().connect()
    let long = [UInt8](repeating: 0x61, count: 4 << 20)
    #expect(client.call([Array("SET".utf8), Array("long".utf8), long]) == Array("+OK\r\n".utf8))
    #expect(client.call([Array("RPUSH".utf8), Array("list".utf8), long]) == Array(":1\r\n".utf8))
    for key in ["long", "list"] {
      let payload = try #require(Self.dump(client, key))
      #expect(payload.count < 64 << 10)
      #expect(client.send("CONFIG", "SET", "proto-max-bulk-len", "1mb") == "+OK\r\n")
      #expect(Self.restore(client, "copy", payload, "REPLACE") == "-ERR Bad data format\r\n")
      #expect(client.send("CONFIG", "SET", "proto-max-bulk-len", "4mb") == "+OK\r\n")
      #expect(Self.restore(client, "copy", payload, "REPLACE") == "+OK\r\n")
    }
  }

  /// `sanitize-dump-payload no` weakens no check: whatever is let in can be read and written.
  @Test func whatIsLetInCanBeUsed() {
    let client = InProcessServer().connect()
    for sample in RDBObjectReaderTests.samples {
      let payload = Self.payload(sample.type, sample.bytes, version: sample.version)
      let reply = Self.restore(client, "key", payload, "REPLACE")
      // Fields with deadlines from the beginning of time are gone at once.
      #expect(reply == "+OK\r\n", "type \(sample.type)")
      for command in ["DUMP key", "COPY key other REPLACE", "TYPE key", "OBJECT ENCODING key"] {
        let reply = client.send(command.split(separator: " ").map(String.init))
        #expect(!reply.hasPrefix("-") || reply.contains("no such key"), "\(command): \(reply)")
      }
    }
  }
}

extension InProcessClient {
  /// Sends words of any bytes.
  func call(_ words: [[UInt8]]) -> [UInt8] {
    var request = Array("*\(words.count)\r\n".utf8)
    for word in words { request += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
    var reply: [UInt8] = []
    exchange(request, readByteCount: Client.readByteCountMax) { reply += $0 }
    return reply
  }
}
