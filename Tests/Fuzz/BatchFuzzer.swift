import CAlloc
import Core
import Engine

/// A whole server in process, fed in random read sizes.
///
///     | seed of the read sizes 1 | what the client sends |
///
/// Replies are well-formed, one for each request, the same however the input is cut, and memory is
/// back when the input has been run twice. Only commands that answer the same each time are run:
/// others belong into fuzzers with a grammar.
enum BatchFuzzer {
  nonisolated(unsafe) private static let server = Server.make(
    seedWords: (0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15, 0xdead_beef_1234_5679, 77),
    databaseCount: 1)
  nonisolated(unsafe) private static let buffer = UnsafeMutablePointer<UInt8>.allocate(
    capacity: Client.readByteCountMax)

  static func check(_ input: [UInt8]) -> String? {
    guard input.count > 1 else { return nil }
    let bytes = Array(input.dropFirst())
    let whole = RequestParserFuzzer.parse(bytes, RequestParser.Limits()) { bytes.count }
    guard whole.requests.allSatisfy(isRepeatable) else { return nil }
    let expectedCount = whole.requests.count + (whole.failure == nil ? 0 : 1)

    _ = run(bytes, seed: input[0])
    let first = run(bytes, seed: nil)
    let used = apus_alloc_used
    let cut = run(bytes, seed: input[0])
    if first != cut { return "cut at random: other replies" }
    if run(bytes, seed: nil) != first { return "run again: other replies" }
    if Fuzzer.checksMemory, apus_alloc_used != used {
      return "memory: \(used) bytes, then \(apus_alloc_used)"
    }
    guard let count = ReplyReader.count(first) else { return "malformed reply" }
    return count == expectedCount ? nil : "\(count) replies for \(expectedCount) requests"
  }

  /// PING, GET, SET without options, and names that are no command's.
  private static func isRepeatable(_ request: [[UInt8]]) -> Bool {
    guard let name = request.first else { return false }
    switch String(decoding: ConfigurationText.lowercased(name), as: UTF8.self) {
    case "ping", "get": return true
    case "set": return request.count <= 3
    default: return name.withView { server.pointee.commands.find($0) } == nil
    }
  }

  /// Sends everything on a connection of its own and returns the replies.
  static func run(_ bytes: [UInt8], seed: UInt8?) -> [UInt8] {
    let client = server.pointee.clients.add(transport: nil, details: ClientDetails())
    var sizes = seed.map(ReadSizes.init)
    var reply: [UInt8] = []
    var offset = 0
    while offset < bytes.count {
      var room = min(sizes?.next() ?? bytes.count, bytes.count - offset, Client.readByteCountMax)
      if case .own(let base, let capacity) = client.pointee.readTarget() {
        room = min(room, capacity)
        bytes.withView { base.update(from: $0.base + offset, count: room) }
        #if APUS_PLANTED_BUG
          if seed != nil, room > 2 { base[2] ^= 1 }
        #endif
        client.pointee.didReadIntoOwnTarget(room)
      } else {
        bytes.withView { buffer.update(from: $0.base + offset, count: room) }
        client.pointee.didRead(buffer, room)
      }
      offset += room
      server.pointee.enqueue(client)
      runTurn()
      takeReply(client, into: &reply)
    }
    server.pointee.didDisconnect(client)
    server.pointee.endTurn()
    return reply
  }

  private static func runTurn() {
    server.pointee.beginTurn()
    while server.pointee.runBatch() {}
    while server.pointee.nextFlushable() != nil {}
    server.pointee.endTurn()
    // What the next turn reads must not find what this one left.
    buffer.update(repeating: 0xee, count: 64)
  }

  private static func takeReply(_ client: UnsafeMutablePointer<Client>, into reply: inout [UInt8]) {
    client.pointee.reply.settle()
    while let chunk = client.pointee.reply.first {
      let unsent = chunk.pointee.count - chunk.pointee.sent
      reply += UnsafeBufferPointer(start: chunk.bytes + chunk.pointee.sent, count: unsent)
      client.pointee.reply.didSend(unsent)
    }
  }
}

/// Counts whole RESP2 and RESP3 values.
struct ReplyReader {
  private let bytes: [UInt8]
  private var position = 0

  /// How many values `bytes` are, or nil when they are no whole ones.
  static func count(_ bytes: [UInt8]) -> Int? {
    var reader = ReplyReader(bytes: bytes)
    var count = 0
    while reader.position < bytes.count {
      guard reader.skipValue() else { return nil }
      count += 1
    }
    return count
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func skipValue() -> Bool {
    guard position < bytes.count, let line = line() else { return false }
    let count = Int(String(decoding: line.dropFirst(), as: UTF8.self))
    switch line.first {
    case UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: ":"), UInt8(ascii: "_"),
      UInt8(ascii: ","), UInt8(ascii: "#"), UInt8(ascii: "("):
      return true
    case UInt8(ascii: "$"), UInt8(ascii: "="): return skipBulk(count)
    case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: ">"): return skipValues(count)
    case UInt8(ascii: "%"): return skipValues(count.map { 2 * $0 })
    case UInt8(ascii: "|"): return skipValues(count.map { 2 * $0 + 1 })
    default: return false
    }
  }

  private mutating func line() -> ArraySlice<UInt8>? {
    guard let end = bytes[position...].firstIndex(of: 13), end + 1 < bytes.count,
      bytes[end + 1] == 10, !bytes[position..<end].contains(10)
    else { return nil }
    defer { position = end + 2 }
    return bytes[position..<end]
  }

  private mutating func skipBulk(_ count: Int?) -> Bool {
    guard let count else { return false }
    if count == -1 { return true }
    guard count >= 0, count + 2 <= bytes.count - position else { return false }
    position += count + 2
    return bytes[position - 2] == 13 && bytes[position - 1] == 10
  }

  private mutating func skipValues(_ count: Int?) -> Bool {
    guard let count, count >= -1 else { return false }
    for _ in 0..<max(count, 0) where !skipValue() { return false }
    return true
  }
}
