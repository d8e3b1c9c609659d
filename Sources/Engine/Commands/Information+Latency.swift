import Core

/// LATENCY: when the server was slow, and how long commands take.
extension Information {
  static let latency = CommandSpec(
    "latency", .server, since: "2.8.13",
    summary: "Holds the commands on latency.",
    subcommands: [
      latencyDoctor, latencyGraph, latencyHelp, latencyHistogram, latencyHistory, latencyLatest,
      latencyReset,
    ])

  private static let latencyFlags: CommandFlags = [.admin, .noscript, .loading, .stale]
  private static let latencyHints: [StaticString] = [
    "nondeterministic_output", "request_policy:all_nodes", "response_policy:special",
  ]

  static let latencyLatest = CommandSpec(
    "latest", .server, since: "2.8.13", arity: 2, flags: latencyFlags,
    summary: "Lists the latest spike of each event.", hints: latencyHints, run: runLatencyLatest)

  /// LATENCY LATEST
  private static func runLatencyLatest(_ call: Call) throws(CommandError) {
    let events = call.server.latency.events
    call.reply.array(events.count)
    for event in events {
      call.reply.array(4)
      call.reply.bulk(event.name)
      call.reply.integer(event.last?.second ?? 0)
      call.reply.integer(Int64(clamping: event.last?.milliseconds ?? 0))
      call.reply.integer(Int64(clamping: event.maximum))
    }
  }

  static let latencyHistory = CommandSpec(
    "history", .server, since: "2.8.13", arity: 3, flags: latencyFlags,
    summary: "Lists the spikes of an event with their times.",
    arguments: [ArgumentSpec("event", .string)], hints: latencyHints, run: runLatencyHistory)

  /// LATENCY HISTORY event
  private static func runLatencyHistory(_ call: Call) throws(CommandError) {
    let samples = call.server.latency.event(named: String(call[2]))?.samples ?? []
    call.reply.array(samples.count)
    for sample in samples {
      call.reply.array(2)
      call.reply.integer(sample.second)
      call.reply.integer(Int64(clamping: sample.milliseconds))
    }
  }

  static let latencyReset = CommandSpec(
    "reset", .server, since: "2.8.13", arity: -2, flags: latencyFlags,
    summary: "Forgets the spikes of some events, or all.",
    arguments: [ArgumentSpec("event", .string, [.optional, .multiple])],
    hints: ["request_policy:all_nodes", "response_policy:all_succeeded"], run: runLatencyReset)

  /// LATENCY RESET [event [event ...]]
  private static func runLatencyReset(_ call: Call) throws(CommandError) {
    let names = call.count == 2 ? nil : (2..<call.count).map { String(call[$0]) }
    call.reply.integer(call.server.latency.reset(names))
  }

  static let latencyGraph = CommandSpec(
    "graph", .server, since: "2.8.13", arity: 3, flags: latencyFlags,
    summary: "Draws the spikes of an event.", arguments: [ArgumentSpec("event", .string)],
    hints: latencyHints, run: runLatencyGraph)

  /// LATENCY GRAPH event
  private static func runLatencyGraph(_ call: Call) throws(CommandError) {
    guard let event = call.server.latency.event(named: String(call[2])) else {
      throw call.fail("ERR No samples available for event '", echoing: call[2], "'")
    }
    call.reply.verbatim(LatencyReport.graph(of: event, atSecond: call.now / 1000))
  }

  static let latencyDoctor = CommandSpec(
    "doctor", .server, since: "2.8.13", arity: 2, flags: latencyFlags,
    summary: "Explains the spikes in words.", hints: latencyHints, run: runLatencyDoctor)

  /// LATENCY DOCTOR
  private static func runLatencyDoctor(_ call: Call) throws(CommandError) {
    call.reply.verbatim(LatencyReport.advice(on: call.server.latency))
  }

  static let latencyHistogram = CommandSpec(
    "histogram", .server, since: "7.0.0", arity: -2, flags: latencyFlags,
    summary: "Shows how often commands took how long.",
    complexity: """
      O(N) where N is the number of commands with latency information being retrieved.
      """,
    arguments: [ArgumentSpec("command", .string, [.optional, .multiple])], hints: latencyHints,
    run: runLatencyHistogram)

  /// LATENCY HISTOGRAM [command [command ...]]
  private static func runLatencyHistogram(_ call: Call) throws(CommandError) {
    let commands = call.server.commands
    let asked = call.count == 2
      ? Array(0..<commands.count)
      : (2..<call.count).flatMap { commands.positions(named: call[$0]) }
    let histograms = asked.compactMap { position in
      commands.histogram(position).map { (commands.fullName(position), $0) }
    }
    call.reply.map(histograms.count)
    for (name, histogram) in histograms {
      var counts: [(UInt64, UInt64)] = []
      histogram.forEachPowerOfTwo { counts.append(($0, $1)) }
      call.reply.bulk(name)
      call.reply.map(2)
      call.reply.bulk("calls")
      call.reply.integer(Int64(clamping: histogram.totalCount))
      call.reply.bulk("histogram_usec")
      call.reply.map(counts.count)
      for (microseconds, count) in counts {
        call.reply.integer(Int64(clamping: microseconds))
        call.reply.integer(Int64(clamping: count))
      }
    }
  }

  static let latencyHelp = CommandSpec(
    "help", .server, since: "2.8.13", arity: 2, flags: [.loading, .stale],
    summary: "Shows what the subcommands do.", run: runLatencyHelp)

  /// LATENCY HELP
  private static func runLatencyHelp(_ call: Call) throws(CommandError) {
    call.replyHelp("LATENCY", [
      "DOCTOR",
      "    Return a human readable latency analysis report.",
      "GRAPH <event>",
      "    Return an ASCII latency graph for the <event> class.",
      "HISTORY <event>",
      "    Return time-latency samples for the <event> class.",
      "LATEST",
      "    Return the latest latency samples for all events.",
      "RESET [<event> ...]",
      "    Reset latency data of one or more <event> classes.",
      "    (default: reset all data for all event classes)",
      "HISTOGRAM [COMMAND ...]",
      """
          Return a cumulative distribution of latencies in the format of a histogram for the \
      specified command names.
      """,
      "    If no commands are specified then all histograms are replied.",
    ])
  }
}
