import Core

// BGREWRITEAOF: the append-only file, written anew.
extension Administration {
  static let bgrewriteaof = CommandSpec(
    "bgrewriteaof", .server, since: "1.0.0", arity: 1,
    flags: [.admin, .noscript, .noAsyncLoading],
    summary: "Writes the append-only file anew in a child process.", complexity: "O(1)",
    run: runBgrewriteaof)

  /// BGREWRITEAOF
  private static func runBgrewriteaof(_ call: Call) throws(CommandError) {
    if call.server.saves.isRewriting {
      throw .text("ERR Background append only file rewriting already in progress")
    }
    if call.server.saves.child != nil || call.client.flags.contains(.executing) {
      call.server.appendOnly.rewrites.schedule()
      return call.reply.simple("Background append only file rewriting scheduled")
    }
    guard call.server.rewriteInBackground() else {
      throw .text(
        """
        ERR Can't execute an AOF background rewriting. Please check the server logs for more \
        information.
        """)
    }
    call.reply.simple("Background append only file rewriting started")
  }
}
