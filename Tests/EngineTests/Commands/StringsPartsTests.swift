import Testing

@testable import Engine

@Suite struct StringsPartsTests {
  private let server = InProcessServer()
  private let tooLong = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)\r\n"

  @Test func append() {
    let client = server.connect()
    #expect(client.send("APPEND", "k", "12") == ":2\r\n")
    #expect(server.entry("k")?.encoding == .integer)
    #expect(client.send("APPEND", "k", "") == ":2\r\n")
    #expect(server.entry("k")?.flags == Entry.Flags.isRaw)
    #expect(client.send("APPEND", "k", "3") == ":3\r\n")
    #expect(client.send("GET", "k") == "$3\r\n123\r\n")
    #expect(client.send("INCR", "k") == ":124\r\n")
    #expect(server.entry("k")?.flags == 0)
    _ = client.send("SET", "text", "ab")
    #expect(server.entry("text")?.flags == 0)
    #expect(client.send("APPEND", "text", "c") == ":3\r\n")
    #expect(server.entry("text")?.flags == Entry.Flags.isRaw)
  }

  @Test func lengthIsBounded() {
    let client = server.connect()
    server.server.pointee.stringByteCountMax = 1000
    _ = client.send("SET", "k", String(repeating: "x", count: 999))
    #expect(client.send("APPEND", "k", "yz") == tooLong)
    #expect(client.send("APPEND", "k", "y") == ":1000\r\n")
    #expect(client.send("SETRANGE", "k", "1000", "y") == tooLong)
    #expect(client.send("SETRANGE", "new", "1000", "y") == tooLong)
    #expect(client.send("SETRANGE", "new", "9223372036854775807", "y") == tooLong)
    #expect(client.send("SETRANGE", "new", "999", "y") == ":1000\r\n")
  }

  @Test func setrange() {
    let client = server.connect()
    #expect(client.send("SETRANGE", "k", "5", "") == ":0\r\n")
    #expect(server.database.count == 0)
    #expect(client.send("SETRANGE", "k", "2", "ab") == ":4\r\n")
    #expect(client.send("GET", "k") == "$4\r\n\0\0ab\r\n")
    #expect(server.entry("k")?.flags == Entry.Flags.isRaw)
    #expect(client.send("SETRANGE", "k", "5", "") == ":4\r\n")
    #expect(client.send("SETRANGE", "k", "0", "xy") == ":4\r\n")
    #expect(client.send("SETRANGE", "k", "6", "z") == ":7\r\n")
    #expect(client.send("GET", "k") == "$7\r\nxyab\0\0z\r\n")
    #expect(client.send("SETRANGE", "k", "-1", "z") == "-ERR offset is out of range\r\n")
    let number = "-ERR value is not an integer or out of range\r\n"
    #expect(client.send("SETRANGE", "k", "1.0", "z") == number)
    #expect(client.send("SETRANGE", "long", "100000", "z") == ":100001\r\n")
    #expect(client.send("GETRANGE", "long", "99999", "100000") == "$2\r\n\0z\r\n")
  }

  @Test(arguments: [
    ("0", "-1", "12345"), ("0", "0", "1"), ("1", "2", "23"), ("-3", "-2", "34"), ("3", "100", "45"),
    ("5", "9", ""), ("3", "1", ""), ("-1", "-2", ""), ("-100", "1", "12"), ("-100", "-90", "1"),
    ("0", "-100", "1"), ("-9223372036854775808", "9223372036854775807", "12345"),
    ("9223372036854775807", "-1", ""), ("0", "-9223372036854775808", "1"),
  ])
  func getrange(start: String, end: String, expected: String) {
    let client = server.connect()
    let reply = "$\(expected.count)\r\n\(expected)\r\n"
    for key in ["integer", "text"] {
      _ = client.send("SET", key, "12345")
      if key == "text" { _ = client.send("APPEND", key, "") }
      #expect(client.send("GETRANGE", key, start, end) == reply)
      #expect(client.send("SUBSTR", key, start, end) == reply)
    }
    #expect(client.send("GETRANGE", "missing", start, end) == "$0\r\n\r\n")
  }

  @Test func emptyValue() {
    let client = server.connect()
    _ = client.send("SET", "k", "")
    #expect(client.send("GETRANGE", "k", "0", "-1") == "$0\r\n\r\n")
    #expect(client.send("STRLEN", "k") == ":0\r\n")
    #expect(client.send("STRLEN", "missing") == ":0\r\n")
    _ = client.send("SET", "k", "-123")
    #expect(client.send("STRLEN", "k") == ":4\r\n")
  }
}
