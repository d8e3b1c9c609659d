import Testing

@testable import Engine

@Suite struct MonitorsTests {
  /// The lines without their time stamps.
  private func lines(_ client: InProcessClient) -> [String] {
    client.taken().split(separator: "\r\n").map { String($0.drop { $0 != " " }.dropFirst()) }
  }

  @Test func showsCommandsAfterTheyHaveRun() {
    let server = InProcessServer()
    let monitor = server.connect()
    let client = server.connect()
    #expect(monitor.send("MONITOR") == "+OK\r\n")
    for words in [
      ["MULTI"], ["SET", "k", "a\"\n\u{1}"], ["EXEC"], ["AUTH", "secret"],
      ["HELLO", "2", "AUTH", "default", "secret"], ["CLIENT", "LIST"], ["FOO"], ["GET"],
    ] {
      _ = client.send(words)
    }
    #expect(
      lines(monitor) == [
        #"[0 ?:0] "MULTI""#, #"[0 ?:0] "SET" "k" "a\"\n\x01""#, #"[0 ?:0] "EXEC""#,
        #"[0 ?:0] "AUTH" "(redacted)""#,
        #"[0 ?:0] "HELLO" "2" "AUTH" "(redacted)" "(redacted)""#,
      ])
  }

  @Test func monitoringClientIsRestricted() {
    let server = InProcessServer()
    let monitor = server.connect()
    _ = monitor.send("MONITOR")
    #expect(
      monitor.send("GET", "k") == "-ERR Replica can't interact with the keyspace\r\n")
    #expect(monitor.send("MONITOR") == "")
    #expect(monitor.send("RESET") == "+RESET\r\n")
    #expect(monitor.send("GET", "k") == "$-1\r\n")
    #expect(server.server.pointee.attention.rawValue == 0)
  }

  @Test func ownTransactionKeepsItsFrame() {
    let server = InProcessServer()
    let monitor = server.connect()
    _ = monitor.send("MONITOR")
    _ = monitor.send("MULTI")
    _ = monitor.send("PING")
    let reply = monitor.send("EXEC")
    #expect(reply.hasPrefix("*1\r\n+PONG\r\n+"))
    let commands = reply.split(separator: "\r\n").dropFirst(2).map { $0.split(separator: " ").last }
    #expect(commands == ["\"PING\"", "\"EXEC\""])
  }

  @Test func killedMonitorIsForgotten() {
    let server = InProcessServer()
    let monitor = server.connect()
    let client = server.connect()
    _ = monitor.send("MONITOR")
    client.feed(Array("PING\r\nCLIENT KILL ID \(monitor.id)\r\nPING\r\n".utf8))
    client.runTurn()
    #expect(client.taken() == "+PONG\r\n:1\r\n+PONG\r\n")
    #expect(server.server.pointee.attention.rawValue == 0)
  }
}
