/// Parameters that running code asks for often and that belong to no subsystem, as plain fields.
///
/// `Configuration` is a dictionary behind a class; what is read for each connection or tick is
/// copied from it when it changes: into here, or into the subsystem that uses it, such as
/// `ClientLimits` and `Slowlog`. Each parameter has one such place.
package struct Settings {
  package private(set) var maxClients = 10_000
  package private(set) var tcpKeepaliveSeconds = 300
  package private(set) var isProtectedMode = true
  /// Ticks a second.
  package private(set) var tickFrequency = 10
  package private(set) var savePoints: [SavePoint] = []
  /// Whether the append-only file says when things were done.
  private(set) var annotatesLog = false
  /// Which server DUMP and RDB files are written for where both cannot read them.
  private(set) var rdbDialect = RDBDialect.redis
  /// How much of the append-only file may wait to be written.
  private(set) var logBacklogByteCountMax = 256 << 20

  package init(_ configuration: Configuration) {
    maxClients = configuration.integer(.maxclients)
    tcpKeepaliveSeconds = configuration.integer(.tcpKeepalive)
    isProtectedMode = configuration.boolean(.protectedMode)
    tickFrequency = configuration.integer(.hz)
    savePoints = configuration.savePoints
    annotatesLog = configuration.boolean(.aofTimestampEnabled)
    rdbDialect = configuration.choice(.rdbDialect) == "valkey" ? .valkey : .redis
    logBacklogByteCountMax = configuration.integer(.aofBacklogLimit)
  }
}
