import Core

/// SLOWLOG: the calls that took longest.
extension Information {
  static let slowlog = CommandSpec(
    "slowlog", .server, since: "2.2.12",
    summary: "Holds the commands on the slow log.",
    subcommands: [slowlogGet, slowlogHelp, slowlogLen, slowlogReset])

  static let slowlogGet = CommandSpec(
    "get", .server, since: "2.2.12", arity: -2, flags: [.admin, .loading, .stale],
    summary: "Lists the slow log's newest entries.",
    complexity: "O(N) where N is the number of entries returned",
    arguments: [ArgumentSpec("count", .integer, .optional)],
    history: [.init("4.0.0", "Shows the client's address and name.")],
    hints: ["request_policy:all_nodes", "nondeterministic_output"], run: runSlowlogGet)

  /// SLOWLOG GET [count]
  private static func runSlowlogGet(_ call: Call) throws(CommandError) {
    if call.count > 3 { throw call.subcommandSyntax() }
    var wanted = 10
    if call.count == 3 {
      guard let count = call[2].parseInteger(), count >= -1 else {
        throw .text("ERR count should be greater than or equal to -1")
      }
      wanted = count == -1 ? .max : Int(count)
    }
    let entries = call.server.slowlog.newest(wanted)
    call.reply.array(entries.count)
    for entry in entries {
      call.reply.array(6)
      call.reply.integer(entry.id)
      call.reply.integer(entry.second)
      call.reply.integer(Int64(clamping: entry.microseconds))
      call.reply.array(entry.arguments.count)
      for argument in entry.arguments { call.reply.bulk(argument) }
      call.reply.bulk(entry.address)
      call.reply.bulk(entry.clientName)
    }
  }

  static let slowlogLen = CommandSpec(
    "len", .server, since: "2.2.12", arity: 2, flags: [.admin, .loading, .stale],
    summary: "Counts the slow log's entries.",
    hints: [
      "request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output",
    ], run: runSlowlogLen)

  /// SLOWLOG LEN
  private static func runSlowlogLen(_ call: Call) throws(CommandError) {
    call.reply.integer(call.server.slowlog.count)
  }

  static let slowlogReset = CommandSpec(
    "reset", .server, since: "2.2.12", arity: 2, flags: [.admin, .loading, .stale],
    summary: "Empties the slow log.",
    complexity: "O(N) where N is the number of entries in the slowlog",
    hints: ["request_policy:all_nodes", "response_policy:all_succeeded"], run: runSlowlogReset)

  /// SLOWLOG RESET
  private static func runSlowlogReset(_ call: Call) throws(CommandError) {
    call.server.slowlog.reset()
    call.reply.ok()
  }

  static let slowlogHelp = CommandSpec(
    "help", .server, since: "6.2.0", arity: 2, flags: [.loading, .stale],
    summary: "Shows what the subcommands do.", run: runSlowlogHelp)

  /// SLOWLOG HELP
  private static func runSlowlogHelp(_ call: Call) throws(CommandError) {
    call.replyHelp("SLOWLOG", [
      "GET [<count>]",
      "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
      "    Entries are made of:",
      "    id, timestamp, time in microseconds, arguments array, client IP and port,",
      "    client name",
      "LEN",
      "    Return the length of the slowlog.",
      "RESET",
      "    Reset the slowlog.",
    ])
  }
}

extension Call {
  /// The subcommand is one that exists, but with other arguments.
  func subcommandSyntax() -> CommandError {
    let container = server.commands.specs[
      server.commands.containers[Int(frame.pointee.command.pointee.specIndex)] ?? 0]
    let text =
      Array("ERR unknown subcommand or wrong number of arguments for '".utf8)
      + self[1].buffer.prefix(128).prefix { $0 != 0 }
      + Array("'. Try \(container.name.description.uppercased()) HELP.".utf8)
    text.withView { reply.error($0) }
    return .replied
  }
}
