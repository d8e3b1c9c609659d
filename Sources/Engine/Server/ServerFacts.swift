import CPrimitives

/// What INFO tells and others know: copied here at start and when the configuration changes.
package struct ServerFacts {
  /// 40 hexadecimal digits that no other server has.
  package var runID = Randomness.identity()
  /// The history of data that a replica would follow.
  package var replicationID = Randomness.identity()
  package var port = 6379
  /// The file that was loaded; empty for none.
  package var configurationFile = ""
  /// `no`, `upstart` or `systemd`.
  package var supervised = "no"
  package var frequencyHertz = 10
  package var clientCountMax = 10_000
  /// Bytes; 0 for no limit.
  package var memoryMax = 0
  package var memoryPolicy = "noeviction"
  package var replicationBacklogByteCount = 1_048_576
  package var replicaPriority = 100
  /// Name, addresses and port of each place that is listened on.
  package var listeners: [Listener] = []
  /// Milliseconds left of a shutdown that waits; 0 when none does.
  package var shutdownMillisecondsLeft = 0
  /// Unix seconds of the last save: the start, since nothing is saved.
  package var lastSaveSecond = Int64(apus_wall_nanoseconds() / 1_000_000_000)

  package init() {}

  package struct Listener {
    package let name: String
    package let addresses: [String]
    package let port: Int

    package init(name: String, addresses: [String], port: Int) {
      self.name = name
      self.addresses = addresses
      self.port = port
    }
  }
}
