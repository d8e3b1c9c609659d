import CNet
import CPrimitives
import Core
import Engine

/// The loop's turn: read all ready connections, execute in batches, send replies.
///
/// libuv calls `didRead` for each ready connection, which only notes where the bytes lie, then
/// `didPoll` once, where everything runs. All reads of a turn share one buffer that stays in the
/// cache; when it is full in the middle of a poll, what has been read is executed at once.
///
/// Lifetime: one for the process, at one address, because C refers to it.
package struct EventLoop {
  let server: UnsafeMutablePointer<Server>
  let loop: OpaquePointer
  private let buffer: UnsafeMutablePointer<UInt8>
  private var bufferUsed = 0
  var listeners: [Listener] = []
  var ticker: OpaquePointer?
  /// Begins a turn when something is due in the engine.
  var alarm: OpaquePointer?
  /// When `alarm` fires, in monotonic nanoseconds; the largest number when it does not.
  var alarmAt = UInt64.max

  /// Half of a usual second-level cache.
  private static let bufferByteCount = 512 * 1024

  /// A loop for `server`; nil when the system refuses one.
  package static func make(
    server: UnsafeMutablePointer<Server>
  ) -> UnsafeMutablePointer<EventLoop>? {
    let place = UnsafeMutablePointer<EventLoop>.allocate(capacity: 1)
    var callbacks = EventLoop.callbacks
    guard let loop = apus_loop_create(&callbacks, place) else { return nil }
    place.initialize(to: EventLoop(server: server, loop: loop))
    place.pointee.offerBuffer()
    server.pointee.host.listen = { place.pointee.listen() }
    place.pointee.makeWaker()
    server.pointee.host.setReading = { transport, isOn in
      Connection.at(transport).pointee.setReading(isOn)
    }
    server.pointee.host.sendReplies = { place.pointee.flushAll() }
    server.pointee.host.setTickFrequency = { place.pointee.setTickFrequency($0) }
    return place
  }

  private init(server: UnsafeMutablePointer<Server>, loop: OpaquePointer) {
    self.server = server
    self.loop = loop
    buffer = .allocate(capacity: Self.bufferByteCount)
  }

  /// Lets the engine's other threads begin a turn.
  private mutating func makeWaker() {
    // Waking ends the poll, and what follows is a turn like any other.
    guard let waker = apus_waker_create(loop, { _ in }, nil) else { return }
    server.pointee.host.wakeUpContext = UnsafeMutableRawPointer(waker)
    server.pointee.host.wakeUp = { context in
      if let context { apus_waker_wake(OpaquePointer(context)) }
    }
  }

  package mutating func run() { apus_loop_run(loop) }

  package mutating func stop() { apus_loop_stop(loop) }

  private static var callbacks: apus_callbacks {
    apus_callbacks(
      on_accept: { EventLoop.at($0).pointee.accept($1) },
      on_connected: nil,
      on_read: { context, count in
        let connection = Connection.at(context)
        connection.pointee.loop.pointee.didRead(connection, count)
      },
      on_written: { context, status in
        let connection = Connection.at(context)
        connection.pointee.loop.pointee.didWrite(connection, status)
      },
      on_closed: { context in
        // A peer that was refused has no connection.
        if context == nil { return }
        let connection = Connection.at(context)
        connection.pointee.loop.pointee.didClose(connection)
      },
      on_polled: { EventLoop.at($0).pointee.didPoll() },
      on_waiting: { EventLoop.at($0).pointee.willWait() })
  }

  /// The loop behind a context that C hands back.
  @inline(__always)
  static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<EventLoop> {
    context.unsafelyUnwrapped.assumingMemoryBound(to: EventLoop.self)
  }

  // MARK: Reading

  /// Where the next read of a connection without a target of its own goes.
  private mutating func offerBuffer() {
    let room = min(Self.bufferByteCount - bufferUsed, Client.readByteCountMax)
    apus_unpoison(buffer + bufferUsed, room)
    apus_loop_set_read_buffer(loop, buffer + bufferUsed, room)
  }

  @inline(__always)
  mutating func didRead(_ connection: UnsafeMutablePointer<Connection>, _ count: Int) {
    guard count > 0 else { return end(connection, status: count) }
    let client = connection.pointee.client
    server.pointee.statistics.netInputByteCount &+= UInt64(count)
    server.pointee.statistics.readCount &+= 1
    if connection.pointee.hasOwnTarget {
      client.pointee.didReadIntoOwnTarget(count)
      retarget(connection)
    } else {
      client.pointee.didRead(buffer + bufferUsed, count)
      // The next connection's bytes start on a line of their own.
      bufferUsed += (count + 63) & ~63
    }
    server.pointee.enqueue(client)
    if bufferUsed + Client.readByteCountMax > Self.bufferByteCount {
      executeTurn()
    } else {
      offerBuffer()
    }
  }

  /// The peer has closed its side, or the connection broke. What it sent before still runs, as far
  /// as that does not have to wait: both may be learned in one poll.
  @inline(never)
  private mutating func end(_ connection: UnsafeMutablePointer<Connection>, status: Int) {
    let client = connection.pointee.client
    while !client.pointee.flags.isDisjoint(with: [.ready, .yielded]),
      client.pointee.flags.isDisjoint(with: [.closed, .throttled])
    {
      executeTurn()
    }
    let status = Int32(clamping: status)
    let reason = apus_net_is_end_of_file(status) ? nil : NetworkFailure(status: status).text
    server.pointee.logEnd(of: client, reason: reason)
    // Who only has nothing more to say may still read what waits for the log.
    if reason == nil, client.isHeld {
      connection.pointee.setReading(false)
      return server.pointee.endAfterReplies(client)
    }
    connection.pointee.close()
  }

  // MARK: Executing

  private mutating func didPoll() { executeTurn() }

  private mutating func willWait() {
    if server.pointee.hasWork { executeTurn() }
    server.pointee.continueLoading()
    if server.pointee.nextDeadline != alarmAt { setAlarm() }
    apus_loop_set_busy(loop, server.pointee.hasWork)
  }

  @inline(__always)
  mutating func executeTurn() {
    apus_poison(buffer + bufferUsed, Self.bufferByteCount - bufferUsed)
    server.pointee.beginTurn()
    server.pointee.releaseHeld()
    // With a log one hand-over for the whole turn costs less than early replies gain.
    repeat { if !server.pointee.logsChanges { flushAll() } } while server.pointee.runBatch()
    flushAll()
    server.pointee.endTurn()
    bufferUsed = 0
    apus_poison(buffer, Self.bufferByteCount)
    apus_loop_begin_turn(loop)
    offerBuffer()
  }

  // MARK: Replying

  /// Sends what the clients are owed.
  @inline(__always)
  private mutating func flushAll() {
    let logEnd = server.pointee.handOverLog()
    while let client = server.pointee.nextFlushable() {
      let connection = Connection.at(client.pointee.transport)
      if logEnd != 0 || client.mayHaveToWait {
        server.pointee.hold(
          client, logEnd: logEnd, sendingByteCount: connection.pointee.queuedByteCount)
      }
      connection.pointee.flush()
      retarget(connection)
    }
    if logEnd != 0 { server.pointee.awaitLog() }
  }

  /// Tells libuv where the connection's next bytes are to go.
  @inline(__always)
  private func retarget(_ connection: UnsafeMutablePointer<Connection>) {
    switch connection.pointee.client.pointee.readTarget() {
    case .shared(let most):
      if connection.pointee.hasOwnTarget || connection.pointee.sharedReadByteCountMax != most {
        connection.pointee.hasOwnTarget = false
        connection.pointee.sharedReadByteCountMax = most
        apus_connection_set_read_target(connection.pointee.handle, nil, most)
      }
    case .own(let base, let capacity):
      connection.pointee.hasOwnTarget = true
      apus_connection_set_read_target(connection.pointee.handle, base, capacity)
    }
  }

  mutating func didWrite(_ connection: UnsafeMutablePointer<Connection>, _ status: Int32) {
    connection.pointee.didWrite(status)
  }

  mutating func didClose(_ connection: UnsafeMutablePointer<Connection>) {
    server.pointee.didDisconnect(connection.pointee.client)
    connection.deinitialize(count: 1)
    connection.deallocate()
  }
}
