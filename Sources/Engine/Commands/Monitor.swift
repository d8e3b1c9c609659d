import Core

/// MONITOR.
enum Monitor {
  static let specs: [CommandSpec] = [monitor]

  static let monitor = CommandSpec(
    "monitor", .server, since: "1.0.0", arity: 1,
    flags: [.admin, .noscript, .loading, .stale, .barrier],
    summary: "Shows every command that the server runs.",
    complexity: "O(1)",
    run: runMonitor)
  /// MONITOR
  private static func runMonitor(_ call: Call) throws(CommandError) {
    if call.client.flags.contains(.executing) {
      throw .text("ERR MONITOR isn't allowed for DENY BLOCKING client")
    }
    guard call.addMonitor() else { return call.noReply() }
    call.reply.ok()
  }
}
