import CAlloc

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
  /// Connections ended because their query or output buffer was too large.
  package var queryBufferLimitCount: UInt64 = 0
  package var outputBufferLimitCount: UInt64 = 0
  package var deniedAuthenticationCount: UInt64 = 0

  package internal(set) var turnCount: UInt64 = 0
  package internal(set) var turnNanoseconds: UInt64 = 0
  package internal(set) var longestTurnNanoseconds: UInt64 = 0
  package internal(set) var commandCountMaxPerTurn: UInt64 = 0
  package internal(set) var rates = Rates()
  /// The most memory used so far.
  package internal(set) var peakMemoryByteCount = 0
  /// Memory in use when the server was set up, before there was data.
  package private(set) var startMemoryByteCount = 0
  /// Monotonic nanoseconds.
  package private(set) var startedAt: UInt64 = 0
  private var turnStart: UInt64 = 0
  private var commandCountAtTurnStart: UInt64 = 0

  package init() {}

  mutating func didStart(atNanoseconds now: UInt64) {
    startedAt = now
    UsedMemory.measureOther()
    startMemoryByteCount = UsedMemory.byteCount
    peakMemoryByteCount = startMemoryByteCount
    rates.start(atNanoseconds: now)
  }

  @inline(__always)
  mutating func turnDidBegin(atNanoseconds now: UInt64) {
    turnStart = now
    commandCountAtTurnStart = commandCount
    if now >= rates.nextSampleAt { takeSample(now) }
  }

  @inline(__always)
  mutating func turnDidEnd(atNanoseconds now: UInt64) {
    turnCount &+= 1
    let duration = now &- turnStart
    turnNanoseconds &+= duration
    longestTurnNanoseconds = max(longestTurnNanoseconds, duration)
    commandCountMaxPerTurn = max(commandCountMaxPerTurn, commandCount &- commandCountAtTurnStart)
  }

  @inline(never)
  private mutating func takeSample(_ now: UInt64) {
    notePeakMemory()
    rates.sample(
      .init(
        commands: commandCount, inputBytes: netInputByteCount, outputBytes: netOutputByteCount,
        turns: turnCount, turnNanoseconds: turnNanoseconds),
      atNanoseconds: now)
  }

  mutating func notePeakMemory() {
    peakMemoryByteCount = max(peakMemoryByteCount, UsedMemory.byteCount)
  }

  /// Sets the counters back, not what is known about memory.
  mutating func reset(atNanoseconds now: UInt64) {
    var fresh = Statistics()
    fresh.peakMemoryByteCount = UsedMemory.byteCount
    fresh.startMemoryByteCount = startMemoryByteCount
    fresh.startedAt = startedAt
    fresh.turnStart = turnStart
    fresh.rates.start(atNanoseconds: now)
    self = fresh
  }
}

extension Server {
  /// CONFIG RESETSTAT: every counter of INFO that only grows.
  package mutating func resetStatistics() {
    statistics.reset(atNanoseconds: clock.nanoseconds)
    keyspace.state.pointee.hits = 0
    keyspace.state.pointee.misses = 0
    keyspace.state.pointee.expiredCount = 0
    clients.pool.pointee.errors.reset()
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
  /// What was allocated at start by others than `apus_alloc`: the runtime, tables of commands and
  /// parameters.
  private nonisolated(unsafe) static var otherByteCount = 0

  package static var byteCount: Int { Int(clamping: apus_alloc_used) + otherByteCount }

  static func measureOther() {
    let allocated = apus_alloc_read_statistics().allocated
    otherByteCount = max(0, Int(clamping: allocated) - Int(clamping: apus_alloc_used))
  }
}
