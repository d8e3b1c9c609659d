import Testing

@testable import Engine

@Suite struct TransactionsTests {
  @Test func runsQueuedCommandsInOrder() {
    let client = InProcessServer().connect()
    #expect(client.send("MULTI") == "+OK\r\n")
    #expect(client.send("SET", "k", "v") == "+QUEUED\r\n")
    #expect(client.send("GET", "k") == "+QUEUED\r\n")
    #expect(client.send("EXEC") == "*2\r\n+OK\r\n$1\r\nv\r\n")
    #expect(client.send("EXEC") == "-ERR EXEC without MULTI\r\n")
    #expect(client.send("DISCARD") == "-ERR DISCARD without MULTI\r\n")
  }

  @Test func argumentsOutliveTheirBatch() {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    let large = String(repeating: "x", count: 100_000)
    #expect(client.send("SET", "large", large) == "+QUEUED\r\n")
    for index in 0..<100 { _ = client.send("SET", "k\(index)", "\(index)") }
    #expect(client.client.pointee.transactionByteCount > 100_000)
    #expect(client.send("EXEC").hasPrefix("*101\r\n+OK\r\n"))
    #expect(client.send("GET", "k77") == "$2\r\n77\r\n")
    #expect(client.send("GET", "large") == "$100000\r\n\(large)\r\n")
  }

  @Test(arguments: [["FOO"], ["GET"], ["CLIENT"], ["CLIENT", "FOO"], ["CLIENT", "ID", "x"]])
  func errorWhileQueueingFailsExec(words: [String]) {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    #expect(client.send(words).hasPrefix("-ERR "))
    #expect(client.send("SET", "k", "v") == "+QUEUED\r\n")
    let reply = "-EXECABORT Transaction discarded because of previous errors.\r\n"
    #expect(client.send("EXEC") == reply)
    #expect(client.send("GET", "k") == "$-1\r\n")
  }

  @Test func refusedExecEndsTheTransaction() {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    let reply =
      "-EXECABORT Transaction discarded because of: "
      + "wrong number of arguments for 'exec' command\r\n"
    #expect(client.send("EXEC", "x") == reply)
    #expect(client.send("EXEC") == "-ERR EXEC without MULTI\r\n")
  }

  @Test func nestingIsRefusedButHarmless() {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    #expect(client.send("MULTI") == "-ERR MULTI calls can not be nested\r\n")
    #expect(client.send("WATCH", "k") == "-ERR WATCH inside MULTI is not allowed\r\n")
    #expect(client.send("PING") == "+QUEUED\r\n")
    #expect(client.send("EXEC") == "*1\r\n+PONG\r\n")
  }

