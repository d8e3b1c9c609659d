import Core

/// Commands about the connection itself.
enum Connection {
  static let specs: [CommandSpec] = [ping]

  static let ping = CommandSpec(
    "ping", .connection, since: "1.0.0", arity: -1, flags: [.fast],
    summary: "Answers PONG, or the message it was given.",
    arguments: [ArgumentSpec("message", .string, .optional)], run: runPing)

  /// PING [message]
  private static func runPing(_ call: Call) throws(CommandError) {
    if call.count > 2 { throw call.fail("ERR wrong number of arguments for 'ping' command") }
    if call.count == 2 { return call.reply.bulk(call[1]) }
    call.reply.simple("PONG")
  }
}
