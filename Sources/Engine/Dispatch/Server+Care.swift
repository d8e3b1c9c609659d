import Core

/// Requests that are not plain: unknown, malformed, refused, or from a client or to a server in a
/// special state (not authenticated, in MULTI, silenced, monitored, paused).
extension Server {
  @inline(never)
  mutating func executeWithCare(_ item: UnsafeMutablePointer<Batch.Item>) {
    let client = item.pointee.client
    let start = client.pointee.requestStart
    client.pointee.requestStart = item.pointee.requestEnd
    if let failure = item.pointee.failure { return answer(failure, client) }
    let arguments = UnsafeBufferPointer(
      start: batch.arguments.base + item.pointee.argumentStart, count: item.pointee.argumentCount)
    if speaksOtherProtocol(arguments[0]) { return refuseOtherProtocol(client) }
    beginSilence(client)
    let mark = client.pointee.reply.mark
    if let text = refusal(of: item.pointee.command, arguments, client) {
      refuse(item.pointee.command, text, client)
    } else if let command = item.pointee.command {
      if mustWait(command, client) {
        client.pointee.requestStart = start
        client.pointee.lastCommandIndex = command.pointee.specIndex
        return postpone(client, arguments)
      }
      if client.pointee.attention.contains(.queueing),
        !command.pointee.flags.contains(.immediate)
      {
        queue(command, arguments, item.pointee.hash, client)
      } else {
        keyspace.state.pointee.now = commandTime
        runWithCare(command, client, arguments, item.pointee.hash)
      }
    }
    endSilence(client, since: mark)
    if keyspace.state.pointee.waited.hasReady { serveReadyKeys() }
    var bound = client.pointee.filledByteCountBound
    // Many who give no password must not together be owed what one client may be owed in a turn.
    if client.pointee.attention.contains(.unauthenticated) {
      bound = min(bound, ClientLimits.unauthenticatedOutputByteCountMax)
    }
    if client.pointee.reply.filledByteCount > bound { client.pointee.flags.insert(.yielded) }
  }

  /// Runs a command and shows it to those who monitor. Also for the commands of a transaction.
  mutating func runWithCare(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: UnsafeBufferPointer<ByteView>, _ hash: UInt64
  ) {
    let redacted = runTouching(command, client, arguments, hash)
    if attention.contains(.monitored) {
      feedMonitors(command, client, arguments, redacted: redacted)
    }
  }

  /// Runs a command that notes accesses and removes expired keys as the client and a pause allow.
  /// Returns the arguments that are not to be shown.
  mutating func runTouching(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: UnsafeBufferPointer<ByteView>, _ hash: UInt64
  ) -> UInt64 {
    guard let base = arguments.baseAddress else { return 0 }
    let leavesNoTrace =
      client.pointee.flags.contains(.noTouch) && command.pointee.name != Self.touchName
    if leavesNoTrace { keyspace.state.pointee.isTouching = false }
    keyspace.state.pointee.isExpiryPaused =
      isPaused && command.pointee.flags.isDisjoint(with: .write)
    let redacted = run(command, client, base, arguments.count, hash)
    keyspace.state.pointee.isTouching = saves.child == nil
    keyspace.state.pointee.isExpiryPaused = false
    return redacted
  }

  /// TOUCH does what it says even for a client with NO-TOUCH.
  private static let touchName = CommandName(ByteView("touch"))

  // MARK: Refusals

  /// Why the request must not run, in Redis' order of checks; nil if it may.
  private func refusal(
    of command: UnsafeMutablePointer<Command>?, _ arguments: UnsafeBufferPointer<ByteView>,
    _ client: UnsafeMutablePointer<Client>
  ) -> [UInt8]? {
    guard let command else { return unknownCommandText(arguments) }
    let flags = command.pointee.flags
    if !command.pointee.accepts(argumentCount: arguments.count) {
      let name = commands.fullName(Int(command.pointee.specIndex))
      return Array("ERR wrong number of arguments for '\(name)' command".utf8)
    }
    if client.pointee.attention.contains(.unauthenticated), !flags.contains(.noAuth) {
      return Array("NOAUTH Authentication required.".utf8)
    }
    if client.pointee.attention.contains(.queueing), flags.contains(.noMulti) {
      return Array("ERR Command not allowed inside a transaction".utf8)
    }
    if let text = persistenceRefusal(of: command, client) { return text }
    if client.pointee.attention.contains(.monitor),
      !flags.isDisjoint(with: [.write, .readonly, .mayReplicate])
    {
      return Array("ERR Replica can't interact with the keyspace".utf8)
    }
    return nil
  }

  /// Why the state of the data set or of its snapshots forbids the command.
  private func persistenceRefusal(
    of command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>
  ) -> [UInt8]? {
    if !attention.isDisjoint(with: [.savesFail, .logFails]), changesData(command, client) {
      if attention.contains(.savesFail) { return Array(Self.savesFailText.description.utf8) }
      let reason = SystemFailure(appendOnly.errorNumber).reason
      return Array("MISCONF Errors writing to the AOF file: \(reason)".utf8)
    }
    if attention.contains(.loading), !command.pointee.flags.contains(.loading) {
      return Array("LOADING Redis is loading the dataset in memory".utf8)
    }
    return nil
  }

