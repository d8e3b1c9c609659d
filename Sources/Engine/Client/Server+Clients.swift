import Core

/// Connections: how one begins, what it may use, and how it ends.
extension Server {
  /// A client for a new connection, which has to authenticate if there is a password.
  package mutating func connect(
    transport: UnsafeMutableRawPointer?, details: ClientDetails
  ) -> UnsafeMutablePointer<Client> {
    let client = clients.add(transport: transport, details: details)
    if authentication.isRequired { client.pointee.attention.insert(.unauthenticated) }
    statistics.connectionCount += 1
    return client
  }

  /// Ends a connection at once: nothing more is run or sent. The client stays readable until the
  /// end of the turn.
  package mutating func disconnect(_ client: UnsafeMutablePointer<Client>) {
    if client.pointee.flags.contains(.closed) { return }
    client.pointee.flags.insert(.closed)
    unlink(client)
    queueFlush(client)
  }

  /// Runs nothing more, and ends the connection when its replies are sent.
  package mutating func endAfterReplies(_ client: UnsafeMutablePointer<Client>) {
    unlink(client)
    client.pointee.flags.insert(.closeAfterReply)
    client.pointee.discardInput()
  }

  /// The connection has ended. To be called once for each client, with no batch under way.
  package mutating func didDisconnect(_ client: UnsafeMutablePointer<Client>) {
    unlink(client)
    clients.remove(client)
  }

  /// Takes the client out of everything that would find it again.
  private mutating func unlink(_ client: UnsafeMutablePointer<Client>) {
    removeMonitor(client)
    keyspace.unwatchAll(client)
    abandonCall(client)
    if client.pointee.flags.contains(.throttled) {
      client.pointee.flags.subtract([.throttled, .yielded])
      clients.throttled.removeAll { $0 == client }
    }
    if client.pointee.flags.contains(.paused) {
      clients.postponed.removeAll { $0 == client }
    }
  }

  /// RESET: the client is as it was when it connected, but for the library it has named.
  /// `replySkip` stays: it is about the reply to this very RESET.
  mutating func reset(_ client: UnsafeMutablePointer<Client>) {
    removeMonitor(client)
    discardTransaction(client)
    client.pointee.flags.subtract([
      .replyOff, .replySkipNext, .noEvict, .noTouch,
    ])
    client.pointee.attention = authentication.isRequired ? .unauthenticated : []
    client.pointee.databaseIndex = 0
    client.pointee.reply.protocolVersion = 2
    client.pointee.details.name = []
  }

  /// After a change of the password: without one everybody is let in. With a new one those that
  /// are in stay.
  package mutating func didChangePassword() {
    if authentication.isRequired { return }
    for client in clients.all.values { client.pointee.attention.remove(.unauthenticated) }
  }

  /// Gives back the blocks that wait to be lent to clients again: up to a mebibyte.
  func giveBackReserves() { clients.pool.pointee.drain() }

  // MARK: Limits

  /// The client has sent more than it may without anything of it being run.
  @inline(never)
  mutating func disconnectForQuery(_ client: UnsafeMutablePointer<Client>) {
    var start: [UInt8] = []
    if let base = client.pointee.query.base {
      Quoting.append(ByteView(base, count: min(64, client.pointee.query.count)), to: &start)
    }
    log.warning(
      "Closing client that reached max query buffer length: \(describe(client)) "
        + "(qbuf initial bytes: \(String(decoding: start, as: UTF8.self)))")
    statistics.queryLimitDisconnectionCount += 1
    disconnect(client)
  }

  /// Net could not send everything: what is left may be too much.
  package mutating func didLeaveUnsent(_ client: UnsafeMutablePointer<Client>) {
    enforceOutputLimits(client)
  }

  /// Ends the connection of a client that is owed more than its limits allow.
  @inline(never)
  mutating func enforceOutputLimits(
    _ client: UnsafeMutablePointer<Client>, _ byteCountMax: Int = .max
  ) {
    if client.pointee.flags.contains(.closed) { return }
    if limits.totalByteCountMax != 0 { account(client) }
    if client.pointee.reply.byteCount > byteCountMax || exceedsOutputLimit(client) {
      disconnectForOutput(client)
    }
  }

