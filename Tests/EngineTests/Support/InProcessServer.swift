import Core

@testable import Engine

/// A whole server without sockets: bytes in, bytes out.
final class InProcessServer {
  let server: UnsafeMutablePointer<Server>

  init(
    databaseCount: Int = 16, configuration: Configuration = testConfiguration(),
    specs: [CommandSpec] = CommandTable.all
  ) {
    var random = SystemRandomNumberGenerator()
    let seed = (random.next(), random.next(), random.next(), random.next())
    let log = Log()
    log.level = .nothing
    server = Server.make(
      seedWords: seed, databaseCount: databaseCount, configuration: configuration, log: log,
      specs: specs)
  }

  func connect() -> InProcessClient {
    InProcessClient(server, server.pointee.connect(transport: nil, details: ClientDetails()))
  }

  /// A command with its statistics.
  func command(_ name: StaticString) -> Command {
    guard let command = server.pointee.commands.find(ByteView(name)) else {
      preconditionFailure("no command \(name)")
    }
    return command.pointee
  }

  /// Sets a key with a deadline in database 0, behind the back of all commands.
  func set(_ name: StaticString, deadline: Int64) {
    let database = server.pointee.keyspace[0]
    let bytes = ByteView(name)
    let key = Key(bytes: bytes, hash: database.hash(bytes))
    let slot = database.storage.pointee.table.find(bytes, key.hash)
    database.setString(key, slot, ByteView("v"), .set(deadline))
  }

  /// Runs one command on a fresh connection and returns the raw reply.
  func run(_ words: String...) -> String { connect().send(words) }
}

final class InProcessClient {
  let server: UnsafeMutablePointer<Server>
  let client: UnsafeMutablePointer<Client>
  let id: UInt64
  /// What reads are read into; kept so that a turn's views stay valid.
  private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Client.readByteCountMax)

  init(_ server: UnsafeMutablePointer<Server>, _ client: UnsafeMutablePointer<Client>) {
    self.server = server
    self.client = client
    id = client.pointee.id
  }

  deinit { buffer.deallocate() }

  func send(_ words: String...) -> String { send(words) }

  func send(_ words: [String]) -> String {
    var request = "*\(words.count)\r\n"
    for word in words { request += "$\(word.utf8.count)\r\n\(word)\r\n" }
    return exchange(Array(request.utf8))
  }

  /// Feeds bytes as reads of at most `readByteCount`, one turn each, and returns what is replied.
  func exchange(_ bytes: [UInt8], readByteCount: Int = Client.readByteCountMax) -> String {
    var reply: [UInt8] = []
    exchange(bytes, readByteCount: readByteCount) { reply += $0 }
    return String(decoding: reply, as: UTF8.self)
  }

  /// As above; hands on what each turn replies.
  func exchange(_ bytes: [UInt8], readByteCount: Int, _ receive: ([UInt8]) -> Void) {
    var offset = 0
    while offset < bytes.count, server.pointee.clients.all[id] != nil {
      let count = min(readByteCount, bytes.count - offset)
      offset += read(Array(bytes[offset..<(offset + count)]))
      runTurn()
      receive(takeReply())
    }
  }

  /// Feeds bytes as one read. Runs nothing, unless asked to, and takes no reply.
  func feed(_ bytes: [UInt8], run: Bool = false) {
    _ = read(bytes)
    if run { runTurn() }
  }

  /// Feeds bytes as one read to the shared buffer, as Net does until it has asked for the target.
  func feedShared(_ bytes: [UInt8]) {
    bytes.withView { buffer.update(from: $0.base, count: $0.count) }
    client.pointee.didRead(buffer, bytes.count)
    server.pointee.enqueue(client)
  }

  /// Reads as much of the bytes as there is room for, and returns how many that are.
  private func read(_ bytes: [UInt8]) -> Int {
    guard case .own(let base, let capacity) = client.pointee.readTarget() else {
      feedShared(bytes)
      return bytes.count
    }
    let count = min(bytes.count, capacity)
    bytes.withView { base.update(from: $0.base, count: count) }
    client.pointee.didReadIntoOwnTarget(count)
    server.pointee.enqueue(client)
    return count
  }

  /// What the client is owed now, as text.
  func taken() -> String { String(decoding: takeReply(), as: UTF8.self) }

  func runTurn() {
    server.pointee.beginTurn()
    repeat { flush() } while server.pointee.runBatch()
    flush()
    server.pointee.endTurn()
  }

  /// Does what Net does with clients that have something to send: here, only ends connections.
  private func flush() {
    while let client = server.pointee.nextFlushable() {
      if client.pointee.flags.contains(.closed) { server.pointee.didDisconnect(client) }
    }
  }

  /// Whether the client's connection has been ended, or will be after its replies.
  var isEnded: Bool {
    guard let client = server.pointee.clients.all[id] else { return true }
    return client.pointee.flags.contains(.closeAfterReply)
  }

  /// What the client is owed now.
  func takeReply() -> [UInt8] {
    var bytes: [UInt8] = []
    if server.pointee.clients.all[id] == nil { return bytes }
    client.pointee.reply.settle()
    while let chunk = client.pointee.reply.first {
      let unsent = chunk.pointee.count - chunk.pointee.sent
      bytes += UnsafeBufferPointer(start: chunk.bytes + chunk.pointee.sent, count: unsent)
      client.pointee.reply.didSend(unsent)
    }
    return bytes
  }
}