  @Test func commandsThatFailDoNotStopTheOthers() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("MULTI")
    _ = client.send("PING", "a", "b")
    _ = client.send("PING")
    #expect(
      client.send("EXEC")
        == "*2\r\n-ERR wrong number of arguments for 'ping' command\r\n+PONG\r\n")
    #expect(server.server.pointee.statistics.errorReplyCount == 1)
    #expect(server.command("exec").failedCalls == 0)
    #expect(server.command("ping").failedCalls == 1)
    #expect(server.command("ping").calls == 2)
  }

  @Test(arguments: ["self", "other"])
  func watchSeesChanges(byWhom: String) {
    let server = InProcessServer()
    let client = server.connect()
    let writer = byWhom == "self" ? client : server.connect()
    _ = client.send("SET", "k", "1")
    _ = client.send("WATCH", "a", "k", "k")
    #expect(server.server.pointee.keyspace.state.pointee.watchCount == 2)
    _ = writer.send("SET", "k", "2")
    _ = client.send("MULTI")
    _ = client.send("PING")
    #expect(client.send("EXEC") == "*-1\r\n")
    #expect(server.server.pointee.keyspace.state.pointee.watchCount == 0)
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*0\r\n")
  }

  @Test func watchIsOfOneDatabaseAndEnds() {
    let server = InProcessServer()
    let client = server.connect()
    let writer = server.connect()
    writer.client.pointee.databaseIndex = 1
    _ = client.send("WATCH", "k")
    _ = writer.send("SET", "k", "2")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*0\r\n")
    writer.client.pointee.databaseIndex = 0
    _ = client.send("WATCH", "k")
    _ = writer.send("SET", "k", "2")
    _ = client.send("UNWATCH")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*0\r\n")
  }

  @Test func nullOfABrokenWatchInRESP3() {
    let client = InProcessServer().connect()
    _ = client.send("HELLO", "3")
    _ = client.send("WATCH", "k")
    _ = client.send("SET", "k", "2")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "_\r\n")
  }

  @Test func expiryBreaksAWatch() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("PING")  // time is read
    server.set("k", deadline: server.now + 100_000)
    _ = client.send("WATCH", "k")
    server.set("k", deadline: server.now - 1)
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*-1\r\n")
    // Lazily removed by somebody else.
    server.set("k", deadline: server.now + 100_000)
    _ = client.send("WATCH", "k")
    server.set("k", deadline: server.now - 1)
    _ = server.run("GET", "k")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*-1\r\n")
  }

  @Test func expiryOfAFieldBreaksAWatch() {
    let server = InProcessServer()
    let client = server.connect()
    func pass(_ milliseconds: Int) {
      let end = server.now + Int64(milliseconds)
      repeat { _ = client.send("PING") } while server.now <= end
    }
    _ = client.send("DEBUG", "SET-ACTIVE-EXPIRE", "0")
    _ = client.send("HSET", "h", "brief", "1", "lasting", "2")
    var lifetime = 4
    repeat {
      // On a machine that stands still the field may be gone before it is watched.
      _ = client.send("UNWATCH")
      lifetime *= 2
      _ = client.send("HSET", "h", "brief", "1")
      _ = client.send("HPEXPIRE", "h", String(lifetime), "FIELDS", "1", "brief")
      _ = client.send("WATCH", "h")
    } while client.send("HEXISTS", "h", "brief") == ":0\r\n"
    pass(lifetime)
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*-1\r\n")
    // What is due already is gone before the watch begins.
    _ = client.send("HPEXPIRE", "h", "1", "FIELDS", "1", "lasting")
    _ = client.send("HSET", "h", "other", "3")
    pass(1)
    _ = client.send("WATCH", "h")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*0\r\n")
  }

  @Test func removalOfAKeyThatHadExpiredAtWatchIsNoChange() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("PING")  // time is read
    server.set("k", deadline: server.now - 1)
    _ = client.send("WATCH", "k")
    _ = server.run("GET", "k")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*0\r\n")
    server.set("k", deadline: server.now - 1)
    _ = client.send("WATCH", "k")
    _ = server.run("SET", "k", "v")
    _ = client.send("MULTI")
    #expect(client.send("EXEC") == "*-1\r\n")
  }

  @Test func emptyingADatabaseBreaksWatchesOfItsKeys() {
    let server = InProcessServer()
    let present = server.connect()
    let absent = server.connect()
    _ = present.send("SET", "k", "v")
    _ = present.send("WATCH", "k")
    _ = absent.send("WATCH", "other")
    let keyspace = server.server.pointee.keyspace
    keyspace.willEmpty(keyspace[0])
    for client in [present, absent] { _ = client.send("MULTI") }
    #expect(present.send("EXEC") == "*-1\r\n")
    #expect(absent.send("EXEC") == "*0\r\n")
  }

  @Test func swappingDatabasesBreaksWatchesOfEither() {
    let server = InProcessServer()
    let clients = [server.connect(), server.connect(), server.connect()]
    clients[1].client.pointee.databaseIndex = 1
    _ = clients[0].send("SET", "k", "v")
    _ = clients[0].send("WATCH", "k")
    _ = clients[1].send("WATCH", "k")
    _ = clients[2].send("WATCH", "other")
    let keyspace = server.server.pointee.keyspace
    keyspace.willSwap(keyspace[0], keyspace[1])
    for client in clients { _ = client.send("MULTI") }
    #expect(clients[0].send("EXEC") == "*-1\r\n")
    #expect(clients[1].send("EXEC") == "*-1\r\n")
    #expect(clients[2].send("EXEC") == "*0\r\n")
  }

  @Test func disconnectedWatcherIsForgotten() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("WATCH", "k")
    _ = client.send("MULTI")
    _ = client.send("SET", "k", "1")
    #expect(server.run("CLIENT", "KILL", "ID", "\(client.id)", "SKIPME", "no") == ":1\r\n")
    #expect(server.server.pointee.keyspace.state.pointee.watchCount == 0)
    #expect(server.run("SET", "k", "v") == "+OK\r\n")
  }

  @Test func repliesTurnedOffInExec() {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    _ = client.send("CLIENT", "REPLY", "SKIP")
    _ = client.send("PING")
    #expect(client.send("EXEC") == "*2\r\n$-1\r\n+PONG\r\n")
    #expect(client.send("PING") == "")
    #expect(client.send("PING") == "+PONG\r\n")
    _ = client.send("MULTI")
    _ = client.send("CLIENT", "REPLY", "OFF")
    _ = client.send("PING")
    #expect(client.send("EXEC") == "")
    #expect(client.send("CLIENT", "REPLY", "ON") == "+OK\r\n")
  }

  @Test func killingOneselfInExec() {
    let client = InProcessServer().connect()
    _ = client.send("MULTI")
    _ = client.send("CLIENT", "KILL", "ID", "\(client.id)", "SKIPME", "no")
    _ = client.send("PING")
    #expect(client.send("EXEC") == "*2\r\n:1\r\n")
    #expect(client.isEnded)
  }
}
