import CAlloc
import Core

/// MEMORY: where the memory is.
extension Information {
  static let memory = CommandSpec(
    "memory", .server, since: "4.0.0",
    summary: "Holds the commands on memory.",
    subcommands: [
      memoryDoctor, memoryHelp, memoryMallocStats, memoryPurge, memoryStats, memoryUsage,
    ])

  private static let memoryHints: [StaticString] = [
    "nondeterministic_output", "request_policy:all_shards", "response_policy:special",
  ]

  static let memoryUsage = CommandSpec(
    "usage", .server, since: "4.0.0", arity: -3, flags: [.readonly],
    keys: [.at(2, [.ro])], summary: "Tells how much memory a key and its value take.",
    complexity: "O(N) where N is the number of samples.",
    arguments: [.key(), ArgumentSpec("count", .integer, token: "SAMPLES", .optional)],
    run: runMemoryUsage)

  /// MEMORY USAGE key [SAMPLES count]
  private static func runMemoryUsage(_ call: Call) throws(CommandError) {
    var sampleCount: Int64 = 5
    var index = 3
    while index < call.count {
      guard call[index].isKeyword("SAMPLES"), index + 1 < call.count else { throw .syntax }
      sampleCount = try call.integer(index + 1)
      guard sampleCount >= 0 else { throw .syntax }
      index += 2
    }
    guard let slot = call.database.find(call.key(2)) else { return call.reply.null() }
    call.reply.integer(call.database.memoryUsage(slot, sampleCount: Int(sampleCount)))
  }

  static let memoryStats = CommandSpec(
    "stats", .server, since: "4.0.0", arity: 2, flags: [],
    summary: "Shows what memory is used for.", hints: memoryHints, run: runMemoryStats)

  /// MEMORY STATS
  private static func runMemoryStats(_ call: Call) throws(CommandError) {
    let fields = MemoryMeasures(&call.server).report
    call.reply.map(fields.count)
    for (name, value) in fields {
      call.reply.bulk(name)
      switch value {
      case .count(let number): call.reply.integer(number)
      case .share(let number):
        Array(NumberText.shortest(number).utf8).withView { call.reply.double(text: $0) }
      case .database(let overhead):
        call.reply.map(2)
        call.reply.bulk("overhead.hashtable.main")
        call.reply.integer(overhead)
        call.reply.bulk("overhead.hashtable.expires")
        call.reply.integer(0)
      }
    }
  }

  static let memoryDoctor = CommandSpec(
    "doctor", .server, since: "4.0.0", arity: 2, flags: [],
    summary: "Explains problems with memory in words.", hints: memoryHints, run: runMemoryDoctor)

  /// MEMORY DOCTOR
  private static func runMemoryDoctor(_ call: Call) throws(CommandError) {
    let measures = MemoryMeasures(&call.server)
    call.reply.verbatim(measures.advice(clientCount: call.server.clients.count))
  }

  static let memoryPurge = CommandSpec(
    "purge", .server, since: "4.0.0", arity: 2, flags: [],
    summary: "Returns unused memory to the system.",
    complexity: "Depends on how much memory is allocated, could be slow",
    hints: ["request_policy:all_shards", "response_policy:all_succeeded"], run: runMemoryPurge)

  /// MEMORY PURGE
  private static func runMemoryPurge(_ call: Call) throws(CommandError) {
    call.server.giveBackReserves()
    apus_alloc_purge()
    call.reply.ok()
  }

  static let memoryMallocStats = CommandSpec(
    "malloc-stats", .server, since: "4.0.0", arity: 2, flags: [],
    summary: "Shows the allocator's own report.",
    complexity: "Depends on how much memory is allocated, could be slow", hints: memoryHints,
    run: runMemoryMallocStats)

  /// MEMORY MALLOC-STATS
  private static func runMemoryMallocStats(_ call: Call) throws(CommandError) {
    call.reply.verbatim(MemoryMeasures.allocatorReport())
  }

  static let memoryHelp = CommandSpec(
    "help", .server, since: "4.0.0", arity: 2, flags: [.loading, .stale],
    summary: "Shows what the subcommands do.", run: runMemoryHelp)

  /// MEMORY HELP
  private static func runMemoryHelp(_ call: Call) throws(CommandError) {
    call.replyHelp("MEMORY", [
      "DOCTOR",
      "    Return memory problems reports.",
      "MALLOC-STATS",
      "    Return internal statistics report from the memory allocator.",
      "PURGE",
      "    Attempt to purge dirty pages for reclamation by the allocator.",
      "STATS",
      "    Return information about the memory usage of the server.",
      "USAGE <key> [SAMPLES <count>]",
      "    Return memory in bytes used by <key> and its value. Nested values are",
      "    sampled up to <count> times (default: 5, 0 means sample all).",
    ])
  }
}
