import Core

/// Asking for deadlines. All reply -2 for a key that does not exist, -1 for one without a deadline.
extension Keys {
  static let ttl = CommandSpec(
    "ttl", .generic, since: "1.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Tells in how many seconds a key expires.",
    arguments: [.key()], history: [.init("2.8.0", "Replies -2 for a missing key.")],
    hints: ["nondeterministic_output"], run: runTtl)

  /// TTL key
  private static func runTtl(_ call: Call) throws(CommandError) {
    reply(call) { deadline in roundToSeconds(max(0, deadline - call.now)) }
  }

  static let pttl = CommandSpec(
    "pttl", .generic, since: "2.6.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Tells in how many milliseconds a key expires.",
    arguments: [.key()], history: [.init("2.8.0", "Replies -2 for a missing key.")],
    hints: ["nondeterministic_output"], run: runPttl)

  /// PTTL key
  private static func runPttl(_ call: Call) throws(CommandError) {
    reply(call) { deadline in max(0, deadline - call.now) }
  }

  static let expiretime = CommandSpec(
    "expiretime", .generic, since: "7.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])],
    summary: "Tells at which Unix time, in seconds, a key expires.", arguments: [.key()],
    run: runExpiretime)

  /// EXPIRETIME key
  private static func runExpiretime(_ call: Call) throws(CommandError) {
    reply(call) { deadline in roundToSeconds(deadline) }
  }

  static let pexpiretime = CommandSpec(
    "pexpiretime", .generic, since: "7.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])],
    summary: "Tells at which Unix time, in milliseconds, a key expires.", arguments: [.key()],
    run: runPexpiretime)

  /// PEXPIRETIME key
  private static func runPexpiretime(_ call: Call) throws(CommandError) {
    reply(call) { deadline in deadline }
  }

  @inline(__always)
  private static func reply(_ call: Call, _ shown: (Int64) -> Int64) {
    guard let slot = call.database.inspect(call.key(1)) else { return call.reply.integer(-2) }
    guard let deadline = call.database.deadline(slot) else { return call.reply.integer(-1) }
    call.reply.integer(shown(deadline))
  }

  /// REQUIRES: not negative; a deadline that is never is, and neither is one that has not come.
  private static func roundToSeconds(_ milliseconds: Int64) -> Int64 {
    milliseconds / 1000 + (milliseconds % 1000 >= 500 ? 1 : 0)
  }
}
