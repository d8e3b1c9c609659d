import Core
import Testing

@testable import Engine

@Suite struct KeysTests {
  let client = InProcessServer().connect()

  private func integer(_ words: String...) -> Int? {
    let reply = client.send(words)
    return reply.hasPrefix(":") ? Int(reply.dropFirst().dropLast()) : nil
  }

  @Test func removing() {
    _ = client.send("SET", "a", "1")
    _ = client.send("SET", "b", String(repeating: "x", count: 2 << 20))
    #expect(integer("DEL", "a", "a", "missing") == 1)
    #expect(integer("UNLINK", "b", "a") == 1)
    #expect(integer("DBSIZE") == 0)
  }

  @Test func emptyKeyAndValue() {
    for value in ["", "1", "some more bytes than fit", ""] {
      #expect(client.send("SET", "", value) == "+OK\r\n")
      #expect(client.send("GET", "") == "$\(value.utf8.count)\r\n\(value)\r\n")
    }
    #expect(integer("PEXPIRE", "", "100000") == 1)
    #expect(client.send("GET", "") == "$0\r\n\r\n")
  }

  @Test func whatCountsAsHit() {
    let state = client.server.pointee.keyspace.state
    _ = client.send("SET", "k", "v")
    for words in [["EXISTS"], ["TYPE"], ["TTL"], ["PTTL"], ["EXPIRETIME"], ["TOUCH"]] {
      let (hits, misses) = (state.pointee.hits, state.pointee.misses)
      _ = client.send(words + ["k"])
      _ = client.send(words + ["missing"])
      #expect(state.pointee.hits == hits + 1 && state.pointee.misses == misses + 1, "\(words)")
    }
    let (hits, misses) = (state.pointee.hits, state.pointee.misses)
    for words in [["EXPIRE", "k", "9"], ["PERSIST", "k"], ["RENAME", "k", "k"], ["DEL", "k"]] {
      _ = client.send(words)
    }
    #expect(state.pointee.hits == hits && state.pointee.misses == misses)
  }

  @Test func whatTouches() {
    for (words, touches) in [
      (["EXISTS", "k"], false), (["TYPE", "k"], false), (["TTL", "k"], false),
      (["OBJECT", "ENCODING", "k"], false), (["SCAN", "0"], false), (["TOUCH", "k"], true),
      (["EXPIRE", "k", "9"], true), (["PERSIST", "k"], true), (["COPY", "k", "copy"], true),
    ] {
      _ = client.send("FLUSHALL")
      _ = client.send("SET", "k", "v")
      let database = client.server.pointee.keyspace[0]
      let clock = database.keyspace.pointee.accessClock
      database.storage.pointee.table.forEachSlot { $0.entry.accessClock = (clock &- 9) & 0xff_ffff }
      _ = client.send(words)
      let idle = integer("OBJECT", "IDLETIME", "k") ?? -1
      #expect((idle < 9) == touches, "\(words) \(idle)")
    }
  }

  @Test func renaming() {
    _ = client.send("SET", "a", "1")
    _ = client.send("PEXPIREAT", "a", "9999999999999")
    let dirty = client.server.pointee.keyspace.state.pointee.dirty
    #expect(client.send("RENAME", "a", "b") == "+OK\r\n")
    #expect(client.server.pointee.keyspace.state.pointee.dirty == dirty + 1)
    #expect(integer("PEXPIRETIME", "b") == 9_999_999_999_999)
    #expect(client.send("RENAME", "a", "b") == "-ERR no such key\r\n")
    _ = client.send("SET", "c", String(repeating: "z", count: 9000))
    #expect(integer("RENAMENX", "c", "b") == 0)
    #expect(integer("COPY", "c", "b") == 0)
    #expect(integer("COPY", "c", "b", "REPLACE") == 1)
    #expect(client.send("GET", "b") == client.send("GET", "c"))
    #expect(integer("COPY", "c", "c", "DB", "3") == 1)
    #expect(integer("MOVE", "c", "3") == 0)
    #expect(integer("MOVE", "b", "3") == 1)
    #expect(integer("TTL", "b") == -2)
  }

