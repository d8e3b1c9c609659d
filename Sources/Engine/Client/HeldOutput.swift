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
      laterOffset = offset
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

  /// Hands over to the log what has been done. Returns the offset that replies wait for; 0 if they
  /// need not wait.
  package mutating func handOverLog() -> Int {
    if !appendOnly.isOn { return 0 }
    let offset = appendOnly.handOver(&keyspace.state.pointee.stream)
    if offset <= appendOnly.releasedOffset { return 0 }
    // Of what is on the disk the writer tells without being asked.
    if appendOnly.writer?.synchronization != .always {
      appendOnly.writer?.wake(whenWritten: offset)
    }
    return offset
  }

  /// Has what the client is owed wait until the log has come to `offset`; 0: to where it is.
  /// `sendingByteCount`: bytes that the socket has been given already.
  package mutating func hold(
    _ client: UnsafeMutablePointer<Client>, until offset: Int, sendingByteCount: Int
  ) {
    // While the log fails nothing is written: who has nothing to wait for is answered, with MISCONF
    // or with what can be read.
    let hasNothingToWaitFor = attention.contains(.logFails) && !client.pointee.held.isHolding
    if offset == 0 || hasNothingToWaitFor {
      client.pointee.held = HeldOutput()
      return
    }
    client.pointee.held.hold(
      until: offset, byteCount: client.pointee.reply.byteCount, sendingByteCount: sendingByteCount)
    guard client.pointee.held.isHolding, !client.pointee.flags.contains(.held) else { return }
    client.pointee.flags.insert(.held)
    clients.held.append(client)
  }

  /// Sends what the log has come to meanwhile.
  package mutating func releaseHeld() {
    if clients.held.isEmpty { return }
    let released = appendOnly.releasedOffset
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
