import Core
import Testing

@testable import Engine

@Suite struct BitmapsTests {
  private let server = InProcessServer()
  private let badOffset = "-ERR bit offset is not an integer or out of range\r\n"

  private var dirty: UInt64 { server.database.keyspace.pointee.dirty }

  @Test func aBitThatIsSetAlreadyIsNoChange() {
    let client = server.connect()
    #expect(client.send("SETBIT", "k", "7", "1") == ":0\r\n")
    #expect(dirty == 1)
    #expect(client.send("SETBIT", "k", "7", "1") == ":1\r\n")
    #expect(client.send("SETBIT", "k", "6", "0") == ":0\r\n")
    #expect(dirty == 1)
    // A longer string is a change, whatever the bit.
    #expect(client.send("SETBIT", "k", "8", "0") == ":0\r\n")
    #expect(dirty == 2)
    #expect(client.send("GET", "k") == "$2\r\n\u{1}\0\r\n")
  }

  @Test func integersAreEditedAsTheirText() {
    let client = server.connect()
    _ = client.send("SET", "k", "12", "EX", "100")
    #expect(client.send("GETBIT", "k", "3") == ":1\r\n")
    #expect(client.send("BITCOUNT", "k") == ":6\r\n")
    #expect(client.send("BITPOS", "k", "1", "1") == ":10\r\n")
    #expect(client.send("BITFIELD", "k", "GET", "u16", "0") == "*1\r\n:12594\r\n")
    #expect(client.send("BITOP", "OR", "d", "k") == ":2\r\n")
    #expect(server.entry("k")?.encoding == .integer)
    #expect(client.send("SETBIT", "k", "6", "1") == ":0\r\n")
    #expect(client.send("GET", "k") == "$2\r\n32\r\n")
    #expect(server.entry("k")?.flags == Entry.Flags.isRaw | Entry.Flags.hasDeadline)
    #expect(client.send("GET", "d") == "$2\r\n12\r\n")
    #expect(server.entry("d")?.flags == Entry.Flags.isRaw)
  }

