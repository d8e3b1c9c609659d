import CPrimitives
import Core

/// INFO, COMMAND, MEMORY, LATENCY, SLOWLOG: what the server tells about itself.
enum Information {
  static let specs: [CommandSpec] = [command, info, latency, lolwut, memory, slowlog, time]

  // MARK: INFO

  static let info = CommandSpec(
    "info", .server, since: "1.0.0", arity: -1, flags: [.loading, .stale],
    categories: [.dangerous],
    summary: "Reports the server's state and counters, by section.",
    arguments: [ArgumentSpec("section", .string, [.optional, .multiple])],
    history: [.init("7.0.0", "Several sections in one call.")],
    hints: [
      "nondeterministic_output", "request_policy:all_shards", "response_policy:special",
    ], run: runInfo)

  /// INFO [section [section ...]]
  private static func runInfo(_ call: Call) throws(CommandError) {
    let names = (1..<call.count).map { String(call[$0]).lowercased() }
    call.reply.verbatim(call.server.info(InfoSection.named(names)))
  }

  // MARK: TIME

  static let time = CommandSpec(
    "time", .server, since: "2.6.0", arity: 1, flags: [.loading, .stale, .fast],
    summary: "Tells the server's time.", hints: ["nondeterministic_output"], run: runTime)

  /// TIME
  private static func runTime(_ call: Call) throws(CommandError) {
    let microseconds = Int64(clamping: apus_wall_nanoseconds() / 1000)
    call.reply.array(2)
    call.reply.bulk(decimal: microseconds / 1_000_000)
    call.reply.bulk(decimal: microseconds % 1_000_000)
  }
}
