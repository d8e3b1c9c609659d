import Core
import Testing

@testable import Engine

@Suite struct CallAccountingTests {
  private func command(
    _ name: String, _ server: InProcessServer
  ) -> UnsafeMutablePointer<Command>? {
    let table = server.server.pointee.commands
    return Array(name.utf8).withView { table.position(named: $0) }.map { table.commands + $0 }
  }

  @Test func countsByCommandAndSubcommand() throws {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("GET", "a")
    _ = client.send("GET", "b")
    _ = client.send("MEMORY", "USAGE", "k")
    _ = client.send("MEMORY", "USAGE", "k", "SAMPLES", "x")
    let get = try #require(command("get", server))
    let usage = try #require(command("memory|usage", server))
    let memory = try #require(command("memory", server))
    #expect(get.pointee.calls == 2)
    #expect(get.pointee.nanoseconds > 0)
    #expect(get.pointee.histogram?.pointee.totalCount == 2)
    #expect(usage.pointee.calls == 2)
    #expect(usage.pointee.failedCalls == 1)
    #expect(memory.pointee.calls == 0)
    #expect(server.server.pointee.statistics.commandCount == 4)
  }

  @Test func histogramsOnlyWhileTracking() throws {
    let server = InProcessServer()
    server.server.pointee.latency.isTracking = false
    _ = server.run("GET", "a")
    let get = try #require(command("get", server))
    #expect(get.pointee.histogram == nil)
    #expect(get.pointee.calls == 1)
  }

  @Test func errorsByCode() {
    let server = InProcessServer()
    _ = server.run("MEMORY", "USAGE", "k", "SAMPLES", "x")
    _ = server.run("COMMAND", "GETKEYS", "nosuch", "x")
    #expect(server.server.pointee.statistics.errorCounts == [Array("ERR".utf8): 2])
    #expect(server.run("INFO", "errorstats").contains("errorstat_ERR:count=2\r\n"))
  }

  @Test func resetForgetsAll() throws {
    let server = InProcessServer()
    _ = server.run("GET", "a")
    _ = server.run("MEMORY", "USAGE", "k", "SAMPLES", "x")
    server.server.pointee.resetStatistics()
    let get = try #require(command("get", server))
    #expect(get.pointee.calls == 0)
    #expect(get.pointee.histogram == nil)
    #expect(server.server.pointee.statistics.errorCounts.isEmpty)
    #expect(server.server.pointee.statistics.startMemoryByteCount > 0)
    #expect(server.run("INFO", "commandstats") == "$16\r\n# Commandstats\r\n\r\n")
  }

  @Test func slowCallsAreLogged() {
    let server = InProcessServer()
    server.server.pointee.slowlog.thresholdNanoseconds = 0
    let long = String(repeating: "x", count: 200)
    _ = server.run("SET", "k", long)
    let arguments = server.server.pointee.slowlog.newest(1).first?.arguments
    let shown = String(repeating: "x", count: 128) + "... (72 more bytes)"
    #expect(arguments == ["SET", "k", shown].map { Array($0.utf8) })
    _ = server.connect().send(["MEMORY", "USAGE"] + Array(repeating: "a", count: 40))
    let many = server.server.pointee.slowlog.newest(1).first?.arguments ?? []
    #expect(many.count == 32)
    #expect(many.last == Array("... (11 more arguments)".utf8))
  }

  /// A block that the command has taken over belongs to the key, which may be gone already.
  @Test func takenArgumentsAreNotRead() {
    let server = InProcessServer()
    server.server.pointee.slowlog.thresholdNanoseconds = 0
    let long = String(repeating: "x", count: 100_000)
    _ = server.connect().exchange(
      Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n\(long)\r\n".utf8), readByteCount: 1000)
    let shown = server.server.pointee.slowlog.newest(1).first?.arguments.last
    #expect(shown == Array("... (100000 more bytes)".utf8))
  }

  @Test func secretsAreNotLogged() {
    let server = InProcessServer()
    _ = server.run("CONFIG", "SET", "slowlog-log-slower-than", "0")
    _ = server.run("CONFIG", "SET", "masterauth", "secret", "maxmemory-samples", "5")
    let arguments = server.server.pointee.slowlog.newest(1).first?.arguments
    #expect(
      arguments
        == ["CONFIG", "SET", "masterauth", "(redacted)", "maxmemory-samples", "5"].map {
          Array($0.utf8)
        })
  }

  @Test func spikesAreNoted() {
    let server = InProcessServer()
    server.server.pointee.latency.thresholdNanoseconds = 3_600_000_000_000
    _ = server.run("COMMAND")
    #expect(server.server.pointee.latency.events.map(\.name) == [])
    server.server.pointee.latency.thresholdNanoseconds = 0
    _ = server.run("COMMAND")
    _ = server.run("GET", "a")
    #expect(server.server.pointee.latency.events.map(\.name) == ["command", "fast-command"])
  }
}