  @Test func offsetsAreBoundedByTheLongestString() {
    let client = server.connect()
    server.server.pointee.stringByteCountMax = 1000
    #expect(client.send("SETBIT", "k", "7999", "1") == ":0\r\n")
    #expect(client.send("STRLEN", "k") == ":1000\r\n")
    for offset in ["8000", "-1", "9223372036854775807", "9223372036854775808", "", "#1", "1.0"] {
      #expect(client.send("SETBIT", "k", offset, "1") == badOffset)
      #expect(client.send("GETBIT", "k", offset) == badOffset)
    }
    for offset in ["#1000", "8000", "-1", "#-1", "#", "##1", "#9223372036854775807"] {
      #expect(client.send("BITFIELD", "k", "GET", "u8", offset) == badOffset)
      #expect(client.send("BITFIELD", "k", "SET", "u8", offset, "1") == badOffset)
    }
    // As in Redis, a field only has to begin in bounds.
    #expect(
      client.send("BITFIELD", "k", "SET", "i64", "7999", "-1") == "*1\r\n:-9223372036854775808\r\n")
    #expect(client.send("STRLEN", "k") == ":1008\r\n")
  }

  /// CVE-2021-32761: an offset times a width that wraps around.
  @Test(arguments: ["u1", "u2", "u8", "i16", "i64", "u63"])
  func aFieldsNumberDoesNotWrap(_ type: String) {
    let client = server.connect()
    for power in 32...62 {
      let offset = "#\(Int64(1) << Int64(power))"
      #expect(client.send("BITFIELD", "k", "SET", type, offset, "1") == badOffset)
      #expect(client.send("BITFIELD_RO", "k", "GET", type, offset) == badOffset)
    }
    #expect(server.database.count == 0)
  }

  @Test func aLongGapIsZeros() {
    let client = server.connect()
    _ = client.send("SET", "number", "7")
    _ = client.send("SET", "text", "abc")
    _ = client.send("SET", "block", String(repeating: "x", count: 20_000))
    for (key, count) in [("number", 3), ("text", 10), ("block", 80_000), ("none", 0)] {
      #expect(client.send("SETBIT", key, "33554432", "1") == ":0\r\n")
      #expect(client.send("STRLEN", key) == ":4194305\r\n")
      #expect(client.send("BITCOUNT", key) == ":\(count + 1 + (key == "number" ? 2 : 0))\r\n")
      #expect(client.send("BITPOS", key, "1", "100000") == ":33554432\r\n")
    }
  }

  @Test func failedWritesAreNoChange() {
    let client = server.connect()
    _ = client.send("SET", "k", "\0")
    let before = dirty
    #expect(
      client.send("BITFIELD", "k", "OVERFLOW", "FAIL", "INCRBY", "u8", "0", "256")
        == "*1\r\n$-1\r\n")
    #expect(client.send("BITFIELD", "k", "SET", "u8", "0", "0") == "*1\r\n:0\r\n")
    #expect(client.send("BITFIELD", "k", "GET", "u8", "0") == "*1\r\n:0\r\n")
    #expect(dirty == before)
    // Each operation that changes something counts.
    _ = client.send(
      "BITFIELD", "k", "SET", "u8", "0", "1", "INCRBY", "u8", "0", "1", "SET", "u8", "0", "2")
    #expect(dirty == before + 2)
  }

  @Test func aLentStringIsCopied() throws {
    let client = server.connect()
    _ = client.send("SET", "k", String(repeating: "a", count: 20_000))
    let entry = try #require(server.entry("k"))
    #expect(entry.encoding == .block)
    let block = StringBlock(payload: entry.payload)
    block.hold()
    defer { block.free() }
    // Each of them finds the block shared: the copy that the first one made is lent too.
    #expect(client.send("BITOP", "NOT", "k", "k") == ":20000\r\n")
    let inverted = StringBlock(payload: try #require(server.entry("k")).payload)
    inverted.hold()
    defer { inverted.free() }
    #expect(client.send("SETBIT", "k", "0", "0") == ":1\r\n")
    #expect(inverted.view.buffer.allSatisfy { $0 == ~UInt8(ascii: "a") })
    #expect(block.view.buffer.allSatisfy { $0 == UInt8(ascii: "a") })
    #expect(
      client.send("BITFIELD", "k", "GET", "u8", "0", "GET", "u8", "8") == "*2\r\n:30\r\n:158\r\n")
  }

  @Test func combinationsDropTheDeadlineAndReplaceAnyLength() {
    let client = server.connect()
    for (first, second) in [(3, 5), (5000, 3), (5000, 5000), (70_000, 5000), (10, 70_000)] {
      _ = client.send("SET", "a", String(repeating: "a", count: first))
      _ = client.send("SET", "b", String(repeating: "b", count: second), "EX", "100")
      let count = max(first, second)
      #expect(client.send("BITOP", "OR", "b", "a", "b") == ":\(count)\r\n")
      #expect(client.send("TTL", "b") == ":-1\r\n")
      let both = String(repeating: "c", count: min(first, second))
      let rest = String(repeating: first > second ? "a" : "b", count: count - both.count)
      #expect(client.send("GET", "b") == "$\(count)\r\n\(both)\(rest)\r\n")
      #expect(client.send("BITOP", "DIFF", "a", "none", "a") == ":\(first)\r\n")
      #expect(client.send("BITCOUNT", "a") == ":0\r\n")
    }
  }

  @Test func nothingCombinedDeletes() {
    let client = server.connect()
    _ = client.send("SET", "k", "v")
    _ = client.send("SET", "empty", "")
    let before = dirty
    #expect(client.send("BITOP", "AND", "k", "none", "empty") == ":0\r\n")
    #expect(client.send("EXISTS", "k") == ":0\r\n")
    #expect(dirty == before + 1)
    #expect(client.send("BITOP", "NOT", "k", "none") == ":0\r\n")
    #expect(dirty == before + 1)
  }

  @Test(arguments: ["-9223372036854775808", "9223372036854775807"])
  func rangesAtTheExtremes(_ number: String) {
    let client = server.connect()
    _ = client.send("SET", "k", "\u{1}\u{1}")
    for unit in ["BYTE", "BIT"] {
      let isLow = number.hasPrefix("-")
      #expect(client.send("BITCOUNT", "k", number, "-1", unit) == (isLow ? ":2\r\n" : ":0\r\n"))
      #expect(client.send("BITPOS", "k", "1", number, "-1", unit) == (isLow ? ":7\r\n" : ":-1\r\n"))
      #expect(
        client.send("BITCOUNT", "k", "0", number, unit)
          == (isLow && unit == "BIT" ? ":0\r\n" : isLow ? ":1\r\n" : ":2\r\n"))
    }
  }
}
