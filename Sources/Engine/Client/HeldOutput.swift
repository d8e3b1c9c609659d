/// How much of what a client is owed may be sent: replies wait until the log is as safe as
/// `appendfsync` promises, while the client's next commands run and append behind them.
///
///     unsent bytes:  | may be sent | wait for `offset` | wait for `laterOffset` |
///                    0             sendable            boundary                 end
///
/// Two borders are enough: the first is let out as soon as the log has come to it, whatever was
/// appended behind, so that a client which never stops sending is answered all the same; what came
/// later waits together, for the latest.
///
/// The alternative that lost, a border for each turn, needs a queue for each client.
package struct HeldOutput {
  /// Bytes from the front that may be sent; the largest number while nothing waits.
  package private(set) var sendableByteCount = Int.max
  private var boundary = 0
  private var offset = 0
  private var laterOffset = 0

  package init() {}

  @inline(__always)
  var isHolding: Bool { sendableByteCount != .max }

  /// Holds the bytes that were added since the last time until the log has come to `offset`.
  /// `byteCount`: all unsent ones; `sendingByteCount`: those that the socket has been given
  /// already.
  mutating func hold(until offset: Int, byteCount: Int, sendingByteCount: Int) {
    if !isHolding {
      if byteCount == sendingByteCount { return }
      sendableByteCount = sendingByteCount
      boundary = byteCount
      self.offset = offset
      laterOffset = 0
    } else if byteCount > boundary {
      laterOffset = max(laterOffset, offset)
    }
  }

  /// The log has come to `released`: lets out what waited for no more. `byteCount` as in `hold`.
  mutating func release(upTo released: Int, byteCount: Int) {
    guard isHolding, offset <= released else { return }
    if laterOffset <= released || byteCount <= boundary {
      self = HeldOutput()
      return
    }
    sendableByteCount = boundary
    boundary = byteCount
    offset = laterOffset
    laterOffset = 0
  }

  /// Bytes were sent, from the front.
  mutating func didSend(_ count: Int) {
    if !isHolding { return }
    sendableByteCount -= count
    boundary -= count
  }
}

extension UnsafeMutablePointer where Pointee == Client {
  /// Unsent bytes that may be sent now.
  package var sendableByteCount: Int {
    min(pointee.reply.byteCount, pointee.held.sendableByteCount)
  }

  /// Whether replies wait for the log, or would if it had not come so far already.
  package var mayHaveToWait: Bool { pointee.awaitedOffset != 0 || isHeld }

  /// Whether replies wait for the log.
  package var isHeld: Bool { pointee.flags.contains(.held) }

  package func didSend(_ count: Int) {
    pointee.reply.didSend(count)
    pointee.held.didSend(count)
  }
}

/// Replies that wait for the log.
extension Server {
  /// Whether what is done is logged: replies are then sent once a turn, not after each batch.
  package var logsChanges: Bool { mutating get { appendOnly.isOn } }

  /// Hands over to the log what has been done. Returns where it ends in the stream; 0 if all of it
  /// is as safe as promised, so that nobody need wait.
  package mutating func handOverLog() -> Int {
    if !appendOnly.isOn { return 0 }
    let offset = appendOnly.handOver(&keyspace.state.pointee.stream, isHeldBack: true)
    if offset <= appendOnly.releasedOffset { return 0 }
    checkLogBacklog()
    return offset
  }

  /// Has what the client is owed wait until the log is safe as far as that needs it. `logEnd`: what
  /// `handOverLog` returned; `sendingByteCount`: bytes that the socket has been given already.
  package mutating func hold(
    _ client: UnsafeMutablePointer<Client>, logEnd: Int, sendingByteCount: Int
  ) {
    let offset = awaitedOffset(client, logEnd)
    if logEnd == 0 {
      client.pointee.held = HeldOutput()
      return
    }
    if offset <= appendOnly.releasedOffset, !client.pointee.held.isHolding { return }
    client.pointee.held.hold(
      until: offset, byteCount: client.pointee.reply.byteCount, sendingByteCount: sendingByteCount)
    guard client.pointee.held.isHolding, !client.pointee.flags.contains(.held) else { return }
    client.pointee.flags.insert(.held)
    clients.held.append(client)
  }

  /// Tells the writer who waits, and asks it to say when they can be answered. To be called after a
  /// turn's replies, if `handOverLog` has returned an offset.
  package mutating func awaitLog() {
    if appendOnly.writer?.synchronization == .always {
      // Of what is on the disk it tells without being asked.
      appendOnly.writer?.handOver(waitingCount: clients.held.count)
      if !attention.contains(.logIsFull) { return }
    } else if clients.held.isEmpty, !attention.contains(.logIsFull) {
      return
    }
    appendOnly.writer?.wakeWhenWritten()
  }

  /// What the output of this turn has to wait for; it is taken.
  private func awaitedOffset(_ client: UnsafeMutablePointer<Client>, _ logEnd: Int) -> Int {
    let offset = client.pointee.awaitedOffset
    client.pointee.awaitedOffset = 0
    // It shows what others do.
    if client.pointee.attention.contains(.monitor) { return logEnd }
    // While nothing can be written, who only reads is answered, as in Redis, unless more was
    // promised.
    if attention.contains(.logFails), appendOnly.writer?.synchronization != .always { return 0 }
    // A change may have left nothing in the stream.
    return min(Int(clamping: offset), logEnd)
  }

  /// Sends what the log has come to meanwhile.
  package mutating func releaseHeld() {
    if clients.held.isEmpty { return }
    let released = appendOnly.releasedOffset
    if released != clients.releasedOffset {
      clients.releasedOffset = released
      appendOnly.writer?.didAcknowledge(waitingCount: clients.held.count)
    } else if !clients.hasHeldLeft {
      return
    }
    clients.hasHeldLeft = false
    for _ in 0..<clients.held.count {
      let client = clients.held.removeFirst()
      let before = client.pointee.held.sendableByteCount
      client.pointee.held.release(upTo: released, byteCount: client.pointee.reply.byteCount)
      if client.pointee.held.isHolding, !client.pointee.flags.contains(.closed) {
        clients.held.append(client)
      } else {
        client.pointee.flags.remove(.held)
      }
      if client.pointee.held.sendableByteCount != before { queueFlush(client, always: true) }
    }
  }
}
