import Core

/// CLIENT PAUSE: who has to wait, until when.
struct ClientPause {
  /// Only commands that may change data wait.
  var isForWritesOnly = false
  /// Monotonic nanoseconds.
  var endsAt: UInt64 = 0
}

extension Server {
  var isPaused: Bool { attention.contains(.paused) }

  /// Stops clients before their next command. A second pause can only make a first one stricter
  /// and longer.
  mutating func pauseClients(milliseconds: Int64, writesOnly: Bool) {
    let (nanoseconds, overflow) = UInt64(max(milliseconds, 0)).multipliedReportingOverflow(
      by: 1_000_000)
    let (end, late) = clock.nanoseconds.addingReportingOverflow(nanoseconds)
    let endsAt = overflow || late ? UInt64.max : end
    if isPaused {
      pause.isForWritesOnly = pause.isForWritesOnly && writesOnly
      pause.endsAt = max(pause.endsAt, endsAt)
    } else {
      pause = ClientPause(isForWritesOnly: writesOnly, endsAt: endsAt)
      attention.insert(.paused)
    }
  }

  /// Lets the clients go on: they do so before the next batch, in their order.
  mutating func unpauseClients() { attention.remove(.paused) }

  mutating func unpauseIfDue() {
    if isPaused, clock.nanoseconds >= pause.endsAt { unpauseClients() }
  }

  /// Whether some commands have to wait: of all clients, or of those that write.
  private var stopsClients: Bool { isPaused || isWaitingForLog }

  /// Whoever writes waits for room in the log. If it fails, writes are refused instead.
  private var isWaitingForLog: Bool {
    attention.contains(.logIsFull) && !attention.contains(.logFails)
  }

  /// Whether clients that were stopped can go on.
  var hasResumable: Bool { !clients.postponed.isEmpty && !stopsClients }

  /// Whether the command has to wait for the end of the pause, or for room in the log.
  func mustWait(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>
  ) -> Bool {
    guard stopsClients else { return false }
    if isPaused, !pause.isForWritesOnly { return true }
    let changing: CommandFlags = [.write, .mayReplicate]
    if !command.pointee.flags.isDisjoint(with: changing) { return true }
    guard command.pointee.name == Self.execName, let transaction = client.pointee.transaction else {
      return false
    }
    return !transaction.flags.isDisjoint(with: changing)
  }

  /// Stops the client before the request that has these arguments.
  mutating func postpone(
    _ client: UnsafeMutablePointer<Client>, _ arguments: UnsafeBufferPointer<ByteView>
  ) {
    client.pointee.flags.formUnion([.blocked, .paused])
    if !client.pointee.blocks.isEmpty { client.pointee.keepWhole(arguments) }
    clients.postponed.append(client)
    if isWaitingForLog { stopReading(client) }
  }

  /// Lets the stopped clients go on, if they may. No batch may be under way.
  @inline(never)
  mutating func resumePostponed() {
    if !hasResumable { return }
    let waiting = clients.postponed
    clients.postponed.removeAll()
    for client in waiting {
      client.pointee.flags.subtract([.blocked, .paused])
      resumeReading(client)
      enqueue(client)
    }
  }
}
