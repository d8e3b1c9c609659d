import Core

/// The turn: filling batches from ready clients, fetching ahead, executing.
///
/// Net calls `runBatch` until it returns false and sends replies in between; see
/// `docs/TOUR.md` for the whole way of a request.
extension Server {
  /// Notes that bytes have been read for a client; they are parsed when the turn executes.
  @inline(__always)
  package mutating func enqueue(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.details.lastInteractionAt = clock.nanoseconds
    if client.pointee.flags.isDisjoint(
      with: [.ready, .blocked, .closed, .closeAfterReply, .yielded]),
      client.pointee.largeArgument == nil,
      client.pointee.query.count <= limits.queryByteCountMax
    {
      client.pointee.filledByteCountBound =
        client.pointee.reply.filledByteCount &+ ClientLimits.outputByteCountPerTurn
      client.pointee.flags.insert(.ready)
      clients.ready.append(client)
    } else {
      keepUnparsed(client)
    }
  }

  /// Bytes have arrived for a client that runs nothing now.
  @inline(never)
  private mutating func keepUnparsed(_ client: UnsafeMutablePointer<Client>) {
    if !client.pointee.flags.isDisjoint(with: [.closed, .closeAfterReply]) {
      return client.pointee.discardInput()
    }
    if client.pointee.queryByteCount > limits.queryByteCountMax {
      return disconnectForQuery(client)
    }
    // Net must learn where the next bytes are to go.
    if !client.pointee.flags.isDisjoint(with: [.blocked, .throttled]) {
      queueFlush(client, always: true)
    }
  }

  /// Begins the turn's execution: time is read.
  package mutating func beginTurn() {
    clock.synchronize()
    keyspace.state.pointee.now = commandTime
    keyspace.state.pointee.accessClock =
      UInt32(truncatingIfNeeded: clock.wallMilliseconds / 1000) & 0xff_ffff
    statistics.turnDidBegin(atNanoseconds: clock.nanoseconds)
    careForLog()
    if isPaused { unpauseIfDue() }
    if blocking.nextDeadline <= clock.nanoseconds { endOverdueCalls() }
    for _ in 0..<clients.deferred.count {
      let client = clients.deferred.removeFirst()
      client.pointee.flags.remove(.yielded)
      if !client.pointee.flags.contains(.closed) { enqueue(client) }
    }
  }

  /// Runs the next batch; false when no client has input left.
  package mutating func runBatch() -> Bool {
    if keyspace.state.pointee.waited.hasReady { serveReadyKeys() }
    if !clients.postponed.isEmpty { resumePostponed() }
    if !clients.resuming.isEmpty { resumeServed() }
    if clients.ready.isEmpty { return false }
    fillBatch()
    prefetchLastEntries()
    for index in 0..<batch.count { execute(batch.items + index) }
    for index in 0..<batch.exhaustedCount { settle(batch.exhausted[index]) }
    while !batch.held.isEmpty { release(batch.held.removeFirst()) }
    batch.clear()
    return true
  }

  // MARK: Filling

  @inline(__always)
  private mutating func fillBatch() {
    _ = clock.advance()
    while !clients.ready.isEmpty, !batch.isFull {
      let client = clients.ready[0]
      if !client.pointee.flags.isDisjoint(with: .halted) {
        batch.held.append(clients.ready.removeFirst())
        continue
      }
      switch parseRequests(of: client) {
      case .full: return
      case .exhausted: _ = clients.ready.removeFirst()
      case .held: batch.held.append(clients.ready.removeFirst())
      }
    }
  }

  private enum Filled { case full, exhausted, held }

  /// Parses the client's requests into the batch until one of them is used up.
  @inline(__always)
  private mutating func parseRequests(of client: UnsafeMutablePointer<Client>) -> Filled {
    var limits = parserLimits
    limits.isAuthenticated = !client.pointee.attention.contains(.unauthenticated)
    while batch.count < Batch.capacity {
      let start = batch.arguments.count
      switch client.pointee.parseNext(limits: limits, into: &batch.arguments) {
      case .request:
        if add(client, argumentStart: start) { return .held }
      case .incomplete:
        exhaust(client, incompleteStart: start)
        return .exhausted
      case .empty:
        continue
      case let failure:
        addFailure(client, failure)
        return .held
      }
    }
    return .full
  }

