import Engine
import Glibc
import Testing

@Suite("Listening", .serialized) struct ListeningTests {
  @Test func theUnixSocketServesAndHasItsPermissions() throws {
    let server = try LoopServer([(.unixsocketperm, .integer(0o700))])
    let client = try SocketClient(path: server.socketPath)
    #expect(try client.ask("PING", reply: "+PONG\r\n"))
    var information = stat()
    #expect(stat(server.socketPath, &information) == 0)
    #expect(information.st_mode & 0o777 == 0o700)
  }

  @Test func tooManyClientsAreTurnedAway() throws {
    let server = try LoopServer([(.maxclients, .integer(3))])  // one is the control's
    var clients = [try server.connect(), try server.connect()]
    for client in clients { #expect(try client.ask("PING", reply: "+PONG\r\n")) }
    let third = try server.connect()
    #expect(try third.expects("-ERR max number of clients reached\r\n"))
    #expect(try third.isClosedByServer())
    clients[0].close()
    clients.removeFirst()
    usleep(50_000)
    #expect(try server.connect().ask("PING", reply: "+PONG\r\n"))
  }

  @Test func thePortMoves() throws {
    let server = try LoopServer()
    let client = try server.connect()
    // Where another server listens, it stays where it is.
    let other = try LoopServer()
    try client.send("CONFIG SET port \(other.port)\r\n")
    #expect(
      try client.expects(
        "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this"
          + " port. Check server logs.\r\n"))
    #expect(try server.connect().ask("PING", reply: "+PONG\r\n"))
    let port = Int.random(in: 32_000..<32_700)
    try client.send("CONFIG SET port \(port)\r\n")
    #expect(try client.expects("+OK\r\n"))
    #expect(throws: SocketError.self) { try server.connect() }
    #expect(try SocketClient(port: port).ask("PING", reply: "+PONG\r\n"))
    #expect(try client.ask("PING", reply: "+PONG\r\n"), "connections stay")
    try client.send("CONFIG SET port \(server.port)\r\n")
    #expect(try client.expects("+OK\r\n"))
  }

  @Test func addressesComeAndGo() throws {
    let server = try LoopServer()
    let client = try server.connect()
    // The wildcard and one of its addresses cannot both be at one port.
    for bind in ["*", "127.0.0.1", "127.0.0.1 -192.0.2.1", "127.0.0.1"] {
      try client.send(SocketClient.request(["CONFIG", "SET", "bind", bind]))
      #expect(try client.expects("+OK\r\n"), "\(bind)")
      #expect(try server.connect().ask("PING", reply: "+PONG\r\n"), "\(bind)")
    }
    for bind in ["192.0.2.1", "127.0.0.1 192.0.2.1"] {
      try client.send(SocketClient.request(["CONFIG", "SET", "bind", bind]))
      #expect(
        try client.expects(
          "-ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to"
            + " specified addresses.\r\n"))
      #expect(try server.connect().ask("PING", reply: "+PONG\r\n"), "\(bind)")
    }
    let reply = "*2\r\n$4\r\nbind\r\n$9\r\n127.0.0.1\r\n"
    #expect(try client.ask("CONFIG", "GET", "bind", reply: reply))
  }
}
