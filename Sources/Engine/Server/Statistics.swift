/// Counters of the whole server, since start or CONFIG RESETSTAT.
package struct Statistics {
  package var commandCount: UInt64 = 0
  package var connectionCount: UInt64 = 0
  package var rejectedConnectionCount: UInt64 = 0
  package var netInputByteCount: UInt64 = 0
  package var netOutputByteCount: UInt64 = 0
  package var errorReplyCount: UInt64 = 0

  package var commandRate = InstantaneousRate()
  package var netInputRate = InstantaneousRate()
  package var netOutputRate = InstantaneousRate()

  /// The most memory that was in use at once, as the cron saw it.
  package var usedByteCountPeak = 0
  /// What the process occupies, as of the last sample.
  package var residentByteCount = 0
  /// Times that the cron has run.
  package var tickCount: UInt64 = 0

  package init() {}
}

extension Server {
  /// CONFIG RESETSTAT: counters start anew; what is measured rather than counted stays.
  package mutating func resetStatistics() {
    var fresh = Statistics()
    fresh.residentByteCount = statistics.residentByteCount
    fresh.usedByteCountPeak = usedByteCount
    fresh.tickCount = statistics.tickCount
    statistics = fresh
    keyspace.state.pointee.hits = 0
    keyspace.state.pointee.misses = 0
    keyspace.state.pointee.expiredCount = 0
    resetCommandStatistics()
  }

  private func resetCommandStatistics() {
    for index in 0..<commands.count {
      let command = commands.commands + index
      command.pointee.calls = 0
      command.pointee.rejectedCalls = 0
      command.pointee.failedCalls = 0
      command.pointee.nanoseconds = 0
    }
  }
}
