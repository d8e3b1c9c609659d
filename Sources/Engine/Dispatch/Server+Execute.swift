import Core

/// From a parsed request to its reply: the handler and the accounts. Requests that are not plain
/// go through `Server+Care.swift`.
extension Server {
  /// Runs one request of the batch, unless one before it has stopped its connection.
  @inline(__always)
  mutating func execute(_ item: UnsafeMutablePointer<Batch.Item>) {
    let client = item.pointee.client
    guard client.pointee.flags.isDisjoint(with: .halted) else { return }
    guard let command = item.pointee.command,
      command.pointee.accepts(argumentCount: item.pointee.argumentCount),
      client.pointee.attention.rawValue | attention.rawValue == 0
    else { return executeWithCare(item) }
    client.pointee.requestStart = item.pointee.requestEnd
    keyspace.state.pointee.now = clock.wallMilliseconds
    _ = run(
      command, client, UnsafePointer(batch.arguments.base + item.pointee.argumentStart),
      item.pointee.argumentCount, item.pointee.hash, memberHash: item.pointee.memberHash)
    if keyspace.state.pointee.waited.hasReady { serveReadyKeys() }
    if client.pointee.reply.filledByteCount > client.pointee.filledByteCountBound {
      client.pointee.flags.insert(.yielded)
    }
  }

  /// Calls the handler and keeps the accounts. Returns the arguments that are not to be shown.
  @inline(__always)
  mutating func run(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: UnsafePointer<ByteView>, _ count: Int, _ hash: UInt64,
    memberHash: UInt64 = 0
  ) -> UInt64 {
    client.pointee.lastCommandIndex = command.pointee.specIndex
    currentClient = client
    let start = clock.nanoseconds
    var frame = Call.Frame(
      server: address, client: client, database: keyspace[client.pointee.databaseIndex],
      arguments: arguments, count: count, command: command, firstKeyHash: hash,
      memberHash: memberHash, dirtyBefore: keyspace.state.pointee.dirty)
    let errorCount = client.pointee.reply.errorCount
    let mark = client.pointee.reply.mark
    client.pointee.reply.valuesOwed = 1
    withUnsafeMutablePointer(to: &frame) { frame in
      let call = Call(frame)
      do throws(CommandError) {
        try command.pointee.run(call)
      } catch {
        writeError(error, call)
      }
      if call.isLogged { log(frame) }
    }
    if client.pointee.reply.valuesOwed != 0 {
      if hasBlocked(client, since: start) { return frame.redacted }
      repairReply(client, since: mark)
    }
    let end = clock.advance()
    let failed = client.pointee.reply.errorCount != errorCount
    if failed { countError(client, since: mark) }
    account(
      command, client, arguments, count, redacted: frame.redacted,
      durationNanoseconds: end &- start, failed: failed)
    return frame.redacted
  }

  /// The server's own address: it never moves.
  @inline(__always)
  var address: UnsafeMutablePointer<Server> {
    mutating get { withUnsafeMutablePointer(to: &self) { $0 } }
  }

  @inline(never)
  private func writeError(_ error: CommandError, _ call: Call) {
    if case .text(let text) = error { call.reply.error(text) }
  }

  /// Counts the error reply that was written since `mark`.
  @inline(never)
  mutating func countError(
    _ client: UnsafeMutablePointer<Client>, since mark: ReplyBuffer.Mark
  ) {
    if let code = client.pointee.reply.errorCode(since: mark) { statistics.countError(code) }
  }

  /// A handler promised another number of values than it wrote: the client gets an error instead.
  @inline(never)
  private mutating func repairReply(
    _ client: UnsafeMutablePointer<Client>, since mark: ReplyBuffer.Mark
  ) {
    client.pointee.reply.rewind(to: mark)
    withUnsafeMutablePointer(to: &client.pointee.reply) {
      ReplyWriter($0).error("ERR internal error: the reply was not whole")
    }
    client.pointee.reply.valuesOwed = 0
  }
}
