import Engine
import Glibc
import Testing

@Suite("Connections", .serialized) struct ConnectionTests {
  @Test func requestsAreAnsweredInOrder() throws {
    let server = try LoopServer()
    let client = try server.connect()
    try client.send("PING\r\n*2\r\n$4\r\nPING\r\n$2\r\nhi\r\nPING x\r\n")
    #expect(try client.expects("+PONG\r\n$2\r\nhi\r\n$1\r\nx\r\n"))
  }

  @Test func requestsMayComeByteByByte() throws {
    let server = try LoopServer()
    let client = try server.connect()
    for byte in SocketClient.request(["SET", "key", "value"]) {
      try client.send([byte])
      usleep(200)
    }
    #expect(try client.expects("+OK\r\n"))
    #expect(try client.ask("GET", "key", reply: "$5\r\nvalue\r\n"))
  }

  @Test(arguments: [1, 100, 64 * 1024, 64 * 1024 + 1, 1 << 20, 8 << 20])
  func valuesOfAnySizeComeBackWhole(count: Int) throws {
    let server = try LoopServer()
    let client = try server.connect()
    let value = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    try client.send(Array("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(count)\r\n".utf8))
    // In pieces of a size that no buffer of the server divides.
    for start in stride(from: 0, to: count, by: 70_001) {
      try client.send(Array(value[start..<min(start + 70_001, count)]))
    }
    try client.send("\r\n")
    #expect(try client.expects("+OK\r\n"))
    try client.send("GET k\r\n")
    #expect(try client.expects("$\(count)\r\n"))
    #expect(try client.receive(count) == value)
    #expect(try client.expects("\r\n"))
  }

  @Test func aReaderThatLagsGetsEverything() throws {
    let server = try LoopServer()
    let client = try server.connect()
    let value = String(repeating: "v", count: 100_000)
    #expect(try client.ask("SET", "k", value, reply: "+OK\r\n"))
    // Far more than the sockets hold: the server must queue, and go on when there is room.
    let count = 300
    for _ in 0..<count { try client.send("GET k\r\n") }
    usleep(200_000)
    #expect(try server.connect().ask("PING", reply: "+PONG\r\n"), "others are served meanwhile")
    let reply = Array("$100000\r\n\(value)\r\n".utf8)
    for _ in 0..<count { #expect(try client.receive(reply.count) == reply) }
    #expect(try client.ask("PING", reply: "+PONG\r\n"))
  }

  @Test func manyRequestsInOneWriteAreAllAnswered() throws {
    let server = try LoopServer()
    let client = try server.connect()
    let count = 20_000
    // The replies fit the sockets' buffers, so that sending cannot get stuck.
    try client.send(Array(repeating: Array("PING\r\n".utf8), count: count).flatMap { $0 })
    let reply = Array(repeating: "+PONG\r\n", count: count).joined()
    #expect(try client.expects(reply))
  }

  @Test(arguments: [
    "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\nabc", "*3\r\n$3\r\nSE", "*2\r\n", "PIN", "",
  ])
  func aConnectionThatEndsInTheMiddleHarmsNobody(start: String) throws {
    let server = try LoopServer()
    let other = try server.connect()
    for _ in 0..<20 {
      let client = try server.connect()
      try client.send(start)
      client.close()
    }
    #expect(try other.ask("GET", "k", reply: "$-1\r\n"))
  }

  @Test func aConnectionThatEndsBeforeItsRepliesHarmsNobody() throws {
    let server = try LoopServer()
    let other = try server.connect()
    #expect(
      try other.ask("SET", "k", String(repeating: "v", count: 1_000_000), reply: "+OK\r\n"))
    for _ in 0..<20 {
      let client = try server.connect()
      for _ in 0..<20 { try client.send("GET k\r\n") }
      client.close()
    }
    #expect(try other.ask("PING", reply: "+PONG\r\n"))
  }

  @Test func aProtocolErrorIsToldAndEndsTheConnection() throws {
    let server = try LoopServer()
    let client = try server.connect()
    try client.send("PING\r\n*1\r\n!\r\nPING\r\n")
    #expect(try client.expects("+PONG\r\n-ERR Protocol error: expected '$', got '!'\r\n"))
    #expect(try client.isClosedByServer())
  }

  @Test func manyConnectionsAtOnce() throws {
    let server = try LoopServer()
    let clients = try (0..<200).map { _ in try server.connect() }
    for (number, client) in clients.enumerated() {
      try client.send(SocketClient.request(["SET", "k\(number)", "v\(number)"]))
    }
    for client in clients { #expect(try client.expects("+OK\r\n")) }
    for (number, client) in clients.enumerated() {
      let value = "v\(number)"
      #expect(
        try client.ask("GET", "k\(number)", reply: "$\(value.utf8.count)\r\n\(value)\r\n"))
    }
  }
}
