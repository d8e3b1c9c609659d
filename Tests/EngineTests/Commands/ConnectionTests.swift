import Testing

@testable import Engine

@Suite struct ConnectionTests {
  private let wrongPassword =
    "-WRONGPASS invalid username-password pair or user is disabled.\r\n"

  private func protected() -> InProcessServer {
    let server = InProcessServer()
    server.server.pointee.authentication.setPassword(Array("secret".utf8))
    return server
  }

  @Test func authWithoutPassword() {
    let client = InProcessServer().connect()
    #expect(
      client.send("AUTH", "x")
        == "-ERR AUTH <password> called without any password configured for the default user. "
        + "Are you sure your configuration is correct?\r\n")
    #expect(client.send("AUTH", "default", "x") == "+OK\r\n")
    #expect(client.send("AUTH", "bob", "x") == wrongPassword)
    #expect(client.send("AUTH", "a", "b", "c") == "-ERR syntax error\r\n")
  }

  @Test func nothingRunsBeforeThePassword() {
    let client = protected().connect()
    #expect(client.send("GET", "k") == "-NOAUTH Authentication required.\r\n")
    #expect(client.send("FOO").hasPrefix("-ERR unknown command"))
    #expect(client.send("GET").hasPrefix("-ERR wrong number"))
    #expect(client.send("AUTH", "wrong") == wrongPassword)
    #expect(client.send("HELLO", "3").hasPrefix("-NOAUTH HELLO must be called with"))
    #expect(client.send("AUTH", "secret") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$-1\r\n")
    #expect(client.send("RESET") == "+RESET\r\n")
    #expect(client.send("GET", "k") == "-NOAUTH Authentication required.\r\n")
  }

  @Test func littleMayBeSentBeforeThePassword() {
    let client = protected().connect()
    let request = "*11\r\n"
    #expect(
      client.exchange(Array(request.utf8))
        == "-ERR Protocol error: unauthenticated multibulk length\r\n")
    #expect(client.isEnded)
  }

  @Test func passwordOpensTheLimitsForWhatFollowsInTheSameRead() {
    let client = protected().connect()
    let many = "*12\r\n" + String(repeating: "$1\r\na\r\n", count: 12)
    let reply = client.exchange(Array(("AUTH secret\r\n" + many).utf8))
    #expect(reply.hasPrefix("+OK\r\n-ERR unknown command 'a'"))
  }

  @Test func helloIsAllOrNothing() {
    let client = protected().connect()
    let bad = client.send("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "a b")
    #expect(bad.hasPrefix("-ERR Client names"))
    #expect(client.send("PING") == "-NOAUTH Authentication required.\r\n")
    let good = client.send("HELLO", "3", "SETNAME", "bob", "AUTH", "default", "secret")
    #expect(good.hasPrefix("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.4"))
    #expect(client.send("CLIENT", "GETNAME") == "$3\r\nbob\r\n")
    #expect(client.send("HELLO", "4") == "-NOPROTO unsupported protocol version\r\n")
    #expect(
      client.send("HELLO", "x") == "-ERR Protocol version is not an integer or out of range\r\n")
    #expect(
      client.send("HELLO", "2", "AUTH", "a") == "-ERR Syntax error in HELLO option 'AUTH'\r\n")
    #expect(client.send("HELLO").hasPrefix("%7\r\n"))
    #expect(client.send("HELLO", "2").hasPrefix("*14\r\n"))
  }

  @Test func nothingRunsAfterQuit() {
    let server = InProcessServer()
    let client = server.connect()
    #expect(client.exchange(Array("QUIT\r\nSET k v\r\n".utf8)) == "+OK\r\n")
    #expect(client.isEnded)
    #expect(server.run("GET", "k") == "$-1\r\n")
  }

  @Test func resetRestoresTheBeginning() {
    let server = InProcessServer()
    let client = server.connect()
    for words in [
      ["HELLO", "3"], ["CLIENT", "SETNAME", "a"], ["CLIENT", "NO-EVICT", "on"],
      ["CLIENT", "NO-TOUCH", "on"], ["WATCH", "k"], ["MULTI"],
    ] {
      _ = client.send(words)
    }
    client.client.pointee.databaseIndex = 3
    #expect(client.send("RESET") == "+RESET\r\n")
    let info = client.send("CLIENT", "INFO")
    #expect(info.contains(" name= "))
    #expect(info.contains(" flags=N db=0 "))
    #expect(info.contains(" multi=-1 watch=0 "))
    #expect(info.contains(" resp=2 "))
    #expect(client.client.pointee.attention.rawValue == 0)
  }

  @Test func quotedInlineRequests() {
    let client = InProcessServer().connect()
    let request = "SET k \"a \\x41\\n\"\r\nGET k\r\n''\r\nPING 'it\\'s'\r\nPING \"a\r\nPING\r\n"
    #expect(
      client.exchange(Array(request.utf8))
        == "+OK\r\n$4\r\na A\n\r\n-ERR unknown command '', with args beginning with: \r\n"
        + "$4\r\nit's\r\n-ERR Protocol error: unbalanced quotes in request\r\n")
    #expect(client.isEnded)
  }

  @Test(arguments: ["POST / HTTP/1.1\r\n", "Host: example\r\n"])
  func otherProtocolsAreCutOff(line: String) {
    let server = InProcessServer()
    let client = server.connect()
    #expect(client.exchange(Array((line + "SET k v\r\n").utf8)) == "")
    #expect(client.isEnded)
    #expect(server.run("GET", "k") == "$-1\r\n")
  }
}
