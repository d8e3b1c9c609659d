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
  package var slowlog = Slowlog()
  package var latency = LatencyMonitor()
  package var authentication = Authentication()
  /// Non-empty when dispatch has to look closer at every command.
  var attention: ServerAttention = []
  package var limits = ClientLimits() {
    didSet { watchesOutput = limits.normalOutput.isSet || limits.totalByteCountMax != 0 }
  }
  /// Whether every client's output has to be looked at before it is sent.
  private(set) var watchesOutput = false
  var pause = ClientPause()
  var blocking = BlockedCalls()
  var monitoring = Monitoring()
  var lastOtherProtocolWarningAt: UInt64 = 0
  package var parserLimits = RequestParser.Limits()
  /// Bytes that no string may exceed: `proto-max-bulk-len`, but more while a stream is run again.
  var stringByteCountMax = RequestParser.Limits().bulkByteCountMax

  /// Whose command is running, or ran last; for the crash report.
  var currentClient: UnsafeMutablePointer<Client>?

  package let configuration: Configuration
  package let log: Log
  package var settings: Settings
  package var host = Host()
  /// The process' identity, new at each start.
  package let runID = Randomness.identity()
  /// The identity of the data's history, which replicas will ask for.
  package var replicationID = Randomness.identity()
  var outOfMemoryScore = OutOfMemoryScore()
  /// The system calls of persistence; the program puts in the real ones.
  package var files = FileSystem.discarding
  package var saves = Saves()
  package var appendOnly = AppendOnly()
  var loading: Loading?
  var lastLoad = LoadResult()

  // DEBUG turns these.
  var isCronPaused = false
  var isActiveExpiryOn = true

  // Monotonic times at which the cron last did what it does not do at every tick.
  var lastSampleAt: UInt64 = 0
  var lastReportAt: UInt64 = 0

  /// The server at its final address. `seedWords`: random numbers, new for each process.
  package static func make(
    seedWords: (UInt64, UInt64, UInt64, UInt64), databaseCount: Int,
    configuration: Configuration = Configuration(), log: Log = Log(),
    specs: [CommandSpec] = CommandTable.all
  ) -> UnsafeMutablePointer<Server> {
    let server = UnsafeMutablePointer<Server>.allocate(capacity: 1)
    server.initialize(
      to: Server(
        keyspace: Keyspace(seedWords: seedWords, databaseCount: databaseCount),
        commands: CommandTable(specs), configuration: configuration, log: log,
        settings: Settings(configuration)))
    server.pointee.adoptSettings()
    server.pointee.didSetUp()
    return server
  }
}

/// Why dispatch has to look closer at every command of every client.
struct ServerAttention: OptionSet {
  let rawValue: UInt8
  static let paused = ServerAttention(rawValue: 1)
  static let monitored = ServerAttention(rawValue: 2)
  /// The data set is not whole yet.
  static let loading = ServerAttention(rawValue: 4)
  /// The last snapshot failed, and nothing may be written until one succeeds.
  static let savesFail = ServerAttention(rawValue: 8)
  /// A stream is run again (`Server.isReplaying`).
  static let replaying = ServerAttention(rawValue: 16)
  /// The append-only file cannot be written.
  static let logFails = ServerAttention(rawValue: 32)
  /// So much waits to be written that nobody may add to it (`Server+LogBacklog.swift`).
  static let logIsFull = ServerAttention(rawValue: 64)
}
