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
    #expect(state.settings.timeoutSeconds == 7)
    #expect(state.settings.slowLogMicroseconds == -1)
    #expect(state.authentication.isRequired)
    #expect(state.log.level == .warning)
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
    #expect(server.server.pointee.settings.timeoutSeconds == 0)
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
