import CPrimitives
import Core

/// The database server: its subsystems, and nothing else.
///
/// Lives at one address for the life of the process, because calls and clients refer to it.
package struct Server {
  package var clock = Clock()
  package var keyspace: Keyspace
  package var clients = ClientTable()
  package let commands: CommandTable
  package var batch = Batch()
  package var statistics = Statistics()
  package var authentication = Authentication()
  /// Non-empty when dispatch has to look closer at every command.
  var attention: ServerAttention = []
  package var limits = ClientLimits() {
    didSet { watchesOutput = limits.normalOutput.isSet || limits.totalByteCountMax != 0 }
  }
  /// Whether every client's output has to be looked at before it is sent.
  private(set) var watchesOutput = false
  var pause = ClientPause()
  var monitoring = Monitoring()
  package var log = Log()
  var lastOtherProtocolWarningAt: UInt64 = 0
  package var parserLimits = RequestParser.Limits()

  /// The server at its final address. `seedWords`: random numbers, new for each process.
  package static func make(
    seedWords: (UInt64, UInt64, UInt64, UInt64), databaseCount: Int
  ) -> UnsafeMutablePointer<Server> {
    let server = UnsafeMutablePointer<Server>.allocate(capacity: 1)
    server.initialize(
      to: Server(
        keyspace: Keyspace(seedWords: seedWords, databaseCount: databaseCount),
        commands: CommandTable(CommandTable.all)))
    return server
  }
}

/// Why dispatch has to look closer at every command of every client.
struct ServerAttention: OptionSet {
  let rawValue: UInt8
  static let paused = ServerAttention(rawValue: 1)
  static let monitored = ServerAttention(rawValue: 2)
}
