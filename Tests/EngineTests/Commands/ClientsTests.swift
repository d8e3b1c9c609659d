import Testing

@testable import Engine

@Suite struct ClientsTests {
  @Test func subcommandsAreCommandsOfTheirOwn() {
    let server = InProcessServer()
    let client = server.connect()
    #expect(client.send("client", "Id") == ":\(client.id)\r\n")
    #expect(
      client.send("CLIENT", "ID", "x")
        == "-ERR wrong number of arguments for 'client|id' command\r\n")
    #expect(
      client.send("CLIENT") == "-ERR wrong number of arguments for 'client' command\r\n")
    #expect(client.send("CLIENT", "FOO") == "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n")
    #expect(client.send("CLIENT", "INFO").contains(" cmd=client|info "))
    #expect(client.send("CLIENT", "HELP").hasPrefix("*"))
  }

  @Test func names() {
    let client = InProcessServer().connect()
    #expect(client.send("CLIENT", "GETNAME") == "$-1\r\n")
    #expect(client.send("CLIENT", "SETNAME", "bob") == "+OK\r\n")
    #expect(client.send("CLIENT", "GETNAME") == "$3\r\nbob\r\n")
    #expect(client.send("CLIENT", "SETNAME", "") == "+OK\r\n")
    #expect(client.send("CLIENT", "GETNAME") == "$-1\r\n")
    #expect(
      client.send("CLIENT", "SETINFO", "lib-name", "a b")
        == "-ERR lib-name cannot contain spaces, newlines or special characters.\r\n")
    #expect(client.send("CLIENT", "SETINFO", "x", "y") == "-ERR Unrecognized option 'x'\r\n")
    #expect(client.send("CLIENT", "SETINFO", "LIB-VER", "1.2") == "+OK\r\n")
    #expect(client.send("CLIENT", "INFO").contains(" lib-name= lib-ver=1.2 "))
  }

  @Test func repliesOffAndSkipped() {
    let client = InProcessServer().connect()
    let pipelined = ["CLIENT REPLY SKIP", "PING", "PING", "CLIENT REPLY OFF", "PING", "FOO", "GET",
      "CLIENT REPLY SKIP", "PING", "CLIENT REPLY ON", "ECHO a"].joined(separator: "\r\n") + "\r\n"
    #expect(client.exchange(Array(pipelined.utf8)) == "+PONG\r\n+OK\r\n$1\r\na\r\n")
    #expect(client.client.pointee.attention.rawValue == 0)
    // A RESET whose own reply is skipped has none: one that came would be taken for the next.
    let reset = "CLIENT REPLY SKIP\r\nRESET\r\nPING\r\nCLIENT REPLY OFF\r\nRESET\r\n"
    #expect(client.exchange(Array(reset.utf8)) == "+PONG\r\n+RESET\r\n")
    #expect(client.client.pointee.attention.rawValue == 0)
  }

  @Test func filtersOfList() {
    let server = InProcessServer()
    let clients = (0..<3).map { _ in server.connect() }
    _ = clients[1].send("CLIENT", "SETNAME", "bob")
    func ids(_ words: String...) -> [String] {
      let reply = clients[0].send(["CLIENT", "LIST"] + words)
      return reply.split(whereSeparator: \.isNewline).filter { $0.hasPrefix("id=") }
        .map { String($0.dropFirst(3).prefix { $0 != " " }) }
    }
    #expect(ids() == ["1", "2", "3"])
    #expect(ids("ID", "3", "9", "1") == ["1", "3"])
    #expect(ids("NAME", "bob") == ["2"])
    #expect(ids("NOT-NAME", "bob", "SKIPME", "yes") == ["3"])
    #expect(ids("TYPE", "pubsub") == [])
    #expect(ids("TYPE", "normal", "NOT-ID", "1", "2") == ["3"])
    #expect(ids("DB", "0", "FLAGS", "N", "USER", "default") == ["1", "2", "3"])
    #expect(clients[0].send("CLIENT", "LIST", "ID") == "-ERR syntax error\r\n")
    #expect(clients[0].send("CLIENT", "LIST", "ID", "x") == "-ERR Invalid client ID\r\n")
    #expect(clients[0].send("CLIENT", "LIST", "TYPE", "x") == "-ERR Unknown client type 'x'\r\n")
    #expect(clients[0].send("CLIENT", "LIST", "NOT-IDLE", "1") == "-ERR syntax error\r\n")
  }

  @Test func killInTheMiddleOfABatch() {
    let server = InProcessServer()
    let killer = server.connect()
    let victim = server.connect()
    let kill = "CLIENT KILL ID \(victim.id)\r\n"
    killer.feed(Array(kill.utf8))
    victim.feed(Array("SET k v\r\nPING\r\n".utf8))
    killer.runTurn()
    #expect(String(decoding: killer.takeReply(), as: UTF8.self) == ":1\r\n")
    #expect(victim.isEnded)
    #expect(server.run("GET", "k") == "$-1\r\n")
    #expect(killer.send("CLIENT", "LIST").contains("id=\(victim.id) ") == false)
  }

  @Test func killOfOneselfEndsAfterTheReply() {
    let server = InProcessServer()
    let client = server.connect()
    #expect(client.send("CLIENT", "KILL", "ID", "\(client.id)") == ":0\r\n")
    let kill = "CLIENT KILL ID \(client.id) SKIPME no\r\nSET k v\r\n"
    #expect(client.exchange(Array(kill.utf8)) == ":1\r\n")
    #expect(client.isEnded)
    #expect(server.run("GET", "k") == "$-1\r\n")
    #expect(server.run("CLIENT", "KILL", "no:1") == "-ERR No such client\r\n")
  }

  @Test func unblockOfWhoIsNotBlocked() {
    let client = InProcessServer().connect()
    #expect(client.send("CLIENT", "UNBLOCK", "99") == ":0\r\n")
    #expect(client.send("CLIENT", "UNBLOCK", "-1", "ERROR") == ":0\r\n")
    #expect(
      client.send("CLIENT", "UNBLOCK", "1", "x")
        == "-ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR\r\n")
  }

  @Test func noTouchLeavesTheAccessClock() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("SET", "k", "v")
    let state = server.server.pointee.keyspace.state
    _ = client.send("CLIENT", "NO-TOUCH", "on")
    _ = client.send("GET", "k")
    #expect(state.pointee.isTouching)
    #expect(client.send("CLIENT", "NO-TOUCH", "x") == "-ERR syntax error\r\n")
    #expect(client.send("CLIENT", "INFO").contains(" flags=T "))
  }
}
