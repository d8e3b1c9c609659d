import Testing

@testable import Engine

@Suite struct StringsManyTests {
  private let server = InProcessServer()
  private let syntax = "-ERR syntax error\r\n"

  /// More keys than one group, some missing, one twice, one no string.
  @Test func manyKeys() {
    let client = server.connect()
    let keys = (0..<50).map { "key:\($0)" }
    #expect(client.send(["MSET"] + keys.flatMap { [$0, "v" + $0] }) == "+OK\r\n")
    _ = client.send("GETDEL", "key:7")
    server.addList("list")
    let reply = client.send(["MGET"] + keys + ["list", "key:3"])
    let values = keys.map { $0 == "key:7" ? "$-1\r\n" : "$\($0.count + 1)\r\nv\($0)\r\n" }
    #expect(reply == "*52\r\n" + values.joined() + "$-1\r\n$6\r\nvkey:3\r\n")
  }

  @Test func msetTakesTheLast() {
    let client = server.connect()
    #expect(client.send("MSET", "k", "1", "k", "2") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$1\r\n2\r\n")
    let count = "-ERR wrong number of arguments for 'mset' command\r\n"
    #expect(client.send("MSET", "k", "1", "x") == count)
  }

  @Test func msetnxIsAllOrNothing() {
    let client = server.connect()
    #expect(client.send("MSETNX", "a", "1", "a", "2") == ":1\r\n")
    #expect(client.send("MSETNX", "b", "1", "a", "2") == ":0\r\n")
    #expect(client.send("MSETNX", "a", "1", "b", "2") == ":0\r\n")
    #expect(client.send("MGET", "a", "b") == "*2\r\n$1\r\n2\r\n$-1\r\n")
    let count = "-ERR wrong number of arguments for 'msetnx' command\r\n"
    #expect(client.send("MSETNX", "k", "1", "x") == count)
  }

  @Test func msetexSets() {
    let client = server.connect()
    #expect(client.send("MSETEX", "2", "a", "1", "b", "2", "EX", "10", "NX") == ":1\r\n")
    #expect(server.deadline("a") == server.now + 10_000)
    #expect(client.send("MSETEX", "2", "b", "3", "c", "3", "NX") == ":0\r\n")
    #expect(client.send("MSETEX", "2", "b", "3", "c", "3", "XX") == ":0\r\n")
    #expect(client.send("MSETEX", "2", "b", "3", "a", "3", "XX", "KEEPTTL") == ":1\r\n")
    #expect(server.deadline("b") != nil)
    #expect(client.send("MSETEX", "1", "b", "4") == ":1\r\n")
    #expect(server.deadline("b") == nil)
    #expect(client.send("MGET", "a", "b", "c") == "*3\r\n$1\r\n3\r\n$1\r\n4\r\n$-1\r\n")
    #expect(client.send("MSETEX", "2", "a", "1", "c", "2", "PXAT", "1") == ":1\r\n")
    #expect(server.database.count == 1)
  }

  @Test func msetexRefuses() {
    let client = server.connect()
    let number = "-ERR invalid numkeys value or out of range\r\n"
    for count in ["0", "-1", "x", "2147483648", "9223372036854775807"] {
      #expect(client.send("MSETEX", count, "a", "b") == number)
    }
    for words in [
      ["2", "a", "b"], ["1", "a", "b", "c"], ["1", "a", "b", "NX", "XX"], ["1", "a", "b", "EX"],
      ["1", "a", "b", "EX", "1", "PX", "1"], ["1", "a", "b", "PERSIST"], ["2147483647", "a", "b"],
    ] {
      #expect(client.send(["MSETEX"] + words) == syntax)
    }
    let time = "-ERR invalid expire time in 'msetex' command\r\n"
    #expect(client.send("MSETEX", "1", "a", "b", "EX", "0") == time)
  }
}
