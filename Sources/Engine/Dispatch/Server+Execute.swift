import Core

/// From a parsed request to its reply: the checks, the handler, the accounts.
extension Server {
  /// Runs one request of the batch, unless one before it has stopped its connection.
  @inline(__always)
  mutating func execute(_ item: UnsafeMutablePointer<Batch.Item>) {
    let client = item.pointee.client
    guard client.pointee.flags.isDisjoint(with: [.blocked, .closed, .closeAfterReply]) else {
      return
    }
    client.pointee.requestStart = item.pointee.requestEnd
    guard let command = item.pointee.command,
      command.pointee.accepts(argumentCount: item.pointee.argumentCount),
      client.pointee.attention.rawValue | attention.rawValue == 0
    else { return executeWithCare(item) }
    run(command, item)
  }

  /// Calls the handler and keeps the accounts.
  @inline(__always)
  mutating func run(
    _ command: UnsafeMutablePointer<Command>, _ item: UnsafeMutablePointer<Batch.Item>
  ) {
    let client = item.pointee.client
    client.pointee.lastCommandIndex = command.pointee.specIndex
    currentClient = client
    keyspace.state.pointee.now = clock.wallMilliseconds
    let start = clock.nanoseconds
    var frame = Call.Frame(
      server: address, client: client, database: keyspace[client.pointee.databaseIndex],
      arguments: UnsafePointer(batch.arguments.base + item.pointee.argumentStart),
      count: item.pointee.argumentCount, command: command, firstKeyHash: item.pointee.hash)
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
    }
    if client.pointee.reply.valuesOwed != 0 { repairReply(client, since: mark, command) }
    let end = clock.advance()
    let failed = client.pointee.reply.errorCount != errorCount
    if failed { countError(client, since: mark) }
    account(
      command, client, frame.arguments, frame.count, redacted: frame.redacted,
      durationNanoseconds: end &- start, failed: failed)
  }

  /// The server's own address: it never moves.
  @inline(__always)
  private var address: UnsafeMutablePointer<Server> {
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
    _ client: UnsafeMutablePointer<Client>, since mark: ReplyBuffer.Mark,
    _ command: UnsafeMutablePointer<Command>
  ) {
    client.pointee.reply.rewind(to: mark)
    client.pointee.reply.valuesOwed = 1
    withUnsafeMutablePointer(to: &client.pointee.reply) {
      ReplyWriter($0).error("ERR internal error: the reply was not whole")
    }
    client.pointee.reply.valuesOwed = 0
  }

  // MARK: The careful way

  /// Requests that are not plain: unknown, malformed, or from a client or server in a special state.
  @inline(never)
  mutating func executeWithCare(_ item: UnsafeMutablePointer<Batch.Item>) {
    let client = item.pointee.client
    let reply = withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0) }
    if let failure = item.pointee.failure { return answer(failure, client) }
    let arguments = UnsafeBufferPointer(
      start: batch.arguments.base + item.pointee.argumentStart, count: item.pointee.argumentCount)
    guard let command = item.pointee.command else {
      return reply.error(unknownCommandText(arguments))
    }
    guard command.pointee.accepts(argumentCount: arguments.count) else {
      let name = commands.fullName(Int(command.pointee.specIndex))
      return reply.error("ERR wrong number of arguments for '\(name)' command")
    }
    run(command, item)
  }

  private func unknownCommandText(_ arguments: UnsafeBufferPointer<ByteView>) -> String {
    let name = String(arguments[0].slice(0, min(arguments[0].count, 128)))
    if arguments.count > 1, commands.find(arguments[0]) != nil {
      let subcommand = String(arguments[1].slice(0, min(arguments[1].count, 128)))
      return "ERR unknown subcommand '\(subcommand)'. Try \(name.uppercased()) HELP."
    }
    var shown = ""
    for argument in arguments.dropFirst() {
      if shown.utf8.count >= 128 { break }
      let room = min(argument.count, 128 - shown.utf8.count)
      shown += "'\(String(argument.slice(0, room)))' "
    }
    return "ERR unknown command '\(name)', with args beginning with: \(shown)"
  }

  /// A protocol error ends the connection after its reply.
  private mutating func answer(
    _ failure: RequestParser.Outcome, _ client: UnsafeMutablePointer<Client>
  ) {
    guard case .failure(let error, let byte) = failure else { return }
    let reply = withUnsafeMutablePointer(to: &client.pointee.reply) { ReplyWriter($0) }
    var text = "ERR Protocol error: \(error.text)"
    if error == .expectedDollar { text += "\(Character(UnicodeScalar(byte)))'" }
    reply.error(text)
    client.pointee.flags.insert(.closeAfterReply)
  }
}
