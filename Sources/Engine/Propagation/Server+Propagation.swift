import Core

/// The one point after each command that turns what was done into bytes.
extension Server {
  /// To be called after a handler has run, while the stream is on. Notes as well what the reply has
  /// to wait for.
  @inline(never)
  mutating func log(_ frame: UnsafePointer<Call.Frame>) {
    let state = keyspace.state
    let isWanted =
      switch frame.pointee.logging {
      case .verbatim: state.pointee.dirty > frame.pointee.dirtyBefore
      case .always: true
      case .replaced: false
      }
    if isWanted {
      state.pointee.stream.append(
        frame.pointee.arguments, frame.pointee.count, frame.pointee.database.index)
    }
    state.pointee.stream.didLog()
    state.pointee.stream.endUnit()
    let end = state.pointee.stream.endOffset
    if frame.pointee.command.pointee.flags.contains(.readsKeyspace) {
      state.pointee.changes.didLookAtAll(streamEnd: end)
    }
    let offset = state.pointee.changes.takeAwaited(streamEnd: end)
    let client = frame.pointee.client
    if offset > client.pointee.awaitedOffset { client.pointee.awaitedOffset = offset }
  }

  /// True while a stream is run again, from a file or from another server. Time stands still at the
  /// beginning of all time then: no key and no field is due, whatever its deadline, because those
  /// that were are deleted in the stream; and none is refused because it was due before it was set.
  /// Requests of all clients run so.
  package var isReplaying: Bool {
    get { attention.contains(.replaying) }
    set {
      if newValue { attention.insert(.replaying) } else { attention.remove(.replaying) }
      keyspace.state.pointee.now = commandTime
      adoptStringLimit()
    }
  }

  /// Unix time in milliseconds for a command that runs now.
  var commandTime: Int64 { isReplaying ? 0 : clock.wallMilliseconds }

  /// What is run again was within the limit of its time, and refusing it now would lose it, so that
  /// only the machine's memory bounds it.
  mutating func adoptStringLimit() {
    let limit = parserLimits.bulkByteCountMax
    stringByteCountMax =
      isReplaying ? max(limit, Int64(MemoryMeasures.systemByteCount)) : limit
  }
}

extension Call {
  /// Unix time in milliseconds that relative times count from. Not `now`: a file that somebody else
  /// has written may have some.
  var relativeTimeBase: Int64 {
    server.isReplaying ? server.clock.wallMilliseconds : now
  }
}
