import Core

/// CONFIG, SHUTDOWN, DEBUG: commands for operators.
enum Administration {
  static let specs: [CommandSpec] = [config, shutdown, debug, save, bgsave, lastsave, bgrewriteaof]

  static let shutdown = CommandSpec(
    "shutdown", .server, since: "1.0.0", arity: -1,
    flags: [.admin, .noscript, .loading, .stale, .noMulti, .allowBusy],
    summary: "Ends the server, with or without a last snapshot.",
    complexity: """
      O(N) when saving, where N is the total number of keys in all databases when saving data, \
      otherwise O(1)
      """,
    arguments: [
      ArgumentSpec(
        "save-selector", .oneof, .optional, [.token("nosave", "NOSAVE"), .token("save", "SAVE")]),
      .token("now", "NOW", since: "7.0.0", .optional),
      .token("force", "FORCE", since: "7.0.0", .optional),
      .token("abort", "ABORT", since: "7.0.0", .optional),
    ],
    history: [.init("7.0.0", "Added the `NOW`, `FORCE` and `ABORT` modifiers.")],
    run: runShutdown)

  /// SHUTDOWN [NOSAVE | SAVE] [NOW] [FORCE] [ABORT]
  private static func runShutdown(_ call: Call) throws(CommandError) {
    var options: ShutdownOptions = []
    var isAbort = false
    for index in 1..<call.count {
      if call[index].isKeyword("nosave") {
        options.insert(.nosave)
      } else if call[index].isKeyword("save") {
        options.insert(.save)
      } else if call[index].isKeyword("now") {
        options.insert(.now)
      } else if call[index].isKeyword("force") {
        options.insert(.force)
      } else if call[index].isKeyword("abort") {
        isAbort = true
      } else {
        throw .syntax
      }
    }
    if options.isSuperset(of: [.save, .nosave]) || (isAbort && !options.isEmpty) { throw .syntax }
    // Nothing delays a shutdown yet, as a replica that lags would.
    if isAbort { throw .text("ERR No shutdown in progress.") }
    call.server.shutDown(options)
    throw .text("ERR Errors trying to SHUTDOWN. Check logs.")
  }
}
