import CAlloc
import Core

/// Counters of the whole server, since start or CONFIG RESETSTAT.
package struct Statistics {
  package var commandCount: UInt64 = 0
  package var connectionCount: UInt64 = 0
  package var rejectedConnectionCount: UInt64 = 0
  package var netInputByteCount: UInt64 = 0
  package var netOutputByteCount: UInt64 = 0
  package var readCount: UInt64 = 0
  package var writeCount: UInt64 = 0
  package var evictedKeyCount: UInt64 = 0
  package var evictedClientCount: UInt64 = 0
  package var queryLimitDisconnectionCount: UInt64 = 0
  package var outputLimitDisconnectionCount: UInt64 = 0
  package var errorReplyCount: UInt64 = 0
  /// How often connections that write had to wait for the append-only file.
  var logStallCount: UInt64 = 0
  /// Error replies by their code.
  package private(set) var errorCounts: [[UInt8]: UInt64] = [:]
  package var deniedAuthenticationCount: UInt64 = 0

  package internal(set) var turnCount: UInt64 = 0
  package internal(set) var turnNanoseconds: UInt64 = 0
  package internal(set) var longestTurnNanoseconds: UInt64 = 0
  package internal(set) var commandCountMaxPerTurn: UInt64 = 0
  package var commandRate = InstantaneousRate()
  package var netInputRate = InstantaneousRate()
  package var netOutputRate = InstantaneousRate()
  var turnRate = InstantaneousRate()
  var turnDurationRate = InstantaneousRate()

  /// The most memory that was in use at once, as the samples saw it.
  package var usedByteCountPeak = 0
  /// What the process occupies, as of the last sample.
  package var residentByteCount = 0
  /// Times that the cron has run.
  package var tickCount: UInt64 = 0
  /// Time that the cron has taken.
  var tickNanoseconds: UInt64 = 0
  /// Memory in use when the server was set up, before there was data.
  package private(set) var startMemoryByteCount = 0
  /// Monotonic nanoseconds.
  package private(set) var startedAt: UInt64 = 0
  /// Unix time.
  private(set) var startSecond: Int64 = 0
  private var turnStart: UInt64 = 0
  private var commandCountAtTurnStart: UInt64 = 0

  package init() {}

  fileprivate mutating func didStart(at clock: Clock) {
    startedAt = clock.nanoseconds
    startSecond = clock.wallMilliseconds / 1000
    UsedMemory.measureOther()
    startMemoryByteCount = UsedMemory.byteCount
    usedByteCountPeak = startMemoryByteCount
  }

  @inline(__always)
  mutating func turnDidBegin(atNanoseconds now: UInt64) {
    turnStart = now
    commandCountAtTurnStart = commandCount
  }

  @inline(__always)
  mutating func turnDidEnd(atNanoseconds now: UInt64) {
    turnCount &+= 1
    let duration = now &- turnStart
    turnNanoseconds &+= duration
    longestTurnNanoseconds = max(longestTurnNanoseconds, duration)
    commandCountMaxPerTurn = max(commandCountMaxPerTurn, commandCount &- commandCountAtTurnStart)
  }

  /// To be called ten times a second, by the cron.
  package mutating func takeSamples(at now: UInt64) {
    commandRate.sample(commandCount, at: now)
    netInputRate.sample(netInputByteCount, at: now)
    netOutputRate.sample(netOutputByteCount, at: now)
    turnRate.sample(turnCount, at: now)
    turnDurationRate.sample(turnNanoseconds, at: now)
    residentByteCount = ProcessMeasures.memory.residentBytes
    notePeakMemory()
  }

  /// Codes counted one by one. Scripts and modules can invent any number of them.
  package static let errorCodeCountMax = 128

  /// Counts an error reply whose text starts with `code`.
  package mutating func countError(_ code: ByteView) {
    errorReplyCount += 1
    let key = Array(code)
    if errorCounts[key] != nil || errorCounts.count < Self.errorCodeCountMax {
      errorCounts[key, default: 0] += 1
    } else {
      errorCounts[Array("ERRORSTATS_OVERFLOW".utf8), default: 0] += 1
    }
  }

  mutating func notePeakMemory() {
    usedByteCountPeak = max(usedByteCountPeak, UsedMemory.byteCount)
  }

  /// Sets the counters back, not what is known about memory.
  fileprivate mutating func reset() {
    var fresh = Statistics()
    fresh.residentByteCount = residentByteCount
    fresh.tickCount = tickCount
    fresh.usedByteCountPeak = UsedMemory.byteCount
    fresh.startMemoryByteCount = startMemoryByteCount
    fresh.deniedAuthenticationCount = deniedAuthenticationCount
    fresh.startedAt = startedAt
    fresh.startSecond = startSecond
    fresh.turnStart = turnStart
    self = fresh
  }
}

extension Server {
  /// Uptime and what memory the server takes by itself begin here. To be called again when what
  /// surrounds it, such as the loop, is set up too.
  package mutating func didSetUp() {
    clock.synchronize()
    statistics.didStart(at: clock)
    saves.lastSuccessSecond = clock.wallMilliseconds / 1000
  }

  /// CONFIG RESETSTAT: every counter of INFO that only grows.
  package mutating func resetStatistics() {
    statistics.reset()
    saves.resetStatistics()
    appendOnly.rewrites.resetStatistics()
    keyspace.state.pointee.hits = 0
    keyspace.state.pointee.misses = 0
    keyspace.state.pointee.expiredCount = 0
    keyspace.state.pointee.expiredFieldCount = 0
    keyspace.state.pointee.activeExpiry.resetStatistics()
    keyspace.resetLazyFreedCount()
    for index in 0..<commands.count {
      let command = commands.commands + index
      command.pointee.calls = 0
      command.pointee.nanoseconds = 0
      command.pointee.rejectedCalls = 0
      command.pointee.failedCalls = 0
      if let histogram = command.pointee.histogram {
        histogram.pointee.destroy()
        histogram.deinitialize(count: 1)
        histogram.deallocate()
        command.pointee.histogram = nil
      }
    }
  }
}

/// Memory that the server uses, as INFO and `maxmemory` count it.
package enum UsedMemory {
  /// What was allocated at start by others than `apus_alloc`: the runtime, the loop's buffers,
  /// tables of commands and parameters. What they allocate later is little, and not counted.
  private nonisolated(unsafe) static var otherByteCount = 0

  package static var byteCount: Int { Int(clamping: apus_alloc_used) + otherByteCount }

  static func measureOther() {
    apus_alloc_flush_cache()
    let allocated = apus_alloc_read_statistics().allocated
    otherByteCount = max(0, Int(clamping: allocated) - Int(clamping: apus_alloc_used))
  }
}
