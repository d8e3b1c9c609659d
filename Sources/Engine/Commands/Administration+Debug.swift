import Core

// DEBUG: for tests and for those who look into a server that misbehaves.
extension Administration {
  static let debug = CommandSpec(
    "debug", .server, since: "1.0.0", arity: -2, flags: [.admin, .noscript, .loading, .stale],
    summary: "Holds the commands for debugging.", complexity: "Depends on subcommand.",
    isSystemCommand: true, run: runDebug)

  /// A subcommand of DEBUG. They are no commands of their own, in Redis neither: one arity, one
  /// entry in the statistics, one error for whatever is wrong with them.
  struct DebugSubcommand {
    let name: StaticString
    /// Arguments with DEBUG and the subcommand.
    let counts: ClosedRange<Int>
    /// As HELP shows it: arguments, then lines of text. Empty: not shown.
    let synopsis: StaticString
    let help: [StaticString]
    let run: (Call) throws(CommandError) -> Void

    init(
      _ name: StaticString, _ counts: ClosedRange<Int>, _ synopsis: StaticString = "",
      _ help: [StaticString] = [], _ run: @escaping (Call) throws(CommandError) -> Void
    ) {
      self.name = name
      self.counts = counts
      self.synopsis = synopsis
      self.help = help
      self.run = run
    }
  }

  private static let subcommands = debugData + debugPersistence + debugProcess + debugSwitches

  /// DEBUG subcommand [argument ...]
  private static func runDebug(_ call: Call) throws(CommandError) {
    let isLocal = call.client.details.isLocal
    guard call.server.configuration.allows(.enableDebugCommand, localClient: isLocal) else {
      throw .text(
        """
        ERR DEBUG command not allowed. If the enable-debug-command option is set to "local", you \
        can run it from a local connection, otherwise you need to set this option in the \
        configuration file, and then restart the server.
        """)
    }
    if call[1].isKeyword("help"), call.count == 2 { return replyDebugHelp(call) }
    for subcommand in subcommands where call[1].isKeyword(subcommand.name) {
      guard subcommand.counts.contains(call.count) else { break }
      return try subcommand.run(call)
    }
    throw call.fail(
      "ERR unknown subcommand or wrong number of arguments for '", echoing: call[1], limit: 128,
      "'. Try DEBUG HELP.")
  }

  private static func replyDebugHelp(_ call: Call) {
    let shown = subcommands.filter { !$0.help.isEmpty }.sorted {
      $0.name.description < $1.name.description
    }
    var lines: [String] = []
    for subcommand in shown {
      let separator = subcommand.synopsis.utf8CodeUnitCount == 0 ? "" : " "
      lines.append("\(subcommand.name)\(separator)\(subcommand.synopsis)")
      lines += subcommand.help.map { "    \($0)" }
    }
    call.replyHelp("DEBUG", lines)
  }

  /// What `atoi` reads from the argument: 0 where there is no number.
  static func leadingInteger(_ bytes: ByteView) -> Int {
    let text = String(bytes)
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "-") }
    return Int(digits) ?? 0
  }
}
