import Testing

@testable import Core
@testable import Engine

/// Blocking commands in one process: turns are run by hand, time is set.
@Suite struct BlockingTests {
  private let server = InProcessServer()
  private let null = "*-1\r\n"

  private func popped(_ key: String, _ value: String) -> String {
    "*2\r\n$\(key.utf8.count)\r\n\(key)\r\n$\(value.utf8.count)\r\n\(value)\r\n"
  }

  /// No call, key or deadline is left, and nobody is halted.
  private func expectNobodyWaits() {
    let state = server.server.pointee.keyspace.state
    #expect(state.pointee.waited.count == 0 && !state.pointee.waited.hasReady)
    #expect(server.server.pointee.blocking.clients.isEmpty)
    for client in server.server.pointee.clients.all.values {
      #expect(client.pointee.flags.isDisjoint(with: [.blocked, .resuming]))
      #expect(client.pointee.blockedCall == nil)
    }
  }

  @Test func whoCameFirstIsServedFirst() {
    let workers = (0..<3).map { _ in server.connect() }
    for worker in workers { #expect(worker.send("BLPOP", "a", "b", "0") == "") }
    let producer = server.connect()
    #expect(producer.send("RPUSH", "b", "1", "2") == ":2\r\n")
    #expect(workers.map { $0.taken() } == [popped("b", "1"), popped("b", "2"), ""])
    #expect(producer.send("RPUSH", "a", "3") == ":1\r\n")
    #expect(workers[2].taken() == popped("a", "3"))
    expectNobodyWaits()
  }

  /// The pusher's own next command, in the same batch, sees that the element is gone.
  @Test func servedRightAfterTheCommand() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    let replies = server.connect().exchange(Array("RPUSH k v\r\nLLEN k\r\nEXISTS k\r\n".utf8))
    #expect(replies == ":1\r\n:0\r\n:0\r\n")
    #expect(worker.taken() == popped("k", "v"))
  }

