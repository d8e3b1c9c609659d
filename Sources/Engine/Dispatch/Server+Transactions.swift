import Core

/// MULTI's queue: filling it, running it, dropping it.
extension Server {
  static let execName = CommandName(ByteView("exec"))

  mutating func beginTransaction(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.transaction = Transaction()
    client.pointee.attention.insert(.queueing)
  }

  /// Ends MULTI and WATCH.
  mutating func discardTransaction(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.transaction?.destroy()
    client.pointee.transaction = nil
    client.pointee.attention.remove(.queueing)
    client.pointee.flags.remove(.transactionFailed)
    keyspace.unwatchAll(client)
  }

  /// Keeps a command for EXEC.
  mutating func queue(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeBufferPointer<ByteView>,
    _ hash: UInt64, _ client: UnsafeMutablePointer<Client>
  ) {
    client.pointee.lastCommandIndex = command.pointee.specIndex
    // What will not run anyway need not be kept.
    if client.pointee.flags.isDisjoint(with: [.transactionFailed, .watchedKeyChanged]) {
      client.pointee.transaction?.append(command, arguments, hash: hash)
    }
    if client.pointee.queryByteCount > limits.queryByteCountMax {
      return disconnectForQuery(client)
    }
    withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0).simple("QUEUED") }
  }

  /// Runs the queued commands one after the other; each replies as an element of EXEC's array.
  /// Time stands still meanwhile.
  mutating func runTransaction(_ client: UnsafeMutablePointer<Client>) {
    let count = client.pointee.transaction?.queued.count ?? 0
    let errorCount = client.pointee.reply.errorCount
    client.pointee.flags.insert(.executing)
    keyspace.state.pointee.stream.beginTransaction()
    for index in 0..<count {
      guard let queued = client.pointee.transaction?.queued[index] else { break }
      let owed = client.pointee.reply.valuesOwed
      let mark = client.pointee.reply.mark
      let isEnding = client.pointee.flags.contains(.closeAfterReply)
      runWithCare(queued.command, client, queued.views, queued.hash)
      client.pointee.reply.valuesOwed = owed - 1
      // As in Redis, a client that has killed itself gets no reply to what follows.
      if isEnding { client.pointee.reply.rewind(to: mark) }
    }
    client.pointee.flags.remove(.executing)
    keyspace.state.pointee.stream.endTransaction()
    // The commands that failed have been counted; EXEC itself has not failed.
    client.pointee.reply.errorCount = errorCount
  }
}

extension Call {
  package func beginTransaction() { server.beginTransaction(frame.pointee.client) }

  /// Ends MULTI and WATCH.
  package func discardTransaction() { server.discardTransaction(frame.pointee.client) }

  package func runTransaction() {
    // Its commands are logged, not EXEC.
    logNothing()
    server.runTransaction(frame.pointee.client)
  }

  package func watch(_ key: Key) {
    server.keyspace.watch(key, in: database, by: frame.pointee.client)
  }

  package func unwatchAll() { server.keyspace.unwatchAll(frame.pointee.client) }

  /// Whether something that the client watches has changed or reached its deadline.
  package var hasBrokenWatch: Bool {
    guard server.keyspace.hasChangedWatch(frame.pointee.client) else { return false }
    // The refusal shows that somebody's change was done.
    database.keyspace.pointee.changes.didLookAtAll(streamEnd: database.stream.pointee.endOffset)
    return true
  }
}
