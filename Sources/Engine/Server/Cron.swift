import CAlloc
import CProcess

/// Housekeeping, `hz` times a second: what is due whether or not commands come.
///
/// Net's timer calls `tick`. Work that could be long has a budget, a share of the time between two
/// ticks, so that commands never wait for housekeeping longer than that.
extension Server {
  /// Memory and rates are looked at so often, whatever `hz` is.
  private static let sampleNanoseconds: UInt64 = 100_000_000
  /// The log's lines about keys and clients.
  private static let reportNanoseconds: UInt64 = 5_000_000_000

  package mutating func tick() {
    beginTurn()
    let start = clock.nanoseconds
    defer { statistics.tickNanoseconds &+= clock.advance() &- start }
    statistics.tickCount &+= 1
    takeSignal()
    if isCronPaused { return }
    if clock.nanoseconds &- lastSampleAt >= Self.sampleNanoseconds { takeSamples() }
    if isActiveExpiryOn, !isLoading { expireKeys() }
    clientsCron()
    if !isLoading {
      didChangeLogStatus()
      careForChildren()
    }
    if clock.nanoseconds &- lastReportAt >= Self.reportNanoseconds { reportKeys() }
  }

  /// Bytes that data and buffers occupy, in size classes.
  package var usedByteCount: Int { UsedMemory.byteCount }

  // MARK: Samples

  private mutating func takeSamples() {
    let now = clock.nanoseconds
    lastSampleAt = now
    statistics.takeSamples(at: now)
  }

  private mutating func reportKeys() {
    lastReportAt = clock.nanoseconds
    for index in 0..<keyspace.databaseCount {
      let database = keyspace[index]
      if database.count == 0 { continue }
      log.verbose("DB \(index): \(database.count) keys (\(database.volatileCount) volatile).")
    }
    log.debug("\(clients.count) clients connected (0 replicas), \(usedByteCount) bytes in use")
  }

  // MARK: Keys

  /// Removes keys whose time has come and that nobody asks for.
  private mutating func expireKeys() {
    let expiry = keyspace.state.pointee.activeExpiry
    expireCycle(budgetNanoseconds: expiry.slowBudgetNanoseconds(hz: settings.tickFrequency))
  }

  // MARK: Signals

  /// SIGTERM and SIGINT, which the handler has only noted.
  private mutating func takeSignal() {
    let number = apus_signals_pending()
    guard number != 0 else { return }
    shutDown(onSignal: number)
    // Still here: it was refused.
    apus_signals_clear()
  }
}