  /// Adds the request whose arguments were just parsed. Returns whether parsing has to wait for it.
  @inline(__always)
  private mutating func add(
    _ client: UnsafeMutablePointer<Client>, argumentStart: Int
  ) -> Bool {
    let first = batch.arguments.base + argumentStart
    let argumentCount = batch.arguments.count &- argumentStart
    var command = commands.find(first[0])
    var hash: UInt64 = 0
    var bucket: UnsafeMutableRawPointer?
    var memberHash: UInt64 = 0
    var mustWait = !client.pointee.blocks.isEmpty
    if let found = command, !found.pointee.flags.isDisjoint(with: [.barrier, .container]) {
      command = resolve(found, first, argumentCount)
      if let command, command.pointee.flags.contains(.barrier) { mustWait = true }
    }
    if let command {
      let firstKey = Int(command.pointee.firstKey)
      if firstKey != 0, firstKey < argumentCount {
        let table = keyspace[client.pointee.databaseIndex].storage.pointer(to: \.table)
        hash = table.unsafelyUnwrapped.pointee.hash(first[firstKey])
        bucket = table.unsafelyUnwrapped.pointee.prefetchBucket(hash).base
        let member = Int(command.pointee.member)
        if member != 0, member < argumentCount {
          memberHash = table.unsafelyUnwrapped.pointee.hash(first[member])
          batch.memberCount &+= 1
        }
      }
    }
    (batch.items + batch.count).initialize(
      to: Batch.Item(
        client: client, command: command, argumentStart: argumentStart,
        argumentCount: argumentCount, requestEnd: client.pointee.scanPosition, hash: hash,
        fetched: bucket, memberHash: memberHash, failure: nil))
    batch.count &+= 1
    prefetchEarlierEntry()
    return mustWait
  }

  /// The subcommand that a container's second argument names, or nil; other commands themselves.
  @inline(never)
  private func resolve(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeMutablePointer<ByteView>,
    _ count: Int
  ) -> UnsafeMutablePointer<Command>? {
    guard command.pointee.flags.contains(.container), count > 1 else { return command }
    return commands.findSubcommand(of: command, arguments[1])
  }

  @inline(never)
  private mutating func addFailure(
    _ client: UnsafeMutablePointer<Client>, _ failure: RequestParser.Outcome
  ) {
    (batch.items + batch.count).initialize(
      to: Batch.Item(
        client: client, command: nil, argumentStart: batch.arguments.count, argumentCount: 0,
        requestEnd: client.pointee.scanPosition, hash: 0, fetched: nil,
        memberHash: 0, failure: failure))
    batch.count += 1
  }

  @inline(__always)
  private mutating func exhaust(_ client: UnsafeMutablePointer<Client>, incompleteStart: Int) {
    (batch.exhausted + batch.exhaustedCount).initialize(
      to: Batch.Exhausted(
        client: client, incompleteStart: incompleteStart,
        incompleteCount: batch.arguments.count &- incompleteStart))
    batch.exhaustedCount &+= 1
  }

  // MARK: After the batch

  /// The client's input is used up: what is left of it is kept, and its replies go out.
  @inline(__always)
  private mutating func settle(_ exhausted: Batch.Exhausted) {
    let client = exhausted.client
    client.pointee.flags.remove(.ready)
    if client.pointee.flags.isDisjoint(with: .halted) {
      if client.pointee.requestStart != client.pointee.inputCount || !client.pointee.query.isEmpty
        || client.pointee.pending != nil
      {
        client.pointee.keepLeftover(
          incomplete: UnsafeBufferPointer(
            start: batch.arguments.base + exhausted.incompleteStart,
            count: exhausted.incompleteCount))
        // Net must learn where the next bytes are to go.
        return queueFlush(client, always: true)
      }
    } else {
      return stop(client)
    }
    queueFlush(client)
  }