  @Test func conditionsOfExpire() {
    _ = client.send("SET", "k", "v")
    let steps: [([String], Int)] = [
      (["100", "XX"], 0), (["100", "GT"], 0), (["100", "LT"], 1), (["100", "NX"], 0),
      (["50", "GT"], 0), (["200", "GT"], 1), (["300", "LT"], 0), (["100", "XX", "LT"], 1),
    ]
    for (words, result) in steps {
      #expect(client.send(["EXPIRE", "k"] + words) == ":\(result)\r\n", "\(words)")
    }
    #expect(integer("TTL", "k") == 100)
    #expect(integer("EXPIRE", "k", "-1") == 1)
    #expect(integer("EXISTS", "k") == 0)
  }

  @Test(arguments: [
    ["EXPIRE", "k", "9223372036854775807"], ["EXPIRE", "k", "-9223372036854775808"],
    ["PEXPIRE", "k", "9223372036854775807"], ["EXPIREAT", "k", "9223372036854775807"],
  ])
  func timesOutOfRange(_ words: [String]) {
    let text = "-ERR invalid expire time in '\(words[0].lowercased())' command\r\n"
    #expect(client.send(words) == text)
  }

  @Test func scanning() {
    for number in 0..<100 { _ = client.send("SET", "key\(number)", "v") }
    #expect(client.send("SCAN", "0", "COUNT", "1000000000000000000", "MATCH", "key7").hasPrefix(
      "*2\r\n$1\r\n0\r\n*1\r\n$4\r\nkey7\r\n"))
    #expect(client.send("SCAN", "0", "COUNT", "1000", "TYPE", "set") == "*2\r\n$1\r\n0\r\n*0\r\n")
    #expect(client.send("SCAN", "x") == "-ERR invalid cursor\r\n")
    #expect(client.send("SCAN", "0", "COUNT", "0") == "-ERR syntax error\r\n")
    for cursor in ["18446744073709551616", "-1", "", "1 "] {
      #expect(client.send("SCAN", cursor) == "-ERR invalid cursor\r\n")
    }
    for cursor in ["18446744073709551615", "+0", "000"] {
      #expect(client.send("SCAN", cursor).hasPrefix("*2\r\n"))
    }
  }

  @Test func scanningExpiresWhatIsDue() {
    for number in 0..<50 { _ = client.send("SET", "key\(number)", "v") }
    let database = client.server.pointee.keyspace[0]
    database.storage.pointee.table.forEachSlot { database.setDeadline($0, 1) }
    #expect(client.send("KEYS", "*") == "*0\r\n")
    #expect(database.count == 50)
    #expect(client.send("SCAN", "0", "COUNT", "1000") == "*2\r\n$1\r\n0\r\n*0\r\n")
    #expect(database.count == 0)
    #expect(database.keyspace.pointee.expiredCount == 50)
    #expect(client.send("RANDOMKEY") == "$-1\r\n")
  }

  @Test func databases() {
    _ = client.send("SET", "a", "zero")
    #expect(client.send("SWAPDB", "0", "1") == "+OK\r\n")
    #expect(integer("DBSIZE") == 0)
    #expect(client.send("SELECT", "1") == "+OK\r\n")
    #expect(client.send("GET", "a") == "$4\r\nzero\r\n")
    let dirty = client.server.pointee.keyspace.state.pointee.dirty
    #expect(client.send("FLUSHDB", "ASYNC") == "+OK\r\n")
    #expect(client.server.pointee.keyspace.state.pointee.dirty == dirty + 1)
    #expect(client.send("SELECT", "16") == "-ERR DB index is out of range\r\n")
    #expect(client.send("FLUSHALL", "SYNC", "ASYNC") == "-ERR syntax error\r\n")
  }

  @Test func encodings() {
    for (value, name) in [
      ("12", "int"), (String(repeating: "a", count: 44), "embstr"),
      (String(repeating: "a", count: 45), "raw"), (String(repeating: "a", count: 5000), "raw"),
    ] {
      _ = client.send("SET", "k", value)
      #expect(client.send("OBJECT", "encoding", "k") == "$\(name.utf8.count)\r\n\(name)\r\n")
    }
    #expect(
      client.send("OBJECT", "nothing")
        == "-ERR unknown subcommand 'nothing'. Try OBJECT HELP.\r\n")
  }
}
