import Testing

@testable import Engine

@Suite struct StringsComparingTests {
  private let server = InProcessServer()
  private let syntax = "-ERR syntax error\r\n"

  @Test func digest() {
    let client = server.connect()
    _ = client.send("SET", "k", "")
    #expect(client.send("DIGEST", "k") == "$16\r\n2d06800538d394c2\r\n")
    #expect(client.send("DIGEST", "missing") == "$-1\r\n")
    _ = client.send("SET", "integer", "123")
    _ = client.send("SET", "text", "12")
    _ = client.send("APPEND", "text", "3")
    #expect(client.send("DIGEST", "integer") == client.send("DIGEST", "text"))
  }

  @Test func delifeq() {
    let client = server.connect()
    _ = client.send("SET", "k", "123")
    #expect(client.send("DELIFEQ", "k", "0123") == ":0\r\n")
    #expect(client.send("DELIFEQ", "k", "123") == ":1\r\n")
    #expect(client.send("DELIFEQ", "k", "123") == ":0\r\n")
  }

  @Test func delexWithoutCondition() {
    let client = server.connect()
    server.addList("list")
    #expect(client.send("DELEX", "list") == ":1\r\n")
    #expect(client.send("DELEX", "list") == ":0\r\n")
  }

  @Test func delexWithCondition() {
    let client = server.connect()
    for words in [["IFEQ", "v"], ["IFNE", "x"], ["ifdne", "0123456789abcdef"]] {
      _ = client.send("SET", "k", "v")
      #expect(client.send(["DELEX", "k"] + words) == ":1\r\n")
      #expect(client.send(["DELEX", "k"] + words) == ":0\r\n")
    }
    _ = client.send("SET", "k", "v")
    let digest = String(client.send("DIGEST", "k").dropFirst(4).dropLast())
    for words in [["IFEQ", "x"], ["IFNE", "v"], ["IFDNE", digest], ["IFDEQ", "0123456789abcdef"]] {
      #expect(client.send(["DELEX", "k"] + words) == ":0\r\n")
    }
    #expect(client.send("DELEX", "k", "IFDEQ", digest) == ":1\r\n")
  }

  @Test func delexRefuses() {
    let client = server.connect()
    _ = client.send("SET", "k", "v")
    let count = "-ERR wrong number of arguments for 'delex' command\r\n"
    #expect(client.send("DELEX", "k", "IFEQ") == count)
    #expect(client.send("DELEX", "k", "IFEQ", "v", "x") == count)
    let condition = "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE\r\n"
    #expect(client.send("DELEX", "k", "EQ", "v") == condition)
  }

  @Test func lcs() {
    let client = server.connect()
    _ = client.send("MSET", "a", "ohmytext", "b", "mynewtext")
    #expect(client.send("LCS", "a", "b") == "$6\r\nmytext\r\n")
    #expect(client.send("LCS", "a", "b", "len") == ":6\r\n")
    #expect(client.send("LCS", "a", "missing") == "$0\r\n\r\n")
    let last = "*2\r\n*2\r\n:4\r\n:7\r\n*2\r\n:5\r\n:8\r\n"
    let first = "*2\r\n*2\r\n:2\r\n:3\r\n*2\r\n:0\r\n:1\r\n"
    #expect(
      client.send("LCS", "a", "b", "IDX")
        == "*4\r\n$7\r\nmatches\r\n*2\r\n\(last)\(first)$3\r\nlen\r\n:6\r\n")
    client.client.pointee.reply.protocolVersion = 3
    #expect(
      client.send("LCS", "a", "b", "IDX", "WITHMATCHLEN", "MINMATCHLEN", "4")
        == "%2\r\n$7\r\nmatches\r\n*1\r\n*3\(last.dropFirst(2)):4\r\n$3\r\nlen\r\n:6\r\n")
  }

  @Test func lcsRefuses() {
    let client = server.connect()
    _ = client.send("MSET", "a", String(repeating: "x", count: 100), "b", "1234")
    let both = "-ERR If you want both the length and indexes, please just use IDX.\r\n"
    #expect(client.send("LCS", "a", "b", "IDX", "LEN") == both)
    #expect(client.send("LCS", "a", "b", "MINMATCHLEN") == syntax)
    #expect(client.send("LCS", "a", "b", "x") == syntax)
    let number = "-ERR value is not an integer or out of range\r\n"
    #expect(client.send("LCS", "a", "b", "MINMATCHLEN", "x") == number)
    server.server.pointee.parserLimits.bulkByteCountMax = 101 * 5 * 4 - 1
    let memory = "Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"
    #expect(client.send("LCS", "a", "b") == "-ERR \(memory)\r\n")
    server.addList("list")
    let types = "-ERR The specified keys must contain string values\r\n"
    #expect(client.send("LCS", "list", "a") == types)
    #expect(client.send("LCS", "missing", "list") == types)
  }
}
