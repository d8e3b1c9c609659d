import Core
import Testing

@testable import Engine

@Suite struct ClientInputTests {
  private func request(_ words: [UInt8]...) -> [UInt8] {
    var bytes = Array("*\(words.count)\r\n".utf8)
    for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
    return bytes
  }

  private func word(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// A value that shows where each of its bytes belongs.
  private func value(_ count: Int, _ seed: Int = 0) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 31 &+ seed) ^ ($0 >> 8)) }
  }

  @Test func splitAnywhereTheRepliesAreTheSame() {
    let bytes =
      request(word("SET"), word("k"), word("value")) + request(word("GET"), word("k"))
      + word("\r\nGET k\r\nPING \"a b\"\r\n*0\r\n") + request(word("PING")) + word("*x\r\nPING\r\n")
    let whole = InProcessServer().connect().exchange(bytes)
    #expect(
      whole == "+OK\r\n$5\r\nvalue\r\n$5\r\nvalue\r\n$3\r\na b\r\n+PONG\r\n"
        + "-ERR Protocol error: invalid multibulk length\r\n")
    let server = InProcessServer()
    for size in 1..<bytes.count {
      #expect(server.connect().exchange(bytes, readByteCount: size) == whole)
    }
    for cut in 1..<bytes.count {
      let client = server.connect()
      let first = client.exchange(Array(bytes[..<cut]))
      #expect(first + client.exchange(Array(bytes[cut...])) == whole)
    }
  }

  @Test func pipelineLongerThanABatch() {
    let client = InProcessServer().connect()
    var bytes: [UInt8] = []
    var expected = ""
    for number in 0..<1000 {
      bytes += request(word("SET"), word("k"), word("\(number)x")) + request(word("GET"), word("k"))
      expected += "+OK\r\n$\(String(number).count + 1)\r\n\(number)x\r\n"
    }
    for size in [64, 1000, Client.readByteCountMax] {
      #expect(client.exchange(bytes, readByteCount: size) == expected)
    }
    #expect(client.client.pointee.query.isEmpty && client.client.pointee.pending == nil)
  }

  @Test(arguments: [16_384, 32_767, 32_768, 32_769, 65_536, 1_048_576, 1_048_577, 2_500_000])
  func largeValuesArriveWhole(_ count: Int) {
    let value = value(count)
    let set = request(word("SET"), word("k"), value)
    let reply = Array("+OK\r\n$\(count)\r\n".utf8) + value + [13, 10]
    let following = request(word("GET"), word("k"))
    for size in [1000, 32_768, Client.readByteCountMax] {
      let client = InProcessServer().connect()
      #expect(client.bytes(set + following, readByteCount: size) == reply)
      #expect(client.client.pointee.blocks.isEmpty && client.client.pointee.largeArgument == nil)
    }
  }

  @Test func largeValueCutAtEveryInterestingByte() {
    let value = value(40_000)
    let head = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$40000\r\n".utf8.count
    let bytes = request(word("SET"), word("k"), value) + request(word("GET"), word("k"))
    let reply = Array("+OK\r\n$40000\r\n".utf8) + value + [13, 10]
    let server = InProcessServer()
    let places = Array(1...(head + 3)) + Array((head + 39_997)..<bytes.count)
    for place in places {
      let client = server.connect()
      let first = client.bytes(Array(bytes[..<place]))
      #expect(first + client.bytes(Array(bytes[place...])) == reply, "cut at \(place)")
    }
  }

  /// Little of the next long value is to arrive where it must be copied from.
  @Test func whoSendsLongValuesIsReadInShortPiecesAtFirst() {
    let client = InProcessServer().connect()
    func sharedByteCount() -> Int? {
      guard case .shared(let most) = client.client.pointee.readTarget() else { return nil }
      return most
    }
    #expect(sharedByteCount() == Client.readByteCountMax)
    _ = client.exchange(request(word("SET"), word("k"), value(100_000)))
    #expect(sharedByteCount() == 4096)
    _ = client.exchange(request(word("SET"), word("k"), value(100_000)), readByteCount: 4096)
    #expect(sharedByteCount() == 4096)
    _ = client.exchange(request(word("PING")))
    #expect(sharedByteCount() == Client.readByteCountMax)
  }

  @Test func severalLargeArgumentsInOneRequest() {
    let server = InProcessServer()
    let (key, value) = (value(50_000, 1), value(70_000, 2))
    let bytes = request(word("SET"), key, value) + request(word("GET"), key)
    let reply = Array("+OK\r\n$70000\r\n".utf8) + value + [13, 10]
    for size in [777, 10_000, 33_000, Client.readByteCountMax] {
      #expect(server.connect().bytes(bytes, readByteCount: size) == reply)
    }
    // Not taken by anyone.
    let unknown = request(word("NOPE"), key, value, key)
    let client = server.connect()
    #expect(client.exchange(unknown, readByteCount: 5000).hasPrefix("-ERR unknown command 'NOPE'"))
    #expect(client.client.pointee.blocks.isEmpty)
  }

  @Test func claimedLengthsReserveLittle() {
    let client = InProcessServer().connect()
    _ = client.exchange(word("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\nabc"))
    #expect((client.client.pointee.largeArgument?.capacity ?? .max) <= 1024 * 1024)
    client.client.pointee.releaseBuffers()
    let other = InProcessServer().connect()
    _ = other.exchange(word("*2147483647\r\n$4\r\nPING\r\n"))
    #expect(other.client.pointee.query.capacity <= 128 * 1024)
    #expect(other.client.pointee.pending?.count == 1)
    other.client.pointee.releaseBuffers()
  }

  @Test(.timeLimit(.minutes(1))) func aMillionArgumentsInManyReads() {
    let client = InProcessServer().connect()
    let count = 1_000_000
    var bytes = word("*\(count + 1)\r\n$4\r\nPING\r\n")
    for _ in 0..<count { bytes += [36, 49, 13, 10, 97, 13, 10] }
    let reply = client.exchange(bytes, readByteCount: 500)
    #expect(reply == "-ERR wrong number of arguments for 'ping' command\r\n")
    #expect(client.client.pointee.pending == nil && client.client.pointee.query.isEmpty)
  }

  @Test func inputOfABlockedClientIsKept() {
    let client = InProcessServer().connect()
    client.client.pointee.flags.insert(.blocked)
    let bytes = request(word("PING"))
    #expect(client.exchange(bytes + bytes, readByteCount: 5) == "")
    client.client.pointee.flags.remove(.blocked)
    client.server.pointee.enqueue(client.client)
    client.runTurn()
    #expect(client.takeReply() == word("+PONG\r\n+PONG\r\n"))
  }

  @Test(arguments: [ClientFlags.blocked, [.yielded, .throttled]])
  func inputOfAClientThatWaitsLeavesTheSharedBuffer(state: ClientFlags) {
    let server = InProcessServer()
    let client = server.connect()
    client.client.pointee.flags.formUnion(state)
    for word in ["one", "two", "three"] {
      client.feedShared(request(Array("ECHO".utf8), Array(word.utf8)))
      client.feedShared(request(Array("ECHO".utf8), Array(word.utf8)))
      client.runTurn()
    }
    client.client.pointee.flags.subtract(state)
    client.server.pointee.enqueue(client.client)
    client.runTurn()
    let expected = ["one", "two", "three"].map { "$\($0.utf8.count)\r\n\($0)\r\n" }
    #expect(client.taken() == expected.map { $0 + $0 }.joined())
  }

  @Test func quotedWords() {
    let client = InProcessServer().connect()
    #expect(client.exchange(word("SET k \"a\\x41\\n\"\r\nGET 'k'\n")) == "+OK\r\n$3\r\naA\n\r\n")
    #expect(client.exchange(word("\"\" x\n")).hasPrefix("-ERR unknown command ''"))
    let error = "-ERR Protocol error: unbalanced quotes in request\r\n"
    #expect(client.exchange(word("PING\r\nPING \"x\r\nPING\r\n")) == "+PONG\r\n" + error)
    #expect(client.client.pointee.flags.contains(.closeAfterReply))
    #expect(client.exchange(word("PING\r\n")) == "")
  }

  @Test func emptyRequestsLeaveNothing() {
    let client = InProcessServer().connect()
    #expect(client.exchange(word("PING\r\n\r\n*0\r\n")) == "+PONG\r\n")
    #expect(client.client.pointee.query.isEmpty)
  }
}

extension InProcessClient {
  /// `exchange` for replies that are not text.
  func bytes(_ bytes: [UInt8], readByteCount: Int = Client.readByteCountMax) -> [UInt8] {
    var reply: [UInt8] = []
    exchange(bytes, readByteCount: readByteCount) { reply += $0 }
    return reply
  }
}
