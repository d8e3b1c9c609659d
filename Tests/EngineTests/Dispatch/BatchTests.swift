import Core
import Testing

@testable import Engine

@Suite struct BatchTests {
  /// Feeds bytes without running a turn.
  private func feed(_ client: InProcessClient, _ text: String) -> UnsafeMutablePointer<UInt8> {
    let bytes = Array(text.utf8)
    let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    buffer.update(from: bytes, count: bytes.count)
    client.client.pointee.didRead(buffer, bytes.count)
    client.server.pointee.enqueue(client.client)
    return buffer
  }

  @Test func manyClientsInOneTurn() {
    let server = InProcessServer()
    let clients = (0..<200).map { _ in server.connect() }
    let buffers = clients.enumerated().map { index, client in
      feed(client, "SET k\(index) v\(index)\r\nGET k\(index)\r\n*1\r\n$4\r\nPI")
    }
    clients[0].runTurn()
    for (index, client) in clients.enumerated() {
      let text = "v\(index)"
      let expected = "+OK\r\n$\(text.count)\r\n\(text)\r\n"
      #expect(String(decoding: client.takeReply(), as: UTF8.self) == expected)
      #expect(client.exchange(Array("NG\r\n".utf8)) == "+PONG\r\n")
    }
    for buffer in buffers { buffer.deallocate() }
  }

  @Test func manyClientsWithNothingWhole() {
    let server = InProcessServer()
    let clients = (0..<200).map { _ in server.connect() }
    let buffers = clients.map { feed($0, "*1\r\n$4\r\nPI") }
    clients[0].runTurn()
    for client in clients { #expect(client.exchange(Array("NG\r\n".utf8)) == "+PONG\r\n") }
    for buffer in buffers { buffer.deallocate() }
  }

  @Test func errorsHaveTheBytesThatCame() {
    let client = InProcessServer().connect()
    var reply: [UInt8] = []
    let unknown = Array("*2\r\n$4\r\nf\r\n".utf8) + [0xff] + Array("\r\n$3\r\nc\0d\r\n".utf8)
    client.exchange(unknown, readByteCount: 1000) { reply += $0 }
    let text = Array("-ERR unknown command 'f  ".utf8) + [0xff]
    #expect(reply == text + Array("', with args beginning with: 'c' \r\n".utf8))
    reply = []
    let wrong = Array("*1\r\n".utf8) + [0xff, 13, 10]
    client.exchange(wrong, readByteCount: 1000) { reply += $0 }
    let begin = Array("-ERR Protocol error: expected '$', got '".utf8)
    #expect(reply == begin + [0xff] + Array("'\r\n".utf8))
  }

  @Test func unknownCommandsShowALimitedPart() {
    let client = InProcessServer().connect()
    let (name, word) = (String(repeating: "f", count: 130), String(repeating: "a", count: 120))
    let start = "-ERR unknown command '\(name.prefix(128))', with args beginning with: "
    #expect(client.send(name) == start + "\r\n")
    #expect(client.send(name, word, "bbbbbbbbb", "c") == start + "'\(word)' 'bbbbb' \r\n")
  }

  @Test func aReplyWithAWrongCountIsReplaced() {
    let server = Server.make(
      seedWords: (1, 2, 3, 4), databaseCount: 1, specs: [WrongCommands.wrong, Connection.ping])
    let client = InProcessClient(
      server, server.pointee.clients.add(transport: nil, details: ClientDetails()))
    let error = "-ERR internal error: the reply was not whole\r\n"
    let reply = client.exchange(Array("PING\nwrong 1 2\nPING\nwrong 1 2 3 4\nwrong 1 2 3\n".utf8))
    #expect(reply == "+PONG\r\n\(error)+PONG\r\n\(error)*3\r\n+OK\r\n+OK\r\n+OK\r\n")
  }
}

/// A command that promises three values and writes as many as it has arguments.
private enum WrongCommands {
  static let wrong = CommandSpec(
    "wrong", .connection, since: "1.0.0", arity: -1, flags: [], summary: "", run: runWrong)

  private static func runWrong(_ call: Call) throws(CommandError) {
    call.reply.array(3)
    for _ in 1..<call.count { call.reply.ok() }
  }
}