  /// The client's next request may be parsed now.
  @inline(never)
  private mutating func release(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.flags.remove(.ready)
    if client.pointee.flags.isDisjoint(with: .halted) {
      client.pointee.releaseBlocks()
      enqueue(client)
    } else {
      stop(client)
    }
  }

  /// The client runs nothing more, for now or for ever. What was parsed ahead is put back; only a
  /// whole request that waits with its large arguments stays as it is, in `pending`.
  @inline(never)
  private mutating func stop(_ client: UnsafeMutablePointer<Client>) {
    if client.pointee.flags.isDisjoint(with: [.closed, .closeAfterReply]) {
      if client.pointee.pending == nil {
        client.pointee.releaseBlocks()
        client.pointee.rewindInput()
      }
      client.pointee.keepLeftover(incomplete: UnsafeBufferPointer(start: nil, count: 0))
    } else {
      client.pointee.releaseBlocks()
      client.pointee.discardInput()
    }
    if client.pointee.flags.contains(.yielded) { deferToLaterTurn(client) }
    // Net must learn where the next bytes are to go.
    queueFlush(client, always: true)
  }

  /// The client goes on in the next turn, or later if it does not read what it is owed.
  private mutating func deferToLaterTurn(_ client: UnsafeMutablePointer<Client>) {
    if client.pointee.reply.filledByteCount > ClientLimits.unthrottledByteCountMax {
      client.pointee.flags.insert(.throttled)
      clients.throttled.append(client)
    } else {
      clients.deferred.append(client)
    }
  }

  /// Lets throttled clients go on in the next turn.
  mutating func releaseThrottled() {
    for client in clients.throttled {
      client.pointee.flags.remove(.throttled)
      clients.deferred.append(client)
    }
    clients.throttled.removeAll()
  }

  /// The client has read some of what it was owed.
  @inline(never)
  package mutating func didDrain(_ client: UnsafeMutablePointer<Client>) {
    guard client.pointee.flags.contains(.throttled),
      client.pointee.reply.filledByteCount <= ClientLimits.unthrottledByteCountMax
    else { return }
    client.pointee.flags.remove(.throttled)
    clients.throttled.removeAll { $0 == client }
    clients.deferred.append(client)
  }

  /// Puts the client into the list of those whose replies are to be sent.
  @inline(__always)
  package mutating func queueFlush(
    _ client: UnsafeMutablePointer<Client>, always: Bool = false
  ) {
    if watchesOutput { enforceOutputLimits(client) }
    if client.pointee.flags.contains(.flushQueued) { return }
    if !always, client.pointee.reply.isEmpty,
      client.pointee.flags.isDisjoint(with: [.closed, .closeAfterReply])
    {
      return
    }
    client.pointee.flags.insert(.flushQueued)
    clients.flushable.append(client)
  }

  /// The next client whose replies are to be sent.
  @inline(__always)
  package mutating func nextFlushable() -> UnsafeMutablePointer<Client>? {
    while !clients.flushable.isEmpty {
      let client = clients.flushable.removeFirst()
      client.pointee.flags.remove(.flushQueued)
      if !client.pointee.flags.contains(.removed) { return client }
    }
    return nil
  }

  /// Whether clients have requests that can run at once.
  /// (`mutating`, because a caller in another module would copy the server to read it.)
  package var hasWork: Bool {
    mutating get {
      !clients.ready.isEmpty || !clients.flushable.isEmpty || !clients.deferred.isEmpty
        || !clients.resuming.isEmpty || loading != nil
        || hasResumable || (!isPaused && keyspace.state.pointee.waited.hasReady)
    }
  }

  /// When the next turn has to begin even if nothing is received, in monotonic nanoseconds; the
  /// largest number when that is never.
  package var nextDeadline: UInt64 { mutating get { blocking.nextDeadline } }

  /// Ends the turn: clients that are gone are freed.
  package mutating func endTurn() {
    currentClient = nil
    if watchesOutput { evictClients() }
    clients.freeClosed()
    expireBetweenTurns()
    // What has expired now, after the turn's own was handed over.
    _ = appendOnly.handOver(&keyspace.state.pointee.stream)
    statistics.turnDidEnd(atNanoseconds: clock.advance())
  }
}
