@testable import Engine

/// A server whose stream is on.
final class RecordingServer {
  let inner: InProcessServer
  private(set) var clients: [InProcessClient] = []

  init(_ inner: InProcessServer = InProcessServer()) {
    self.inner = inner
    inner.server.pointee.isActiveExpiryOn = false
    for _ in 0..<2 { clients.append(inner.connect()) }
    stream.pointee.turnOn()
  }

  var client: InProcessClient { clients[0] }

  var stream: UnsafeMutablePointer<CommandStream> {
    inner.server.pointee.keyspace[0].stream
  }

  @discardableResult
  func send(_ words: String...) -> String { client.send(words) }

  /// Takes what has piled up.
  func takeBytes() -> [UInt8] {
    guard let taken = stream.pointee.take() else { return [] }
    let bytes = Array(taken.view)
    stream.pointee.giveBack(taken)
    return bytes
  }

  func takeText() -> String { String(decoding: takeBytes(), as: UTF8.self) }

  /// Takes what has piled up, as commands, each a line.
  func takeCommands() -> [String] {
    RecordingServer.commands(takeBytes()).map { $0.joined(separator: " ") }
  }

  static func commands(_ bytes: [UInt8]) -> [[String]] {
    var commands: [[String]] = []
    var rest = bytes[...]
    func number() -> Int {
      let line = rest.prefix { $0 != 13 }
      rest = rest.dropFirst(line.count + 2)
      return Int(String(decoding: line.dropFirst(), as: UTF8.self)) ?? -1
    }
    while !rest.isEmpty {
      var words: [String] = []
      for _ in 0..<max(number(), 0) {
        let count = number()
        words.append(String(decoding: rest.prefix(count), as: UTF8.self))
        rest = rest.dropFirst(count + 2)
      }
      commands.append(words)
    }
    return commands
  }
}
