/// Bounds on what connected clients may use: plain numbers, filled from the configuration.
///
/// A bound of 0 is none, as in the configuration file.
package struct ClientLimits {
  /// How much a client may be owed (`client-output-buffer-limit`).
  package struct Output {
    package var hardByteCount = 0
    package var softByteCount = 0
    /// How long the soft limit may be exceeded.
    package var softSeconds = 0

    package init(hardByteCount: Int = 0, softByteCount: Int = 0, softSeconds: Int = 0) {
      self.hardByteCount = hardByteCount
      self.softByteCount = softByteCount
      self.softSeconds = softSeconds
    }

    init(_ limit: OutputBufferLimit) {
      self.init(
        hardByteCount: limit.hardBytes, softByteCount: limit.softBytes,
        softSeconds: limit.softSeconds)
    }

    var isSet: Bool { hardByteCount != 0 || softByteCount != 0 }
  }

  package var queryByteCountMax = 1 << 30
  package var normalOutput = Output()
  package var replicaOutput = Output(
    hardByteCount: 256 << 20, softByteCount: 64 << 20, softSeconds: 60)
  package var subscriberOutput = Output(
    hardByteCount: 32 << 20, softByteCount: 8 << 20, softSeconds: 60)
  /// `timeout`.
  package var idleSecondsMax = 0
  /// `maxmemory-clients` in bytes; a percentage has been worked out.
  package var totalByteCountMax = 0

  package init() {}

  init(_ configuration: Configuration) {
    queryByteCountMax = configuration.integer(.clientQueryBufferLimit)
    let output = configuration.outputBufferLimits
    normalOutput = Output(output.normal)
    replicaOutput = Output(output.replica)
    subscriberOutput = Output(output.pubsub)
    idleSecondsMax = configuration.integer(.timeout)
    totalByteCountMax = configuration.clientsMemoryBytes
  }

  /// Replies of up to so many bytes count towards no output limit: Redis puts them into a buffer
  /// that each client has anyway, so that a limit below leaves clients that read at once alone.
  static let uncountedOutputByteCount = 16 * 1024
  /// What a client that has not authenticated may leave unread.
  static let unauthenticatedOutputByteCountMax = 16 * 1024 + 1024
  /// What one client may add to its unsent replies in a turn before others are served.
  static let outputByteCountPerTurn = 1 << 20
  /// A client that leaves more than this unread is served slowly. It is not stopped, because it may
  /// read only when all of its requests have been taken.
  package static let unthrottledByteCountMax = 64 << 20
}
