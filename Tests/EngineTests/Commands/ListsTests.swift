import Testing

@testable import Core
@testable import Engine

@Suite struct ListsTests {
  private let server = InProcessServer()

  private func array(_ elements: [String]) -> String {
    "*\(elements.count)\r\n" + elements.map { "$\($0.utf8.count)\r\n\($0)\r\n" }.joined()
  }

  @Test(arguments: [
    ("0 -1", 0..<5), ("1 2", 1..<3), ("-2 -1", 3..<5), ("-100 100", 0..<5), ("5 9", 0..<0),
    ("3 1", 0..<0), ("-1 -2", 0..<0), ("4 4", 4..<5),
    ("-9223372036854775808 9223372036854775807", 0..<5),
    ("9223372036854775807 9223372036854775807", 0..<0),
    ("-9223372036854775808 -9223372036854775808", 0..<0),
  ])
  func ranges(_ text: String, _ expected: Range<Int>) {
    let words = text.split(separator: " ").compactMap { Int64($0) }
    #expect(Lists.range(words[0], words[1], of: 5) == expected)
    let client = server.connect()
    let all = ["a", "b", "c", "d", "e"]
    _ = client.send(["RPUSH", "k"] + all)
    let bounds = text.split(separator: " ").map(String.init)
    #expect(client.send(["LRANGE", "k"] + bounds) == array(Array(all[expected])))
    #expect(client.send(["LTRIM", "k"] + bounds) == "+OK\r\n")
    #expect(client.send("LRANGE", "k", "0", "-1") == array(Array(all[expected])))
    #expect(client.send("EXISTS", "k") == (expected.isEmpty ? ":0\r\n" : ":1\r\n"))
  }

  /// Changes since the last save, as Redis counts them, for each way to change a list.
  @Test(arguments: [
    ("RPUSH k x y", 2), ("LPUSHX k x", 1), ("LPOP k", 1), ("LPOP k 2", 2), ("LPOP k 0", 0),
    ("LSET k 0 x", 1), ("LINSERT k BEFORE b x", 1), ("LINSERT k BEFORE none x", 0),
    ("LREM k 0 a", 2), ("LREM k 0 none", 0), ("LTRIM k 1 2", 2), ("LTRIM k 0 -1", 0),
    ("LTRIM k 5 9", 4), ("LMOVE k k LEFT RIGHT", 1), ("LMOVE k other LEFT RIGHT", 1),
    ("LMPOP 2 none k LEFT COUNT 3", 3), ("LPOP k 10", 4), ("LLEN k", 0),
  ])
  func changes(_ call: String, _ count: UInt64) {
    let client = server.connect()
    _ = client.send("RPUSH", "k", "a", "b", "a", "c")
    let state = server.server.pointee.keyspace.state
    let before = state.pointee.dirty
    _ = client.send(call.split(separator: " ").map(String.init))
    #expect(state.pointee.dirty - before == count)
  }

  /// Whoever watches a list learns of every change, and of none where nothing was changed.
  @Test(arguments: [
    ("RPUSH k x", true), ("LPOP k", true), ("LPOP k 0", false), ("LREM k 0 none", false),
    ("LMOVE k k LEFT LEFT", true), ("LTRIM k 0 -1", true), ("LRANGE k 0 -1", false),
    ("LSET k 9 x", false), ("BLPOP k 0", true),
  ])
  func watching(_ call: String, _ isChange: Bool) {
    let (client, other) = (server.connect(), server.connect())
    _ = client.send("RPUSH", "k", "a", "b")
    _ = client.exchange(Array("WATCH k\r\nMULTI\r\nPING\r\n".utf8))
    _ = other.send(call.split(separator: " ").map(String.init))
    #expect(client.send("EXEC") == (isChange ? "*-1\r\n" : "*1\r\n+PONG\r\n"))
  }

  /// The source expires while the destination is looked up, and the other way round.
  @Test func moveBetweenKeysThatExpire() {
    let client = server.connect()
    for expired in ["a", "b"] {
      _ = client.send("FLUSHALL")
      _ = client.exchange(Array("RPUSH a 1 2\r\nRPUSH b 3\r\nPEXPIRE \(expired) 1\r\n".utf8))
      server.server.pointee.keyspace[0].expire(expired)
      let reply = client.send("LMOVE", "a", "b", "LEFT", "LEFT")
      #expect(reply == (expired == "a" ? "$-1\r\n" : "$1\r\n1\r\n"))
      let left = client.send("LRANGE", "b", "0", "-1")
      #expect(left == array(expired == "a" ? ["3"] : ["1"]))
    }
  }

  /// Threats, 2021-32627: what is packed stays below 1 GiB whatever the configuration allows.
  @Test func elementsBeyondAListpackAreRefused() {
    #expect(ListValue.elementByteCountMax + 64 <= Listpack.byteCountMax)
    #expect(Listpack.byteCountMax == 1 << 30)
  }
}

extension Database {
  /// Moves the key's deadline to the past, behind the back of all commands.
  fileprivate func expire(_ name: String) {
    Array(name.utf8).withView { bytes in
      let slot = storage.pointee.table.find(bytes, hash(bytes))
      slot?.entry.deadline = 1
    }
  }
}
