import Core

/// What a call leaves behind in the accounts: counts, time, the slow log, latency events.
extension Server {
  /// Enters a call that has run. A handful of instructions; whatever is rare lies out of line.
  @inline(__always)
  mutating func account(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: UnsafePointer<ByteView>, _ argumentCount: Int, redacted: UInt64,
    durationNanoseconds: UInt64, failed: Bool
  ) {
    command.pointee.calls &+= 1
    command.pointee.nanoseconds &+= durationNanoseconds
    statistics.commandCount &+= 1
    if failed { command.pointee.failedCalls &+= 1 }
    if latency.isTracking {
      if let histogram = command.pointee.histogram {
        histogram.pointee.record(nanoseconds: durationNanoseconds)
      } else {
        Self.startHistogram(command, durationNanoseconds)
      }
    }
    if durationNanoseconds >= min(slowlog.thresholdNanoseconds, latency.thresholdNanoseconds) {
      let shown = ArgumentSlice(UnsafeBufferPointer(start: arguments, count: argumentCount))
      noteSlowCall(command, client, shown, redacted, durationNanoseconds)
    }
  }

  @inline(never)
  private static func startHistogram(
    _ command: UnsafeMutablePointer<Command>, _ nanoseconds: UInt64
  ) {
    guard let histogram = LatencyHistogram.make() else { return }
    let place = UnsafeMutablePointer<LatencyHistogram>.allocate(capacity: 1)
    place.initialize(to: histogram)
    place.pointee.record(nanoseconds: nanoseconds)
    command.pointee.histogram = place
  }

  @inline(never)
  private mutating func noteSlowCall(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: ArgumentSlice, _ redacted: UInt64, _ nanoseconds: UInt64
  ) {
    if nanoseconds >= latency.thresholdNanoseconds {
      let event = command.pointee.flags.contains(.fast) ? "fast-command" : "command"
      latency.note(
        event, milliseconds: nanoseconds / 1_000_000, atSecond: clock.wallMilliseconds / 1000)
    }
    guard nanoseconds >= slowlog.thresholdNanoseconds,
      !command.pointee.flags.contains(.skipSlowlog)
    else { return }
    slowlog.add(
      shownArguments(command, client, arguments, redacted), client: client.pointee.details,
      microseconds: nanoseconds / 1000, atSecond: clock.wallMilliseconds / 1000)
  }

  /// The call's arguments as the slow log keeps them.
  ///
  /// The call has run, so some are gone: a large one that the command took over may have been
  /// freed, and a client that ended itself has no input any more.
  private func shownArguments(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: ArgumentSlice, _ redacted: UInt64
  ) -> [[UInt8]] {
    guard !client.pointee.flags.contains(.closed) else {
      return commands.fullName(Int(command.pointee.specIndex)).split(separator: "|")
        .map { Array($0.utf8) }
    }
    return Slowlog.shown(argumentCount: arguments.count) { index in
      if index < 64, redacted >> UInt64(index) & 1 == 1 { return Slowlog.redacted }
      let view = arguments[index]
      if client.pointee.hasTaken(view) { return Slowlog.truncated([], of: view.count) }
      let kept = min(view.count, Slowlog.argumentByteCountMax)
      return Slowlog.truncated(Array(view.slice(0, kept)), of: view.count)
    }
  }
}

extension Client {
  /// Whether a command has taken over the block that `view` showed, so that it may be gone.
  fileprivate func hasTaken(_ view: ByteView) -> Bool {
    guard view.count >= RequestParser.largeArgumentByteCount else { return false }
    if blocks.contains(where: { UnsafePointer($0.bytes) == view.base }) { return false }
    guard let inputBase else { return true }
    let offset = view.base - UnsafePointer(inputBase)
    return offset < 0 || offset >= inputCount
  }
}
