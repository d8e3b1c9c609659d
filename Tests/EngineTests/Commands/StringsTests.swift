import Core
import Testing

@testable import Engine

@Suite struct StringsTests {
  private let server = InProcessServer()

  @Test func setThenGet() {
    let client = server.connect()
    #expect(client.send("SET", "k", "v") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$1\r\nv\r\n")
    #expect(client.send("GET", "missing") == "$-1\r\n")
    #expect(client.send("SET", "k", "-12") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$3\r\n-12\r\n")
  }

  @Test func nullInRESP3() {
    let client = server.connect()
    client.client.pointee.reply.protocolVersion = 3
    #expect(client.send("GET", "missing") == "_\r\n")
    #expect(client.send("GETDEL", "missing") == "_\r\n")
    #expect(client.send("SET", "k", "v", "XX") == "_\r\n")
    #expect(client.send("MGET", "missing") == "*1\r\n_\r\n")
    #expect(client.send("DIGEST", "missing") == "_\r\n")
  }

  @Test func getexChangesTheDeadline() {
    let client = server.connect()
    _ = client.send("SET", "k", "v")
    #expect(client.send("GETEX", "k") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == nil)
    #expect(client.send("GETEX", "k", "EX", "100") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == server.now + 100_000)
    #expect(client.send("GETEX", "k", "px", "100") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == server.now + 100)
    #expect(client.send("GETEX", "k", "EXAT", "4000000000") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == 4_000_000_000_000)
    #expect(client.send("GETEX", "k", "PXAT", "4000000000001") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == 4_000_000_000_001)
    #expect(client.send("GETEX", "k") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == 4_000_000_000_001)
    #expect(client.send("GETEX", "k", "PERSIST") == "$1\r\nv\r\n")
    #expect(server.deadline("k") == nil)
    #expect(client.send("GETEX", "k", "PXAT", "1") == "$1\r\nv\r\n")
    #expect(client.send("GET", "k") == "$-1\r\n")
  }

  @Test func getexRefuses() {
    let client = server.connect()
    #expect(client.send("GETEX", "missing", "EX", "abc") == "$-1\r\n")
    _ = client.send("SET", "k", "v")
    let syntax = "-ERR syntax error\r\n"
    #expect(client.send("GETEX", "k", "EX") == syntax)
    #expect(client.send("GETEX", "k", "KEEPTTL") == syntax)
    #expect(client.send("GETEX", "k", "EX", "1", "PERSIST") == syntax)
    #expect(client.send("GETEX", "k", "x") == syntax)
    let time = "-ERR invalid expire time in 'getex' command\r\n"
    #expect(client.send("GETEX", "k", "EX", "0") == time)
  }

  @Test func getdelDeletes() {
    let client = server.connect()
    _ = client.send("SET", "k", "v")
    #expect(client.send("GETDEL", "k") == "$1\r\nv\r\n")
    #expect(client.send("GETDEL", "k") == "$-1\r\n")
    #expect(server.database.count == 0)
  }

  @Test(arguments: [
    "GET k", "GETEX k", "GETDEL k", "SET k v GET", "SET k v IFEQ x", "SET k v IFDNE x",
    "GETSET k v", "APPEND k v", "STRLEN k", "GETRANGE k 0 1", "SUBSTR k 0 1", "SETRANGE k 0 v",
    "INCR k", "DECRBY k 2", "INCRBYFLOAT k 1", "DIGEST k", "DELIFEQ k v", "DELEX k IFNE v",
  ])
  func refusesOtherTypes(command: String) {
    server.addList("k")
    let words = command.split(separator: " ").map(String.init)
    let text = "WRONGTYPE Operation against a key holding the wrong kind of value"
    #expect(server.connect().send(words) == "-\(text)\r\n")
    #expect(server.database.count == 1)
  }
}

extension InProcessServer {
  var database: Database { server.pointee.keyspace[0] }
  var now: Int64 { server.pointee.keyspace.state.pointee.now }

  func slot(_ key: String) -> Slot? {
    Array(key.utf8).withView { database.find(Key(bytes: $0, hash: database.hash($0))) }
  }

  /// When the key expires.
  func deadline(_ key: String) -> Int64? { slot(key).flatMap { database.deadline($0) } }

  func entry(_ key: String) -> Entry? { slot(key)?.entry }

  /// Adds a key that is no string.
  func addList(_ name: String) {
    Array(name.utf8).withView { bytes in
      let shape = Entry.Shape(type: .list, encoding: .integer, keyByteCount: bytes.count)
      let entry = Entry.make(shape, key: bytes, accessClock: 0)
      entry.payload = 0
      _ = database.storage.pointee.table.insert(entry, database.hash(bytes))
    }
  }
}
