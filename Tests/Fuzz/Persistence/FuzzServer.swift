import CAlloc
import Core
import Engine
import Glibc

/// A whole server in process, whose one file is in memory.
final class FuzzServer {
  private let server: UnsafeMutablePointer<Server>
  private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Client.readByteCountMax)
  private let disk = Disk()

  /// The file and how it is handed out.
  private final class Disk: @unchecked Sendable {
    var file: [UInt8] = []
    var sizes = ReadSizes(seed: 0)
    var position = 0

    var functions: FileSystem {
      var files = FileSystem()
      files.open = { _, flags, _ in
        self.position = 0
        if flags & O_TRUNC != 0 { self.file = [] }
        return 1000
      }
      files.read = { _, target, count in
        let taken = min(count, self.sizes.next(), self.file.count - self.position)
        self.file.withUnsafeBytes { source in
          guard let base = source.baseAddress, taken > 0 else { return }
          target.copyMemory(from: base + self.position, byteCount: taken)
        }
        self.position += taken
        return taken
      }
      files.write = { _, source, count in
        self.file += UnsafeRawBufferPointer(start: source, count: count)
        return count
      }
      files.byteCount = { _ in self.file.count }
      files.synchronize = { _ in 0 }
      files.synchronizeDirectory = { _ in 0 }
      files.writeBack = { _, _, _, _ in 0 }
      files.close = { _ in 0 }
      files.rename = { _, _ in 0 }
      files.unlink = { _ in 0 }
      return files
    }
  }

  private static let settings = """
    save ""
    rdbchecksum no
    enable-debug-command yes
    loading-process-events-interval-bytes 1024
    set-max-listpack-entries 20
    zset-max-listpack-entries 20
    hash-max-listpack-entries 20

    """

  init() {
    let configuration = Configuration()
    try? ConfigurationLoader(into: configuration).load(file: nil, input: Array(Self.settings.utf8))
    let log = Log()
    log.level = .nothing
    server = Server.make(
      seedWords: (0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15, 0xdead_beef_1234_5679, 77),
      databaseCount: 4, configuration: configuration, log: log)
    server.pointee.files = disk.functions
    // A connection's first commands make what lasts as long as the process.
    withClient { for words in [["PING"], ["SAVE"], ["FLUSHALL"]] { _ = $0.send(words) } }
  }

  var digest: Digest { server.pointee.keyspace.digest }

  /// What SAVE has written.
  var file: [UInt8] {
    get { disk.file }
    set { disk.file = newValue }
  }

  /// Loads the file in pieces of sizes that follow from `seed`; false if it is refused.
  func load(seed: UInt8) -> Bool {
    disk.sizes = ReadSizes(seed: seed)
    var outcome: Bool?
    server.pointee.host.didLoad = { outcome = $0 }
    guard server.pointee.beginLoading() else { return false }
    while outcome == nil, server.pointee.isLoading { server.pointee.continueLoading() }
    return outcome ?? false
  }

  /// Runs `body`, which leaves no keys; what went wrong, or that memory was not given back.
  func checkingMemory(_ body: () -> String?) -> String? {
    let before = apus_alloc_used
    if let failure = body() { return failure }
    guard Fuzzer.checksMemory, apus_alloc_used != before else { return nil }
    // Something may have been made that lasts. It is not made twice.
    let between = apus_alloc_used
    if let failure = body() { return failure }
    let grown = apus_alloc_used &- between
    return grown == 0 ? nil : "memory: \(grown) bytes are left"
  }

  // MARK: Commands

  /// Runs `body` with a connection of its own.
  func withClient<Result>(_ body: (Connection) -> Result) -> Result {
    let client = server.pointee.clients.add(transport: nil, details: ClientDetails())
    defer {
      server.pointee.didDisconnect(client)
      server.pointee.endTurn()
    }
    return body(Connection(server: self, client: client))
  }

  struct Connection {
    fileprivate let server: FuzzServer
    fileprivate let client: UnsafeMutablePointer<Client>

    func send(_ words: [String]) -> [UInt8] { send(words.map { Array($0.utf8) }) }

    func send(_ words: [[UInt8]]) -> [UInt8] {
      var request = Array("*\(words.count)\r\n".utf8)
      for word in words { request += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
      return server.exchange(request, client)
    }
  }

  private func exchange(_ bytes: [UInt8], _ client: UnsafeMutablePointer<Client>) -> [UInt8] {
    var reply: [UInt8] = []
    var offset = 0
    while offset < bytes.count {
      var room = min(bytes.count - offset, Client.readByteCountMax)
      if case .own(let base, let capacity) = client.pointee.readTarget() {
        room = min(room, capacity)
        bytes.withView { base.update(from: $0.base + offset, count: room) }
        client.pointee.didReadIntoOwnTarget(room)
      } else {
        bytes.withView { buffer.update(from: $0.base + offset, count: room) }
        client.pointee.didRead(buffer, room)
      }
      offset += room
      server.pointee.enqueue(client)
      server.pointee.beginTurn()
      while server.pointee.runBatch() {}
      while server.pointee.nextFlushable() != nil {}
      server.pointee.endTurn()
      take(client, into: &reply)
    }
    return reply
  }

  private func take(_ client: UnsafeMutablePointer<Client>, into reply: inout [UInt8]) {
    client.pointee.reply.settle()
    while let chunk = client.pointee.reply.first {
      let unsent = chunk.pointee.count - chunk.pointee.sent
      reply += UnsafeBufferPointer(start: chunk.bytes + chunk.pointee.sent, count: unsent)
      client.pointee.reply.didSend(unsent)
    }
  }
}
