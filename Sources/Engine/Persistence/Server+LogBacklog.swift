import Core

/// The bound on what waits to be written to the append-only file (`aof-backlog-limit`).
///
/// The disk may be slower than clients that write, or stand still. Commands that change something
/// are then not run, and their connections not read, until half of the backlog is gone; who only
/// reads goes on. So memory is bounded, and the clients' own sockets tell them to wait.
extension Server {
  /// To be called when something waits to be written.
  @inline(__always)
  mutating func checkLogBacklog() {
    if appendOnly.backlogByteCount > settings.logBacklogByteCountMax { noteFullLog() }
  }

  @inline(never)
  private mutating func noteFullLog() {
    if attention.contains(.logIsFull) { return }
    attention.insert(.logIsFull)
    statistics.logStallCount &+= 1
    log.warning(
      "The AOF's backlog has reached aof-backlog-limit "
        + "(\(settings.logBacklogByteCountMax) bytes): connections that write wait for the disk.")
  }

  /// To be called at the beginning of a turn.
  @inline(__always)
  mutating func checkForRoomInLog() {
    if attention.contains(.logIsFull) { noteRoomInLog() }
  }

  @inline(never)
  private mutating func noteRoomInLog() {
    guard appendOnly.backlogByteCount <= settings.logBacklogByteCountMax / 2 else { return }
    attention.remove(.logIsFull)
    log.notice("The AOF's backlog is written: connections that write go on.")
  }

  /// The client waits for room in the log.
  mutating func stopReading(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.flags.insert(.unread)
    host.setReading(client.pointee.transport, false)
  }

  mutating func resumeReading(_ client: UnsafeMutablePointer<Client>) {
    guard client.pointee.flags.contains(.unread) else { return }
    client.pointee.flags.remove(.unread)
    if !client.pointee.flags.contains(.closed) { host.setReading(client.pointee.transport, true) }
  }
}
