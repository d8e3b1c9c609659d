import Glibc
import Testing

@testable import Engine

@Suite struct PauseTests {
  @Test func writesWaitInOrder() {
    let server = InProcessServer()
    let control = server.connect()
    let writers = [server.connect(), server.connect()]
    #expect(control.send("CLIENT", "PAUSE", "100000", "WRITE") == "+OK\r\n")
    #expect(
      writers[0].exchange(Array("PING\r\nSET k 0\r\nGET k\r\n".utf8)) == "+PONG\r\n")
    #expect(writers[1].exchange(Array("MULTI\r\nSET k 1\r\nEXEC\r\n".utf8)) == "+OK\r\n")
    #expect(writers[1].exchange(Array("PING\r\n".utf8)) == "")
    #expect(control.send("GET", "k") == "$-1\r\n")
    #expect(control.send("CLIENT", "LIST").contains("flags=xb"))
    #expect(control.send("CLIENT", "UNPAUSE") == "+OK\r\n")
    #expect(writers[0].taken() == "+OK\r\n$1\r\n0\r\n")
    #expect(writers[1].taken() == "+QUEUED\r\n*1\r\n+OK\r\n+PONG\r\n")
  }

  @Test func execWithWritesWaits() {
    let server = InProcessServer()
    let control = server.connect()
    let client = server.connect()
    _ = client.send("MULTI")
    _ = client.send("SET", "k", "1")
    _ = control.send("CLIENT", "PAUSE", "100000", "WRITE")
    #expect(client.send("EXEC") == "")
    _ = control.send("CLIENT", "UNPAUSE")
    #expect(client.taken() == "*1\r\n+OK\r\n")
  }

  @Test(arguments: [1, 7, 1000, 64 * 1024])
  func everythingWaitsUntilTheTimeIsOver(readByteCount: Int) {
    let server = InProcessServer()
    let client = server.connect()
    let large = String(repeating: "x", count: readByteCount == 1 ? 33_000 : 200_000)
    #expect(client.send("CLIENT", "PAUSE", "100000") == "+OK\r\n")
    let set = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(large.utf8.count)\r\n\(large)\r\n"
    #expect(client.exchange(Array((set + "GET k\r\n").utf8), readByteCount: readByteCount) == "")
    server.server.pointee.pause.endsAt = 0
    server.server.pointee.clientsCron()
    let hasWork = server.server.pointee.hasWork
    #expect(hasWork)
    client.runTurn()
    #expect(client.taken() == "+OK\r\n$\(large.utf8.count)\r\n\(large)\r\n")
  }

  @Test func nothingExpiresMeanwhile() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("SET", "k", "v", "PX", "1")
    usleep(3000)
    _ = client.send("CLIENT", "PAUSE", "100000", "WRITE")
    #expect(client.send("GET", "k") == "$-1\r\n")
    #expect(client.send("EXISTS", "k") == ":0\r\n")
    #expect(client.send("SCAN", "0") == "*2\r\n$1\r\n0\r\n*0\r\n")
    #expect(client.send("RANDOMKEY") == "$1\r\nk\r\n", "as Redis: there is no other")
    server.server.pointee.tick()
    #expect(client.send("DBSIZE") == ":1\r\n")
    #expect(server.server.pointee.keyspace.state.pointee.expiredCount == 0)
    _ = client.send("CLIENT", "UNPAUSE")
    #expect(client.send("GET", "k") == "$-1\r\n")
    #expect(client.send("DBSIZE") == ":0\r\n")
  }

  /// A pause that begins inside EXEC lets the writes behind it run, which must not find a key that
  /// is neither there nor gone.
  @Test func writesInTheTransactionThatPausesReplaceKeysThatAreDue() {
    let client = InProcessServer().connect()
    _ = client.send("SET", "k", "v", "PX", "1")
    usleep(3000)
    for words in ["MULTI", "CLIENT PAUSE 100000 WRITE", "GET k", "SET k new", "GET k", "DBSIZE"] {
      _ = client.send(words.split(separator: " ").map(String.init))
    }
    #expect(client.send("EXEC") == "*5\r\n+OK\r\n$-1\r\n+OK\r\n$3\r\nnew\r\n:1\r\n")
  }

  @Test func quotedRequestWaits() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("CLIENT", "PAUSE", "100000")
    #expect(client.exchange(Array("PING \"a b\"\r\nPING 'c'\r\n\r\nPING\r\n".utf8)) == "")
    server.server.pointee.unpauseClients()
    client.runTurn()
    #expect(client.taken() == "$3\r\na b\r\n$1\r\nc\r\n+PONG\r\n")
  }

  @Test func pausedClientCanBeKilled() {
    let server = InProcessServer()
    let client = server.connect()
    let other = server.connect()
    _ = client.send("CLIENT", "PAUSE", "100000", "WRITE")
    _ = other.send("SET", "k", "v")
    #expect(client.send("CLIENT", "UNBLOCK", "\(other.id)") == ":0\r\n")
    #expect(client.send("CLIENT", "KILL", "ID", "\(other.id)") == ":1\r\n")
    #expect(client.send("CLIENT", "UNPAUSE") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$-1\r\n")
    #expect(other.isEnded)
  }

  @Test func unpauseInTheSameBatch() {
    let server = InProcessServer()
    let control = server.connect()
    let writer = server.connect()
    _ = control.send("CLIENT", "PAUSE", "100000", "WRITE")
    writer.feed(Array("SET k 1\r\nGET k\r\nSET k 2\r\n".utf8))
    control.feed(Array("CLIENT UNPAUSE\r\n".utf8))
    control.runTurn()
    #expect(writer.taken() == "+OK\r\n$1\r\n1\r\n+OK\r\n")
  }

  @Test func aSecondPauseOnlyTightens() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("CLIENT", "PAUSE", "100000", "WRITE")
    let end = server.server.pointee.pause.endsAt
    _ = client.send("CLIENT", "PAUSE", "1", "ALL")
    #expect(server.server.pointee.pause.endsAt == end)
    #expect(client.send("PING") == "")
  }

  @Test func errorsOfPause() {
    let client = InProcessServer().connect()
    #expect(client.send("CLIENT", "PAUSE", "-1") == "-ERR timeout is negative\r\n")
    #expect(
      client.send("CLIENT", "PAUSE", "x") == "-ERR timeout is not an integer or out of range\r\n")
    #expect(
      client.send("CLIENT", "PAUSE", "9223372036854775807") == "-ERR timeout is out of range\r\n")
    #expect(
      client.send("CLIENT", "PAUSE", "1", "x")
        == "-ERR CLIENT PAUSE mode must be WRITE or ALL\r\n")
  }
}