  @Test func servedAfterTheWholeTransaction() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    let request = "MULTI\r\nRPUSH k a\r\nLLEN k\r\nLPUSH k b\r\nEXEC\r\nLRANGE k 0 -1\r\n"
    let replies = server.connect().exchange(Array(request.utf8))
    #expect(replies.hasSuffix("*3\r\n:1\r\n:1\r\n:2\r\n*1\r\n$1\r\na\r\n"))
    #expect(worker.taken() == popped("k", "b"))
  }

  @Test func goneBeforeItWasServed() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    _ = server.connect().exchange(Array("MULTI\r\nRPUSH k a\r\nDEL k\r\nEXEC\r\n".utf8))
    _ = server.connect().exchange(Array("MULTI\r\nRPUSH k a\r\nFLUSHALL\r\nEXEC\r\n".utf8))
    #expect(worker.taken() == "")
    _ = server.run("RPUSH", "k", "b")
    #expect(worker.taken() == popped("k", "b"))
    expectNobodyWaits()
  }

  /// Requests behind a blocking one, in the same bytes, run when it has its reply, each once.
  @Test(arguments: [1, 3, 5000]) func whatFollowsWaits(readByteCount: Int) {
    let worker = server.connect()
    let first = "BLPOP k 0\r\n" + String(repeating: "INCR n\r\n", count: 40)
    #expect(
      worker.exchange(Array((first + "BLPOP k 0\r\nINCR").utf8), readByteCount: readByteCount) == ""
    )
    #expect(server.run("GET", "n") == "$-1\r\n")
    let producer = server.connect()
    producer.feed(Array("RPUSH k 1\r\nGET n\r\n".utf8), run: true)
    #expect(producer.taken() == ":1\r\n$-1\r\n")
    let counted = (1...40).map { ":\($0)\r\n" }.joined()
    #expect(worker.taken() == popped("k", "1") + counted)
    #expect(worker.exchange(Array(" n\r\n".utf8)) == "")
    #expect(server.run("LPUSH", "k", "2") == ":1\r\n")
    #expect(worker.taken() == popped("k", "2") + ":41\r\n")
    expectNobodyWaits()
  }

  /// Blocked and served in one batch: what was parsed ahead is taken back first.
  @Test func blockedAndServedInOneBatch() {
    let (worker, producer) = (server.connect(), server.connect())
    worker.feed(Array("BLPOP k 0\r\nINCR n\r\nBLPOP k 0\r\nINCR n\r\n".utf8))
    producer.feed(Array("RPUSH k 1\r\nRPUSH k 2\r\nGET n\r\n".utf8), run: true)
    #expect(producer.taken() == ":1\r\n:1\r\n$-1\r\n")
    #expect(worker.taken() == popped("k", "1") + ":1\r\n" + popped("k", "2") + ":2\r\n")
    expectNobodyWaits()
  }

  @Test func chainsOfMoves() {
    let movers = (0..<50).map { number in
      let mover = server.connect()
      _ = mover.send("BLMOVE", "k\(number)", "k\(number + 1)", "LEFT", "RIGHT", "0")
      return mover
    }
    let last = server.connect()
    _ = last.send("BRPOP", "k50", "0")
    _ = server.run("RPUSH", "k0", "v")
    #expect(movers.allSatisfy { $0.taken() == "$1\r\nv\r\n" })
    #expect(last.taken() == popped("k50", "v"))
    #expect(server.run("DBSIZE") == ":0\r\n")
    expectNobodyWaits()
  }

  /// Each turns the same list once: the key becomes ready again with each.
  @Test func movesInARing() {
    let movers = (0..<5).map { _ in server.connect() }
    for mover in movers { _ = mover.send("BLMOVE", "k", "k", "LEFT", "RIGHT", "0") }
    _ = server.run("RPUSH", "k", "a", "b", "c")
    #expect(movers.map { $0.taken() } == ["a", "b", "c", "a", "b"].map { "$1\r\n\($0)\r\n" })
    #expect(server.run("LRANGE", "k", "0", "-1") == "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n")
    expectNobodyWaits()
  }

  @Test func otherTypesAreWaitedOut() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    _ = server.run("SET", "k", "string")
    #expect(worker.taken() == "")
    _ = server.run("DEL", "k")
    _ = server.run("RPUSH", "k", "v")
    #expect(worker.taken() == popped("k", "v"))
  }

  /// The call runs anew: what it finds first, decides.
  @Test func anotherKeyOfTheWrongType() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "x", "y", "0")
    _ = server.run("SET", "x", "string")
    _ = server.run("RPUSH", "y", "v")
    #expect(worker.taken().hasPrefix("-WRONGTYPE"))
    #expect(server.run("LLEN", "y") == ":1\r\n")
    expectNobodyWaits()
  }

  @Test(arguments: [
    ["RENAME", "from", "k"], ["RENAMENX", "from", "k"], ["COPY", "from", "k"],
    ["LMOVE", "from", "k", "LEFT", "LEFT"], ["SWAPDB", "0", "1"], ["SWAPDB", "1", "0"],
  ])
  func everyWayToBecomeReady(_ call: [String]) {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    let client = server.connect()
    _ = client.send("RPUSH", "from", "v")
    _ = client.send("SELECT", "1")
    _ = client.send("RPUSH", "k", "v")
    if !call[0].hasPrefix("SWAP") { _ = client.send("SELECT", "0") }
    _ = client.send(call)
    #expect(worker.taken() == popped("k", "v"))
    expectNobodyWaits()
  }

  @Test func movedFromAnotherDatabase() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    let client = server.connect()
    _ = client.exchange(Array("SELECT 1\r\nRPUSH k v\r\nMOVE k 0\r\n".utf8))
    #expect(worker.taken() == popped("k", "v"))
  }

  @Test func timesAreOverInTheirOrder() {
    let clients = (0..<3).map { _ in server.connect() }
    _ = clients[0].send("BLPOP", "k", "200")
    _ = clients[1].send("BLMOVE", "k", "x", "LEFT", "LEFT", "100.5")
    _ = clients[2].send("BLMPOP", "0", "1", "k", "LEFT")
    let overdue = server.server.pointee.nextDeadline
    #expect(overdue > server.server.pointee.clock.nanoseconds + 99_000_000_000)
    #expect(server.run("INFO", "clients").contains("clients_in_timeout_table:2\r\n"))
    for client in clients[..<2] { client.client.pointee.expireCall(server.server) }
    #expect(clients.map { $0.taken() } == [null, null, ""])
    #expect(server.server.pointee.nextDeadline == .max)
    _ = server.run("RPUSH", "k", "v")
    #expect(clients[2].taken() == "*2\r\n$1\r\nk\r\n*1\r\n$1\r\nv\r\n")
    expectNobodyWaits()
  }

  /// Calls that were served leave no deadlines behind for long.
  @Test func deadlinesOfServedCallsAreForgotten() {
    let worker = server.connect()
    for _ in 0..<500 {
      _ = worker.send("BLPOP", "k", "1000")
      _ = server.run("RPUSH", "k", "v")
      #expect(worker.taken() == popped("k", "v"))
    }
    #expect(server.server.pointee.blocking.deadlineCount <= 65)
  }

  @Test func transactionsDoNotBlock() {
    let client = server.connect()
    let calls = ["BLPOP k 0", "BLMOVE k x LEFT LEFT 0", "BRPOPLPUSH k x 0", "BLMPOP 0 1 k LEFT"]
    let request = "MULTI\r\n" + calls.map { $0 + "\r\n" }.joined() + "EXEC\r\n"
    #expect(
      client.exchange(Array(request.utf8)).hasSuffix("*4\r\n*-1\r\n$-1\r\n$-1\r\n*-1\r\n"))
    expectNobodyWaits()
  }

  @Test func unblocking() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    #expect(server.run("CLIENT", "UNBLOCK", "\(worker.id)") == ":1\r\n")
    #expect(worker.taken() == null)
    #expect(server.run("CLIENT", "UNBLOCK", "\(worker.id)") == ":0\r\n")
    _ = worker.send("BLPOP", "k", "0")
    #expect(server.run("CLIENT", "UNBLOCK", "\(worker.id)", "ERROR") == ":1\r\n")
    #expect(worker.taken() == "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n")
    // Served and unblocked in one turn: it is no longer blocked then.
    _ = worker.send("BLPOP", "k", "0")
    let both = "RPUSH k v\r\nCLIENT UNBLOCK \(worker.id)\r\n"
    #expect(server.connect().exchange(Array(both.utf8)) == ":1\r\n:0\r\n")
    #expect(worker.taken() == popped("k", "v"))
    expectNobodyWaits()
  }

  @Test func aBlockedCallCountsOnceItHasEnded() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    #expect(server.command("blpop").calls == 0)
    _ = server.run("RPUSH", "k", "v")
    #expect(server.command("blpop").calls == 1)
    _ = worker.send("BLPOP", "k", "0")
    _ = server.run("CLIENT", "UNBLOCK", "\(worker.id)", "ERROR")
    #expect(server.command("blpop").calls == 2 && server.command("blpop").failedCalls == 1)
  }

  @Test func silentClients() {
    let worker = server.connect()
    _ = worker.exchange(Array("CLIENT REPLY SKIP\r\nBLPOP k 0\r\n".utf8))
    _ = server.run("RPUSH", "k", "v")
    #expect(worker.taken() == "" && worker.send("PING") == "+PONG\r\n")
    _ = worker.exchange(Array("CLIENT REPLY OFF\r\nBLPOP k 0\r\n".utf8))
    _ = server.run("RPUSH", "k", "v")
    #expect(worker.taken() == "" && server.run("LLEN", "k") == ":0\r\n")
  }

  @Test func nobodyIsServedInAPause() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "k", "0")
    let request = "MULTI\r\nCLIENT PAUSE 100000 WRITE\r\nRPUSH k v\r\nEXEC\r\nLLEN k\r\n"
    #expect(server.connect().exchange(Array(request.utf8)).hasSuffix(":1\r\n:1\r\n"))
    #expect(worker.taken() == "")
    let hasWork = server.server.pointee.hasWork
    #expect(!hasWork)
    _ = server.run("CLIENT", "UNPAUSE")
    #expect(worker.taken() == popped("k", "v"))
    expectNobodyWaits()
  }

  @Test func whatClientListAndInfoShow() {
    let worker = server.connect()
    _ = worker.send("BLPOP", "a", "b", "a", "0")
    #expect(server.run("CLIENT", "LIST", "ID", "\(worker.id)").contains(" flags=b "))
    let info = server.run("INFO", "clients")
    #expect(info.contains("blocked_clients:1\r\n") && info.contains("total_blocking_keys:2\r\n"))
    #expect(info.contains("total_blocking_keys_on_nokey:0\r\n"))
    let both = "RPUSH a v\r\nCLIENT LIST ID \(worker.id)\r\nINFO clients\r\n"
    let after = server.connect().exchange(Array(both.utf8))
    #expect(after.contains(" flags=N ") && after.contains("blocked_clients:0\r\n"))
    expectNobodyWaits()
  }

  // MARK: Clients that end (threats: class D, use after free)

  /// 2026-23479: the client is freed while its call is served.
  @Test func aClientThatIsKilledWhenItIsServed() {
    let workers = (0..<4).map { _ in server.connect() }
    for worker in workers { _ = worker.send("BLPOP", "k", "0") }
    let request =
      "MULTI\r\nRPUSH k 1 2 3\r\nCLIENT KILL ID \(workers[0].id)\r\n"
      + "CLIENT KILL ID \(workers[2].id)\r\nEXEC\r\n"
    _ = server.connect().exchange(Array(request.utf8))
    #expect(workers[0].isEnded && workers[2].isEnded)
    #expect(workers[1].taken() == popped("k", "1") && workers[3].taken() == popped("k", "2"))
    expectNobodyWaits()
  }

  /// Served, then killed, before the turn in which it would go on.
  @Test func aClientThatIsKilledAfterItWasServed() {
    let worker = server.connect()
    _ = worker.exchange(Array("BLPOP k 0\r\nINCR n\r\n".utf8))
    let request = "RPUSH k 1\r\nCLIENT KILL ID \(worker.id)\r\nGET n\r\n"
    #expect(server.connect().exchange(Array(request.utf8)) == ":1\r\n:1\r\n$-1\r\n")
    worker.runTurn()
    #expect(worker.isEnded && server.run("GET", "n") == "$-1\r\n")
    expectNobodyWaits()
  }

  /// The connection has ended, and Net has not yet told that it is closed.
  @Test func aConnectionThatHasJustEndedTakesNothing() {
    let (gone, worker) = (server.connect(), server.connect())
    _ = gone.send("BLPOP", "k", "0")
    _ = worker.send("BLPOP", "k", "0")
    gone.client.pointee.markClosed()
    _ = server.run("RPUSH", "k", "v")
    #expect(worker.taken() == popped("k", "v"))
    server.server.pointee.didDisconnect(gone.client)
    worker.runTurn()
    expectNobodyWaits()
  }

  /// Redis 15594, Valkey 4198: eviction frees the client that is next in line.
  @Test func evictionOfWhoIsNext() {
    let workers = (0..<3).map { _ in server.connect() }
    for worker in workers { _ = worker.send("BLPOP", "k", "0") }
    let large = String(repeating: "x", count: 1_500_000)
    _ = workers[1].exchange(Array("*2\r\n$4\r\nECHO\r\n$1500000\r\n\(large)".utf8))
    server.server.pointee.limits.totalByteCountMax = 1 << 20
    _ = server.run("RPUSH", "k", "1", "2", "3")
    server.server.pointee.clientsCron()
    workers[2].runTurn()
    #expect(workers[1].isEnded)
    #expect(workers[0].taken() == popped("k", "1") && workers[2].taken() == popped("k", "3"))
    expectNobodyWaits()
  }
}

extension Client {
  /// Ends the blocked call as if its time were over.
  fileprivate func expireCall(_ server: UnsafeMutablePointer<Server>) {
    _ = server.pointee.unblock(id, .timeout)
  }
}
