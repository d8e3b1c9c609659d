import Core

/// Blocking commands: waiting for keys, being served, and ending without.
///
/// A blocking command is a handler like any other. When there is nothing for it, it calls
/// `Call.block` and returns without a reply; its request is copied, and its client runs nothing
/// until the call ends. When one of its keys becomes ready, the handler runs again, as if the
/// request came now: it replies, or blocks again and keeps its place.
///
///     RPUSH ─► Database.modified ─► WaitedKeys: the key is ready
///                  │ command (or EXEC) ends
///                  ▼
///            serveReadyKeys: first key, first call in line ─► the handler again ─► reply
///                  ▲                                               │ may make keys ready (BLMOVE)
///                  └───────────────────────────────────────────────┘
///
/// Serving is a loop, never a recursion: a handler only marks keys. Each step looks up anew who is
/// next, by numbers that are never used twice, because a step may end any call and any client.
///
/// A client that was served stays halted until no batch knows of it: its later requests may have
/// been parsed ahead already, and have to be taken back first.
extension Server {
  // MARK: Blocking

  /// Keeps the call and halts its client. To be called by a handler that has not replied.
  mutating func block(
    _ frame: Call.Frame, keys: Range<Int>, _ type: ValueType, deadline: UInt64
  ) {
    let client = frame.client
    client.pointee.flags.insert(.blocked)
    // It waits already, and keeps its place.
    if blocking.isRetrying { return }
    let arguments = UnsafeBufferPointer(start: frame.arguments, count: frame.count)
    let call = BlockedCall(
      number: blocking.add(client, deadline: deadline),
      request: KeptRequest(frame.command, copying: arguments, hash: frame.firstKeyHash),
      keys: keys, type: type, deadline: deadline,
      isSilent: !client.pointee.flags.isDisjoint(with: [.replyOff, .replySkip]))
    client.pointee.blockedCall = call
    for index in keys {
      let key = frame.database.key(arguments[index])
      keyspace.state.pointee.waited.join(call.number, frame.database.index, key, type)
    }
  }

  /// Whether a command that has not replied has blocked; its time until now is kept for when it is
  /// served.
  mutating func hasBlocked(_ client: UnsafeMutablePointer<Client>, since start: UInt64) -> Bool {
    guard client.pointee.flags.contains(.blocked) else { return false }
    client.pointee.reply.valuesOwed = 0
    client.pointee.blockedCall?.nanoseconds &+= clock.advance() &- start
    return true
  }

  // MARK: Serving

  /// Serves the calls that wait for keys which have become ready, in order of the keys, and for
  /// each key in order of arrival. For after each command; in a pause nobody is served.
  @inline(never)
  mutating func serveReadyKeys() {
    if isPaused { return }
    while let ready = keyspace.state.pointee.waited.takeReady() { serve(ready) }
  }

  private mutating func serve(_ ready: WaitedKeys.Ready) {
    var number: UInt64 = 0
    while let next = keyspace.state.pointee.waited.next(for: ready, after: number) {
      number = next
      let type = ready.key.withView { bytes in
        let key = Key(bytes: bytes, hash: ready.hash)
        return keyspace[ready.databaseIndex].find(key)?.entry.type
      }
      // The lookup may have expired the key.
      keyspace.state.pointee.stream.endUnit()
      guard let type else { return }
      // A client whose connection has just ended is about to leave the line.
      guard let client = blocking.clients[number], !client.pointee.flags.contains(.closed),
        client.pointee.blockedCall?.type == type
      else { continue }
      retry(client)
    }
  }

  /// Runs a blocked call again.
  private mutating func retry(_ client: UnsafeMutablePointer<Client>) {
    guard var call = client.pointee.blockedCall else { return }
    // The request stays ours while it runs, whatever becomes of the client.
    client.pointee.blockedCall = nil
    client.pointee.flags.remove(.blocked)
    blocking.isRetrying = true
    let mark = client.pointee.reply.mark
    let start = clock.advance()
    keyspace.state.pointee.now = commandTime
    _ = runTouching(call.request.command, client, call.request.views, call.request.hash)
    blocking.isRetrying = false
    let waits = client.pointee.flags.contains(.blocked)
    client.pointee.flags.insert(.blocked)
    if waits, !client.pointee.flags.contains(.closed) {
      call.nanoseconds &+= clock.nanoseconds &- start
      client.pointee.blockedCall = call
      return
    }
    call.request.command.pointee.nanoseconds &+= call.nanoseconds
    finish(call, client, since: mark)
  }

  // MARK: Ending

  /// Ends the calls whose time is over. To be called at the beginning of a turn.
  @inline(never)
  mutating func endOverdueCalls() {
    while let client = blocking.overdue(at: clock.nanoseconds) { end(client, .timeout) }
  }

  /// Ends the blocking command of a client; false if it is in none. A client that CLIENT PAUSE has
  /// stopped is in none.
  mutating func unblock(_ id: UInt64, _ reason: UnblockReason) -> Bool {
    guard let client = clients.all[id], !client.pointee.flags.contains(.closed),
      client.pointee.blockedCall != nil
    else { return false }
    end(client, reason)
    return true
  }

  /// Replies to a blocked call that is not served. It counts as a call all the same.
  private mutating func end(_ client: UnsafeMutablePointer<Client>, _ reason: UnblockReason) {
    guard let call = client.pointee.blockedCall else { return }
    let mark = client.pointee.reply.mark
    let reply = withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0) }
    switch reason {
    case .timeout: reply.nullArray()
    case .error:
      reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
      countError(client, since: mark)
    }
    account(
      call.request.command, client, UnsafePointer(call.request.arguments), call.request.count,
      redacted: 0, durationNanoseconds: call.nanoseconds, failed: reason == .error)
    finish(call, client, since: mark)
  }

  /// The call has its reply: the client may go on.
  private mutating func finish(
    _ call: BlockedCall, _ client: UnsafeMutablePointer<Client>, since mark: ReplyBuffer.Mark
  ) {
    if call.isSilent { client.pointee.reply.rewind(to: mark) }
    forget(call, client)
    if client.pointee.flags.contains(.closed) { return }
    client.pointee.flags.insert(.resuming)
    clients.resuming.append(client)
    queueFlush(client)
  }

  /// Takes the call out of all lines.
  private mutating func forget(_ call: BlockedCall, _ client: UnsafeMutablePointer<Client>) {
    client.pointee.blockedCall = nil
    blocking.remove(call.number)
    let database = keyspace[client.pointee.databaseIndex]
    for index in call.keys {
      let key = database.key(call.request.arguments[index])
      keyspace.state.pointee.waited.leave(call.number, database.index, key)
    }
    call.destroy()
  }

  /// The client is gone: its call, if it waits, will not be served.
  mutating func abandonCall(_ client: UnsafeMutablePointer<Client>) {
    if let call = client.pointee.blockedCall { forget(call, client) }
  }

  // MARK: Going on

  /// Lets the clients go on that were served. To be called between batches.
  @inline(never)
  mutating func resumeServed() {
    for _ in 0..<clients.resuming.count {
      let client = clients.resuming.removeFirst()
      // What was parsed ahead has not been taken back yet.
      if client.pointee.flags.contains(.ready) {
        clients.resuming.append(client)
        continue
      }
      client.pointee.flags.subtract([.blocked, .resuming])
      if !client.pointee.flags.contains(.closed) { enqueue(client) }
    }
  }
}

/// Why a blocking command ends without what it waited for.
package enum UnblockReason { case timeout, error }
