import Core
import Testing

@testable import Engine

@Suite struct StringsSetTests {
  private let server = InProcessServer()
  private let syntax = "-ERR syntax error\r\n"
  private let null = "$-1\r\n"

  @Test func conditionsOnExistence() {
    let client = server.connect()
    #expect(client.send("SET", "k", "1", "XX") == null)
    #expect(client.send("SET", "k", "1", "NX") == "+OK\r\n")
    #expect(client.send("SET", "k", "2", "nx") == null)
    #expect(client.send("SET", "k", "3", "xx", "XX") == "+OK\r\n")
    #expect(client.send("SET", "k", "4", "NX", "GET") == "$1\r\n3\r\n")
    #expect(client.send("SET", "k", "4", "GET", "XX") == "$1\r\n3\r\n")
    #expect(client.send("SET", "new", "4", "NX", "GET") == null)
    #expect(client.send("MGET", "k", "new") == "*2\r\n$1\r\n4\r\n$1\r\n4\r\n")
    for options in [["NX", "XX"], ["NX", "IFEQ", "1"], ["IFEQ", "1", "IFNE", "2"], ["IFEQ"]] {
      #expect(client.send(["SET", "k", "v"] + options) == syntax)
    }
  }

  @Test func conditionsOnValue() {
    let client = server.connect()
    #expect(client.send("SET", "k", "12", "IFEQ", "12") == null)
    #expect(client.send("SET", "k", "12", "IFNE", "12") == "+OK\r\n")
    #expect(client.send("SET", "k", "x", "IFNE", "12") == null)
    #expect(client.send("SET", "k", "x", "IFEQ", "012") == null)
    #expect(client.send("SET", "k", "x", "IFEQ", "12", "GET") == "$2\r\n12\r\n")
    #expect(client.send("SET", "k", "y", "GET", "IFEQ", "12") == "$1\r\nx\r\n")
    #expect(client.send("SET", "k", "y", "ifeq", "x", "EX", "10") == "+OK\r\n")
    #expect(server.deadline("k") == server.now + 10_000)
  }

  @Test func conditionsOnDigest() {
    let client = server.connect()
    _ = client.send("SET", "k", "hello")
    let digest = String(client.send("DIGEST", "k").dropFirst(4).dropLast())
    #expect(client.send("SET", "k", "a", "IFDNE", digest) == null)
    #expect(client.send("SET", "k", "a", "IFDEQ", "0000000000000000") == null)
    #expect(client.send("SET", "k", "a", "IFDEQ", "zzzzzzzzzzzzzzzz") == null)
    let length = "-ERR must be exactly 16 hexadecimal characters\r\n"
    #expect(client.send("SET", "k", "a", "IFDEQ", "123") == length)
    #expect(client.send("SET", "k", "hello", "IFDEQ", digest.uppercased()) == "+OK\r\n")
    #expect(client.send("SET", "other", "a", "IFDEQ", digest) == null)
    #expect(client.send("SET", "other", "a", "IFDNE", digest) == "+OK\r\n")
  }

  @Test func expiry() {
    let client = server.connect()
    _ = client.send("SET", "k", "v", "EX", "100")
    #expect(server.deadline("k") == server.now + 100_000)
    _ = client.send("SET", "k", "v", "px", "1", "PX", "150")
    let deadline = server.deadline("k")
    #expect(deadline == server.now + 150)
    _ = client.send("SET", "k", "longer than before, so that the entry moves", "KEEPTTL")
    #expect(server.deadline("k") == deadline)
    _ = client.send("SET", "k", "v", "EXAT", "4000000000")
    #expect(server.deadline("k") == 4_000_000_000_000)
    _ = client.send("SET", "k", "v", "PXAT", "4000000000001")
    #expect(server.deadline("k") == 4_000_000_000_001)
    _ = client.send("SET", "k", "v")
    #expect(server.deadline("k") == nil)
    #expect(client.send("SET", "k", "v", "PXAT", "1") == "+OK\r\n")
    #expect(server.database.count == 0)
    #expect(client.send("SET", "k", "v", "EXAT", "1") == "+OK\r\n")
    #expect(server.database.count == 0)
  }

