import Testing

@testable import Engine

@Suite struct LimitsTests {
  private func server(_ change: (inout ClientLimits) -> Void) -> InProcessServer {
    let server = InProcessServer()
    change(&server.server.pointee.limits)
    return server
  }

  @Test func queryLimit() {
    let server = server { $0.queryByteCountMax = 100_000 }
    let client = server.connect()
    let start = "*2\r\n$4\r\nPING\r\n$400000\r\n" + String(repeating: "x", count: 200_000)
    _ = client.exchange(Array(start.utf8))
    #expect(client.isEnded)
    #expect(server.server.pointee.statistics.queryLimitDisconnectionCount == 1)
  }

  @Test func queuedCommandsCountAsQuery() {
    let server = server { $0.queryByteCountMax = 1_000_000 }
    let client = server.connect()
    _ = client.send("MULTI")
    for _ in 0..<20 { _ = client.send("SET", "k", String(repeating: "x", count: 100_000)) }
    #expect(client.isEnded)
  }

  @Test func hardOutputLimit() {
    let server = server { $0.normalOutput.hardByteCount = 30_000 }
    let client = server.connect()
    #expect(client.send("ECHO", String(repeating: "x", count: 20_000)).count > 20_000)
    #expect(client.send("ECHO", String(repeating: "x", count: 40_000)) == "")
    #expect(client.isEnded)
    #expect(server.server.pointee.statistics.outputLimitDisconnectionCount == 1)
  }

  @Test func whatFitsIntoTheFirstBufferCountsTowardsNoOutputLimit() {
    let server = server { $0.normalOutput = ClientLimits.Output(hardByteCount: 1) }
    let client = server.connect()
    #expect(client.send("ECHO", String(repeating: "x", count: 16_000)).count > 16_000)
    #expect(client.send("ECHO", String(repeating: "x", count: 17_000)) == "")
    #expect(client.isEnded)
  }

  @Test func softOutputLimitTakesTime() {
    let server = server {
      $0.normalOutput.softByteCount = 1000
      $0.normalOutput.softSeconds = 3
    }
    let client = server.connect()
    client.feed(Array("ECHO \(String(repeating: "x", count: 20_000))\r\n".utf8))
    client.runTurn()
    server.server.pointee.clientsCron()
    #expect(!client.isEnded)
    client.client.pointee.details.softLimitExceededAt -= 5_000_000_000
    server.server.pointee.clientsCron()
    client.runTurn()
    #expect(client.isEnded)
  }

  @Test func unauthenticatedClientsMayLeaveLittleUnread() {
    let server = InProcessServer()
    server.server.pointee.authentication.setPassword(Array("x".utf8))
    let client = server.connect()
    for _ in 0..<60 { client.feed(Array(String(repeating: "PING\r\n", count: 20).utf8), run: true) }
    server.server.pointee.didLeaveUnsent(client.client)
    client.runTurn()
    #expect(client.isEnded)
  }

  @Test func unauthenticatedClientsAreOwedLittleWithinATurn() {
    let server = InProcessServer()
    server.server.pointee.authentication.setPassword(Array("x".utf8))
    let client = server.connect()
    let count = 2_000
    client.feed(Array(String(repeating: "GET k\r\n", count: count).utf8))
    var total = 0
    var turnCount = 0
    repeat {
      client.runTurn()
      let reply = client.takeReply().count
      #expect(reply < 64_000)
      total += reply
      turnCount += 1
    } while server.server.pointee.hasWork && turnCount < 1000
    #expect(total == count * "-NOAUTH Authentication required.\r\n".utf8.count)
    #expect(!client.isEnded, "it has read everything")
  }

  @Test func idleClientsAreClosed() {
    let server = server { $0.idleSecondsMax = 10 }
    let client = server.connect()
    let other = server.connect()
    _ = client.send("PING")
    _ = other.send("PING")
    client.client.pointee.details.lastInteractionAt &-= 12_000_000_000
    server.server.pointee.clientsCron()
    other.runTurn()
    #expect(client.isEnded)
    #expect(!other.isEnded)
  }

  @Test func largestClientIsEvicted() {
    let server = server { $0.totalByteCountMax = 1_000_000 }
    let clients = (0..<3).map { _ in server.connect() }
    _ = clients[2].send("CLIENT", "NO-EVICT", "on")
    for (index, byteCount) in [300_000, 400_000, 500_000].enumerated() {
      _ = clients[index].send("MULTI")
      _ = clients[index].send("SET", "k", String(repeating: "x", count: byteCount))
    }
    clients[0].runTurn()
    #expect(clients.map(\.isEnded) == [false, true, false])
    #expect(server.server.pointee.statistics.evictedClientCount == 1)
  }

  @Test func sparedClientsAreNotLookedAtInEveryTurn() {
    let server = server { $0.totalByteCountMax = 100_000 }
    let client = server.connect()
    _ = client.send("CLIENT", "NO-EVICT", "on")
    _ = client.send("MULTI")
    _ = client.send("SET", "k", String(repeating: "x", count: 300_000))
    #expect(server.server.pointee.clients.isEvictionFutile)
    let other = server.connect()
    _ = other.send("PING")
    #expect(!other.isEnded, "the next look is the cron's")
    server.server.pointee.clientsCron()
    other.runTurn()
    #expect(other.isEnded && !client.isEnded)
  }

  @Test func aClientThatIsOwedMuchGoesOnInTheNextTurn() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("SET", "k", String(repeating: "x", count: 300_000))
    let other = server.connect()
    client.feed(Array(String(repeating: "GET k\r\n", count: 20).utf8))
    other.feed(Array("PING\r\n".utf8))
    client.runTurn()
    #expect(other.taken() == "+PONG\r\n")
    let first = client.takeReply().count
    #expect(first > 1_000_000 && first < 2_000_000)
    var total = first
    var turnCount = 1
    while server.server.pointee.hasWork, turnCount < 100 {
      client.runTurn()
      total += client.takeReply().count
      turnCount += 1
    }
    #expect(total == 20 * (300_000 + "$300000\r\n\r\n".utf8.count))
    #expect(turnCount > 3 && turnCount < 10)
  }

  @Test func aClientThatReadsNothingIsServedSlowly() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("SET", "k", String(repeating: "x", count: 1_000_000))
    let other = server.connect()
    client.feed(Array(String(repeating: "GET k\r\n", count: 150).utf8), run: true)
    var turnCount = 0
    while server.server.pointee.hasWork, turnCount < 200 {
      other.runTurn()
      turnCount += 1
    }
    let held = client.client.pointee.reply.byteCount
    #expect(held > 60_000_000 && held < 80_000_000)
    server.server.pointee.clientsCron()
    other.runTurn()
    #expect(client.client.pointee.reply.byteCount > held)
    #expect(server.run("CLIENT", "KILL", "ID", "\(client.id)") == ":1\r\n")
    server.server.pointee.clientsCron()
    #expect(other.send("PING") == "+PONG\r\n")
  }

  @Test func errorCodesAreCounted() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("FOO")
    _ = client.send("GET")
    _ = client.send("AUTH", "a", "b")
    _ = client.send("EXEC", "x")
    let counts = server.server.pointee.statistics.errorCounts
    #expect(counts[Array("ERR".utf8)] == 2)
    #expect(counts[Array("WRONGPASS".utf8)] == 1)
    #expect(counts[Array("EXECABORT".utf8)] == 1)
    #expect(server.command("get").rejectedCalls == 1)
    #expect(server.command("auth").failedCalls == 1)
    #expect(server.server.pointee.statistics.errorReplyCount == 4)
  }
}
