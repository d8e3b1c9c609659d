import Core
import Engine

/// Whole commands in a server without sockets, a hundred in a turn: parse, dispatch, execute and
/// reply. What the network adds is the kernel's and libuv's.
enum CommandWorkloads {
  static let all = [
    Workload("Command: PING", "100 in a turn") { _ in
      replying(LoadedServer(keyCount: 1) { _ in [ping] }, byteCount: 7)
    },
    Workload("Command: GET, 100 in a turn", FilledKeyspace.smallSet) {
      getting(min(FilledKeyspace.smallCount, $0))
    },
    Workload("Command: GET, 100 in a turn", FilledKeyspace.largeSet, .thousand) {
      getting(min(FilledKeyspace.largeCount, $0))
    },
    Workload("Command: SET, 100 in a turn", FilledKeyspace.smallSet) {
      setting(min(FilledKeyspace.smallCount, $0))
    },
    Workload("Command: SET, 100 in a turn", FilledKeyspace.largeSet, .thousand) {
      setting(min(FilledKeyspace.largeCount, $0))
    },
  ]

  private static let ping = Array("PING".utf8)
  private static let get = Array("GET".utf8)
  private static let set = Array("SET".utf8)

  private static func getting(_ keyCount: Int) -> PreparedWorkload {
    replying(LoadedServer(keyCount: keyCount) { [get, Array($0)] }, byteCount: 71)
  }

  private static func setting(_ keyCount: Int) -> PreparedWorkload {
    let value = [UInt8](repeating: 119, count: 64)
    let loaded = LoadedServer(keyCount: keyCount) { [set, Array($0), value] }
    let replying = replying(loaded, byteCount: 5)
    return PreparedWorkload(run: replying.run) { count, result in
      let last = loaded.filled.keys[loaded.lastIndex]
      return replying.isRight(count, result) && loaded.filled.content(last) == value
    }
  }

  /// Every reply has so many bytes.
  private static func replying(_ loaded: LoadedServer, byteCount: Int) -> PreparedWorkload {
    PreparedWorkload(run: { loaded.run($0) }, returns: { $0 * byteCount })
  }
}

/// A server with keys, a client, and what that sends: one request for each key, over and over.
final class LoadedServer {
  let filled: FilledKeyspace
  private let server: UnsafeMutablePointer<Server>
  private let client: UnsafeMutablePointer<Client>
  private let input: UnsafeMutablePointer<UInt8>
  /// All requests are of one size.
  private let requestByteCount: Int
  private let requestCount: Int
  private var next = 0

  static let requestsPerTurn = 100
  /// More than these need not be different: they are the requests for 110 MB.
  private static let requestCountMax = 1 << 20

  init(keyCount: Int, _ words: (ByteView) -> [[UInt8]]) {
    server = Server.make(seedWords: FilledKeyspace.seedWords, databaseCount: 1)
    client = server.pointee.connect(transport: nil, details: ClientDetails())
    filled = FilledKeyspace(server.pointee.keyspace, filledWith: keyCount)
    requestCount = min(Self.requestCountMax, max(keyCount, 1024))
    requestByteCount = encodedRequest(words(filled.keys[0])).count
    // A turn that begins near the end reads on into what is the beginning again.
    let copyCount = requestCount + Self.requestsPerTurn
    input = .allocate(capacity: copyCount * requestByteCount)
    for index in 0..<copyCount {
      let request = encodedRequest(words(filled.keys[index % requestCount]))
      (input + index * requestByteCount).update(from: request, count: requestByteCount)
    }
  }

  /// Which key the last request was about.
  var lastIndex: Int { (next + requestCount - 1) % requestCount }

  /// Sends so many requests and returns the size of all replies.
  func run(_ count: Int) -> Int {
    var left = count
    var byteCount = 0
    while left > 0 {
      let sent = min(left, Self.requestsPerTurn)
      byteCount += runTurn(sent)
      next = (next + sent) % requestCount
      left -= sent
    }
    return byteCount
  }

  /// What Net does for one client that has sent so many requests.
  private func runTurn(_ count: Int) -> Int {
    client.pointee.didRead(input + next * requestByteCount, count * requestByteCount)
    server.pointee.enqueue(client)
    server.pointee.beginTurn()
    var byteCount = 0
    while server.pointee.runBatch() {
      while server.pointee.nextFlushable() != nil { byteCount += takeReply() }
    }
    server.pointee.endTurn()
    return byteCount
  }

  private func takeReply() -> Int {
    let byteCount = client.pointee.reply.byteCount
    client.pointee.reply.didSend(byteCount)
    return byteCount
  }
}