  @Test func refusesTimes() {
    let client = server.connect()
    let time = "-ERR invalid expire time in 'set' command\r\n"
    let tooLong = ["9223372036854775", "9223372036854776", "9223372036854775807"]
    for seconds in ["0", "-1", "-9223372036854775808"] + tooLong {
      #expect(client.send("SET", "k", "v", "EX", seconds) == time)
    }
    #expect(client.send("SET", "k", "v", "PX", "9223372036854775807") == time)
    #expect(client.send("SET", "k", "v", "PXAT", "9223372036854775807") == "+OK\r\n")
    #expect(client.send("SET", "k", "v", "EXAT", "9223372036854775") == "+OK\r\n")
    #expect(client.send("SET", "k", "v", "EXAT", "9223372036854776") == time)
    let number = "-ERR value is not an integer or out of range\r\n"
    #expect(client.send("SET", "k", "v", "EX", "1.5") == number)
    for options in [["EX"], ["EX", "1", "PX", "1"], ["EX", "1", "KEEPTTL"], ["PERSIST"], ["5"]] {
      #expect(client.send(["SET", "k", "v"] + options) == syntax)
    }
    #expect(
      client.send("SETEX", "k", "0", "v") == "-ERR invalid expire time in 'setex' command\r\n")
    #expect(
      client.send("PSETEX", "k", "-1", "v") == "-ERR invalid expire time in 'psetex' command\r\n")
    #expect(client.send("SETEX", "k", "v", "1") == number)
  }

  @Test func predecessors() {
    let client = server.connect()
    #expect(client.send("SETNX", "k", "1") == ":1\r\n")
    #expect(client.send("SETNX", "k", "2") == ":0\r\n")
    #expect(client.send("SETEX", "k", "10", "v") == "+OK\r\n")
    #expect(server.deadline("k") == server.now + 10_000)
    #expect(client.send("PSETEX", "k", "10", "w") == "+OK\r\n")
    #expect(server.deadline("k") == server.now + 10)
    #expect(client.send("GETSET", "k", "x") == "$1\r\nw\r\n")
    #expect(server.deadline("k") == nil)
    #expect(client.send("GETSET", "new", "x") == null)
    #expect(client.send("GET", "new") == "$1\r\nx\r\n")
  }

  @Test func replacesOtherTypes() {
    let client = server.connect()
    server.addList("k")
    #expect(client.send("SET", "k", "v") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$1\r\nv\r\n")
  }

  /// A long argument's block becomes the value: nothing is copied, nothing freed twice.
  @Test func takesLongArguments() {
    let client = server.connect()
    let long = String(repeating: "x", count: 200_000)
    for words in [
      ["SET", "k", long], ["SET", "k", long, "EX", "100"], ["SETEX", "k", "100", long],
      ["GETSET", "k", long], ["MSET", "other", "1", "k", long], ["APPEND", "k", long],
    ] {
      if words[0] == "APPEND" { _ = client.send("GETDEL", "k") }
      _ = client.send(words)
      #expect(client.send("STRLEN", "k") == ":200000\r\n")
      #expect(client.send("GETRANGE", "k", "199999", "-1") == "$1\r\nx\r\n")
    }
    #expect(client.send("MSET", "k", long, "k", long, "x", long, "x", "short") == "+OK\r\n")
    #expect(client.send("STRLEN", "k") == ":200000\r\n")
    #expect(client.send("GET", "x") == "$5\r\nshort\r\n")
    #expect(client.send("SETNX", "k", long) == ":0\r\n")
    #expect(client.send("SET", "k", long, "NX") == null)
    #expect(client.send("STRLEN", "k") == ":200000\r\n")
  }
}