  private func exceedsOutputLimit(_ client: UnsafeMutablePointer<Client>) -> Bool {
    let unsent = client.pointee.reply.byteCount
    if client.pointee.attention.contains(.unauthenticated),
      unsent > ClientLimits.unauthenticatedOutputByteCountMax
    {
      return true
    }
    if unsent <= ClientLimits.uncountedOutputByteCount {
      client.pointee.details.softLimitExceededAt = 0
      return false
    }
    let limit = limits.normalOutput
    if limit.hardByteCount != 0, unsent >= limit.hardByteCount { return true }
    guard limit.softByteCount != 0, unsent >= limit.softByteCount else {
      client.pointee.details.softLimitExceededAt = 0
      return false
    }
    let since = client.pointee.details.softLimitExceededAt
    if since == 0 {
      client.pointee.details.softLimitExceededAt = max(clock.nanoseconds, 1)
      return false
    }
    return (clock.nanoseconds &- since) / 1_000_000_000 > UInt64(max(limit.softSeconds, 0))
  }

  private mutating func disconnectForOutput(_ client: UnsafeMutablePointer<Client>) {
    log.warning(
      "Client \(describe(client)) scheduled to be closed ASAP for overcoming of output buffer "
        + "limits.")
    statistics.outputLimitDisconnectionCount += 1
    disconnect(client)
  }

  // MARK: Memory of all clients

  private mutating func account(_ client: UnsafeMutablePointer<Client>) {
    // One that has ended costs the others nothing, even while a list still holds it.
    let byteCount = client.pointee.flags.contains(.closed) ? 0 : client.pointee.byteCount
    clients.accountedByteCount += byteCount - client.pointee.details.accountedByteCount
    client.pointee.details.accountedByteCount = byteCount
  }

  /// Ends connections, the largest first, until all clients together need no more than
  /// `maxmemory-clients`. Clients with NO-EVICT are spared. For the end of every turn: costs two
  /// comparisons while there is room.
  @inline(never)
  package mutating func evictClients() {
    if limits.totalByteCountMax == 0 || clients.accountedByteCount <= limits.totalByteCountMax
      || clients.isEvictionFutile
    {
      return
    }
    for client in clients.all.values { account(client) }
    let candidates = clients.inOrder.filter { !$0.pointee.flags.contains(.noEvict) }
      .sorted { $0.pointee.details.accountedByteCount > $1.pointee.details.accountedByteCount }
    for client in candidates {
      if clients.accountedByteCount <= limits.totalByteCountMax { return }
      log.notice("Evicting client: \(describe(client))")
      statistics.evictedClientCount += 1
      clients.accountedByteCount -= client.pointee.details.accountedByteCount
      client.pointee.details.accountedByteCount = 0
      disconnect(client)
    }
    clients.isEvictionFutile = clients.accountedByteCount > limits.totalByteCountMax
  }

  // MARK: Cron

  /// What has to be looked at from time to time; to be called some ten times a second.
  package mutating func clientsCron() {
    unpauseIfDue()
    if !clients.throttled.isEmpty { releaseThrottled() }
    let checksAll =
      limits.idleSecondsMax != 0 || limits.normalOutput.softByteCount != 0
      || limits.totalByteCountMax != 0
    if !checksAll { return }
    for client in clients.inOrder {
      if disconnectIfIdle(client) { continue }
      enforceOutputLimits(client)
    }
    clients.isEvictionFutile = false
    evictClients()
  }

  private mutating func disconnectIfIdle(_ client: UnsafeMutablePointer<Client>) -> Bool {
    guard limits.idleSecondsMax > 0, !client.pointee.flags.contains(.blocked) else { return false }
    let last = client.pointee.details.lastInteractionAt
    let idle = clock.nanoseconds > last ? (clock.nanoseconds - last) / 1_000_000_000 : 0
    guard idle > UInt64(limits.idleSecondsMax) else { return false }
    log.verbose("Closing idle client")
    disconnect(client)
    return true
  }
}