  /// Whether the command is refused while nothing can be kept. PING is, so that whoever watches
  /// the server learns of it.
  private func changesData(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>
  ) -> Bool {
    if command.pointee.flags.contains(.write) || command.pointee.name == Self.pingName {
      return true
    }
    return command.pointee.name == Self.execName
      && client.pointee.transaction?.flags.contains(.write) == true
  }

  private static let pingName = CommandName(ByteView("ping"))

  private static let savesFailText: StaticString = """
    MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to \
    disk. Commands that may modify the data set are disabled, because this instance is configured \
    to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). \
    Please check the Redis logs for details about the RDB error.
    """

  /// Answers with an error; in MULTI, EXEC will fail for it. A refused EXEC ends the transaction.
  private mutating func refuse(
    _ command: UnsafeMutablePointer<Command>?, _ text: [UInt8],
    _ client: UnsafeMutablePointer<Client>
  ) {
    client.pointee.lastCommandIndex = command?.pointee.specIndex ?? -1
    command?.pointee.rejectedCalls += 1
    let mark = client.pointee.reply.mark
    let reply = withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0) }
    if command?.pointee.name == Self.execName {
      discardTransaction(client)
      let reason = text.starts(with: "ERR ".utf8) ? text.dropFirst(4) : text[...]
      (Array("EXECABORT Transaction discarded because of: ".utf8) + reason).withView {
        reply.error($0)
      }
    } else {
      if client.pointee.transaction != nil { client.pointee.flags.insert(.transactionFailed) }
      text.withView { reply.error($0) }
    }
    countError(client, since: mark)
  }

  /// The bytes as they came, each cut at 128 and at a zero byte, as C prints them.
  private func unknownCommandText(_ arguments: UnsafeBufferPointer<ByteView>) -> [UInt8] {
    if arguments.count > 1, commands.find(arguments[0]) != nil {
      return Array("ERR unknown subcommand '".utf8) + arguments[1].printable(128)
        + Array("'. Try \(String(arguments[0]).uppercased()) HELP.".utf8)
    }
    var shown: [UInt8] = []
    for argument in arguments.dropFirst() {
      if shown.count >= 128 { break }
      shown.append(UInt8(ascii: "'"))
      shown += argument.printable(128 - (shown.count - 1))
      shown += "' ".utf8
    }
    var text = Array("ERR unknown command '".utf8)
    text += arguments[0].printable(128)
    text += "', with args beginning with: ".utf8
    return text + shown
  }

  /// A protocol error ends the connection after its reply.
  private mutating func answer(
    _ failure: RequestParser.Outcome, _ client: UnsafeMutablePointer<Client>
  ) {
    guard case .failure(let error, let byte) = failure else { return }
    let mark = client.pointee.reply.mark
    let reply = withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0) }
    var text = Array("ERR Protocol error: \(error.text)".utf8)
    if error == .expectedDollar { text += [byte, UInt8(ascii: "'")] }
    text.withView { reply.error($0) }
    countError(client, since: mark)
    client.pointee.flags.insert(.closeAfterReply)
  }

  // MARK: Other protocols

  /// A line of an HTTP request: a browser was made to talk to the server behind its user's back.
  private func speaksOtherProtocol(_ word: ByteView) -> Bool {
    word.isKeyword("post") || word.isKeyword("host:")
  }

  private mutating func refuseOtherProtocol(_ client: UnsafeMutablePointer<Client>) {
    let now = clock.nanoseconds
    // A flood of requests must not become a flood of log lines.
    if now &- lastOtherProtocolWarningAt > 60_000_000_000 || lastOtherProtocolWarningAt == 0 {
      lastOtherProtocolWarningAt = now
      log.warning(
        "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: "
          + "commands to Redis. This is likely due to an attacker attempting to use Cross Protocol "
          + "Scripting to compromise your Redis instance. Connection from "
          + "\(client.pointee.details.address) aborted.")
    }
    disconnect(client)
  }

  // MARK: CLIENT REPLY

  /// After CLIENT REPLY SKIP this is the command without a reply.
  private func beginSilence(_ client: UnsafeMutablePointer<Client>) {
    if client.pointee.flags.contains(.replySkipNext) {
      client.pointee.flags.remove(.replySkipNext)
      client.pointee.flags.insert(.replySkip)
    }
  }

  /// Drops what was replied if the client does not want it.
  private func endSilence(_ client: UnsafeMutablePointer<Client>, since mark: ReplyBuffer.Mark) {
    if !client.pointee.flags.isDisjoint(with: [.replyOff, .replySkip]) {
      client.pointee.reply.rewind(to: mark)
    }
    client.pointee.flags.remove(.replySkip)
    if client.pointee.flags.isDisjoint(with: [.replyOff, .replySkipNext]) {
      client.pointee.attention.remove(.silenced)
    } else {
      client.pointee.attention.insert(.silenced)
    }
  }
}

extension ByteView {
  /// At most `limit` bytes, and none from a zero byte on.
  fileprivate func printable(_ limit: Int) -> UnsafeBufferPointer<UInt8>.SubSequence {
    buffer.prefix(limit).prefix { $0 != 0 }
  }
}
