import Core
import Testing

@testable import Engine

@Suite("CONFIG") struct ConfigTests {
  private static let head = "-ERR CONFIG SET failed (possibly related to argument"

  @Test func getAnswersEachParameterOnce() {
    let server = InProcessServer()
    #expect(
      server.run("CONFIG", "GET", "port", "po*t") == "*2\r\n$4\r\nport\r\n$4\r\n6379\r\n")
    #expect(server.run("CONFIG", "GET", "nosuch") == "*0\r\n")
  }

  @Test func getIsAMapInRESP3() {
    let client = InProcessServer().connect()
    client.client.pointee.reply.protocolVersion = 3
    #expect(client.send("config", "get", "hz") == "%1\r\n$2\r\nhz\r\n$2\r\n10\r\n")
  }

  @Test(arguments: [
    (["CONFIG"], "-ERR wrong number of arguments for 'config' command\r\n"),
    (["CONFIG", "foo"], "-ERR unknown subcommand 'foo'. Try CONFIG HELP.\r\n"),
    (["CONFIG", "GET"], "-ERR wrong number of arguments for 'config|get' command\r\n"),
    (["CONFIG", "SET", "a"], "-ERR wrong number of arguments for 'config|set' command\r\n"),
    (["CONFIG", "SET", "a", "b", "c"], "-ERR syntax error\r\n"),
    (["CONFIG", "SET", "a", "b"],
      "-ERR Unknown option or number of arguments for CONFIG SET - 'a'\r\n"),
    (["CONFIG", "REWRITE"], "-ERR The server is running without a config file\r\n"),
    (["CONFIG", "RESETSTAT", "x"],
      "-ERR wrong number of arguments for 'config|resetstat' command\r\n"),
    (["CONFIG", "SET", "databases", "3"],
      "\(head) 'databases') - can't set immutable config\r\n"),
  ])
  func errors(words: [String], expected: String) {
    #expect(InProcessServer().connect().send(words) == expected)
  }

  @Test func settingsReachThePlacesThatUseThem() {
    let server = InProcessServer()
    #expect(
      server.run(
        "CONFIG", "SET", "proto-max-bulk-len", "2mb", "timeout", "7", "requirepass", "secret",
        "slowlog-log-slower-than", "-1", "loglevel", "warning") == "+OK\r\n")
    let state = server.server.pointee
    #expect(state.parserLimits.bulkByteCountMax == 2 << 20)
    #expect(state.limits.idleSecondsMax == 7)
    #expect(state.slowlog.thresholdNanoseconds == .max)
    #expect(state.authentication.isRequired)
    #expect(state.log.level == .warning)
  }

  @Test func everyLimitHoldsAtOnce() {
    let server = InProcessServer()
    let settings = [
      "client-query-buffer-limit", "2mb", "maxmemory-clients", "3mb", "maxclients", "50",
      "tcp-keepalive", "7", "protected-mode", "no", "active-expire-effort", "9",
      "client-output-buffer-limit", "normal 1mb 2mb 3", "slowlog-max-len", "4",
      "slowlog-log-slower-than", "5", "latency-monitor-threshold", "6", "latency-tracking", "no",
      "latency-tracking-info-percentiles", "12.5",
    ]
    #expect(server.connect().send(["CONFIG", "SET"] + settings) == "+OK\r\n")
    let state = server.server.pointee
    #expect(state.limits.queryByteCountMax == 2 << 20)
    #expect(state.limits.totalByteCountMax == 3 << 20)
    #expect(state.limits.normalOutput.hardByteCount == 1 << 20)
    #expect(state.limits.normalOutput.softByteCount == 2 << 20)
    #expect(state.limits.normalOutput.softSeconds == 3)
    #expect(state.settings.maxClients == 50)
    #expect(state.settings.tcpKeepaliveSeconds == 7)
    #expect(!state.settings.isProtectedMode)
    #expect(state.keyspace.state.pointee.activeExpiry.effort == 9)
    #expect(state.slowlog.maximumCount == 4)
    #expect(state.slowlog.thresholdNanoseconds == 5000)
    #expect(state.latency.thresholdNanoseconds == 6_000_000)
    #expect(!state.latency.isTracking)
    #expect(state.latency.percentiles == [12.5])
  }

  @Test(arguments: [
    ("expire", \LazyFreeing.isLazyForExpiry), ("server-del", \.isLazyForServerDelete),
    ("user-del", \.isLazyForUserDelete), ("user-flush", \.isLazyForUserFlush),
  ])
  func eachLazyFreeParameterTurnsItsOwnSwitch(
    name: String, path: KeyPath<LazyFreeing, Bool> & Sendable
  ) {
    let server = InProcessServer()
    #expect(server.run("CONFIG", "SET", "lazyfree-lazy-\(name)", "yes") == "+OK\r\n")
    let paths: [KeyPath<LazyFreeing, Bool>] = [
      \.isLazyForExpiry, \.isLazyForServerDelete, \.isLazyForUserDelete, \.isLazyForUserFlush,
    ]
    let lazy = server.server.pointee.keyspace.state.pointee.lazyFreeing
    for other in paths { #expect(lazy[keyPath: other] == (other == path)) }
  }

  @Test func theTickFollowsHertz() {
    let server = InProcessServer()
    var told: [Int] = []
    server.server.pointee.host.setTickFrequency = { told.append($0) }
    #expect(server.run("CONFIG", "SET", "hz", "9999") == "+OK\r\n")
    #expect(told == [500])
    _ = server.run("CONFIG", "SET", "hz", "500")
    #expect(told == [500], "a value that stays is no change")
  }

  @Test(arguments: [
    ("port", "7000", "Unable to listen on this port. Check server logs."),
    ("bind", "1.2.3.4", "Failed to bind to specified addresses."),
  ])
  func whatCannotBeListenedOnIsTakenBackWhole(name: String, value: String, reason: String) {
    let server = InProcessServer()
    let configuration = server.server.pointee.configuration
    let (port, bind) = (configuration.value(.port), configuration.value(.bind))
    server.server.pointee.host.listen = {
      configuration.value(.port) == port && configuration.value(.bind) == bind ? nil : "no"
    }
    let reply = server.run("CONFIG", "SET", "timeout", "9", name, value)
    #expect(reply == "\(Self.head) '\(name)') - \(reason)\r\n")
    #expect(configuration.value(.port) == port && configuration.value(.bind) == bind)
    #expect(configuration.integer(.timeout) == 0)
    #expect(server.server.pointee.limits.idleSecondsMax == 0)
  }

  @Test func moreClientsThanTheSystemHasFilesForAreRefused() {
    let reply = InProcessServer().run("CONFIG", "SET", "maxclients", "4294967295")
    #expect(
      reply.hasPrefix(
        "\(Self.head) 'maxclients') - The operating system is not able to handle the specified"))
  }

  @Test func protectedParametersFollowTheirSwitch() {
    let configuration = testConfiguration()
    let server = InProcessServer(configuration: configuration)
    #expect(
      server.run("CONFIG", "SET", "dir", "/x")
        == "\(Self.head) 'dir') - can't set protected config\r\n")
    configuration.adopt(.enableProtectedConfigs, .choice("local"))
    #expect(server.run("CONFIG", "SET", "dir", "/x") == "+OK\r\n")
    let remote = server.connect()
    remote.client.pointee.details.isLocal = false
    #expect(remote.send("CONFIG", "SET", "dir", "/y").hasPrefix("-ERR"))
  }

  @Test func rewriteWritesTheFile() throws {
    try withTemporaryFile("timeout 1\n") { path in
      let configuration = testConfiguration()
      configuration.file = path
      let server = InProcessServer(configuration: configuration)
      #expect(server.run("CONFIG", "SET", "timeout", "5") == "+OK\r\n")
      #expect(server.run("CONFIG", "REWRITE") == "+OK\r\n")
      let text = String(decoding: try FileContent.read(path), as: UTF8.self)
      #expect(text.hasPrefix("timeout 5\n"))
    }
  }

  @Test func resetstatForgetsCounts() {
    let server = InProcessServer()
    _ = server.run("GET", "missing")
    #expect(server.server.pointee.statistics.commandCount == 1)
    #expect(server.server.pointee.keyspace.state.pointee.misses == 1)
    #expect(server.run("CONFIG", "RESETSTAT") == "+OK\r\n")
    // The command that resets is counted afterwards, as in Redis.
    #expect(server.server.pointee.statistics.commandCount == 1)
    #expect(server.server.pointee.keyspace.state.pointee.misses == 0)
    let get = Array("get".utf8).withView { server.server.pointee.commands.find($0) }
    #expect(get?.pointee.calls == 0)
  }

  @Test func helpHasSimpleStrings() {
    let reply = InProcessServer().run("CONFIG", "HELP")
    #expect(
      reply.hasPrefix(
        "*11\r\n+CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"))
    #expect(reply.hasSuffix("+HELP\r\n+    Prints this help.\r\n"))
  }
}
