/// Parameters that running code asks for often, as plain fields.
///
/// `Configuration` is a dictionary behind a class; what is read for each request, connection or
/// tick is copied from it here when it changes, and nowhere else.
package struct Settings {
  package private(set) var maxClients = 10_000
  /// Seconds of silence after which a client is closed; 0: never.
  package private(set) var timeoutSeconds = 0
  package private(set) var tcpKeepaliveSeconds = 300
  package private(set) var isProtectedMode = true
  package private(set) var queryBufferByteCountMax = 1 << 30
  package private(set) var outputBufferLimits = OutputBufferLimits.redisDefault
  /// What all clients together may use; 0 without limit.
  package private(set) var clientsByteCountMax = 0
  /// Ticks a second.
  package private(set) var tickFrequency = 10
  package private(set) var activeExpireEffort = 1
  /// Commands that take at least so many microseconds go to the slow log; negative: none.
  package private(set) var slowLogMicroseconds = 10_000
  package private(set) var slowLogLengthMax = 128
  /// Events that take at least so many milliseconds are kept; 0: none.
  package private(set) var latencyMonitorMilliseconds = 0
  package private(set) var isTrackingLatency = true

  package init() {}

  package init(_ configuration: Configuration) {
    maxClients = configuration.integer(.maxclients)
    timeoutSeconds = configuration.integer(.timeout)
    tcpKeepaliveSeconds = configuration.integer(.tcpKeepalive)
    isProtectedMode = configuration.boolean(.protectedMode)
    queryBufferByteCountMax = configuration.integer(.clientQueryBufferLimit)
    outputBufferLimits = configuration.outputBufferLimits
    clientsByteCountMax = configuration.clientsMemoryBytes
    tickFrequency = configuration.integer(.hz)
    activeExpireEffort = configuration.integer(.activeExpireEffort)
    slowLogMicroseconds = configuration.integer(.slowlogLogSlowerThan)
    slowLogLengthMax = configuration.integer(.slowlogMaxLen)
    latencyMonitorMilliseconds = configuration.integer(.latencyMonitorThreshold)
    isTrackingLatency = configuration.boolean(.latencyTracking)
  }
}
