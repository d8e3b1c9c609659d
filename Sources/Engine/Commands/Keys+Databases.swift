import Core

/// Databases as a whole.
extension Keys {
  static let select = CommandSpec(
    "select", .connection, since: "1.0.0", arity: 2, flags: [.loading, .stale, .fast],
    summary: "Chooses the database that the connection works on.",
    arguments: [ArgumentSpec("index", .integer)], run: runSelect)

  /// SELECT index
  private static func runSelect(_ call: Call) throws(CommandError) {
    call.client.databaseIndex = try database(call, 1).index
    call.reply.ok()
  }

  /// The database whose number is the argument at `index`.
  static func database(_ call: Call, _ index: Int) throws(CommandError) -> Database {
    let number = try call.integer(index)
    if Int32(exactly: number) == nil {
      throw .text("ERR value is out of range, value must between -2147483648 and 2147483647")
    }
    return try database(call, number)
  }

  private static func database(_ call: Call, _ number: Int64) throws(CommandError) -> Database {
    guard number >= 0, number < call.server.keyspace.databaseCount else {
      throw .text("ERR DB index is out of range")
    }
    return call.server.keyspace[Int(number)]
  }

  static let swapdb = CommandSpec(
    "swapdb", .server, since: "4.0.0", arity: 3, flags: [.write, .fast],
    categories: [.keyspace, .dangerous], summary: "Exchanges the keys of two databases.",
    complexity: "O(N) for N clients that watch keys of either database or wait for one.",
    arguments: [ArgumentSpec("index1", .integer), ArgumentSpec("index2", .integer)],
    run: runSwapdb)

  /// SWAPDB index1 index2
  private static func runSwapdb(_ call: Call) throws(CommandError) {
    guard let one = call[1].parseInteger(), Int32(exactly: one) != nil else {
      throw .text("ERR invalid first DB index")
    }
    guard let other = call[2].parseInteger(), Int32(exactly: other) != nil else {
      throw .text("ERR invalid second DB index")
    }
    let first = try database(call, one)
    let second = try database(call, other)
    if one != other {
      call.server.keyspace.willSwap(first, second)
      first.swapContents(with: second)
      call.server.keyspace.didSwap(first, second)
    }
    first.countChanges(1)
    call.reply.ok()
  }

  private static let flushArguments = [
    ArgumentSpec(
      "flush-type", .oneof, .optional,
      [.token("async", "ASYNC", since: "4.0.0"), .token("sync", "SYNC", since: "6.2.0")])
  ]

  private static let flushHistory: [CommandSpec.HistoryNote] = [
    .init("4.0.0", "Takes `ASYNC`."), .init("6.2.0", "Takes `SYNC`."),
  ]

  static let flushdb = CommandSpec(
    "flushdb", .server, since: "1.0.0", arity: -1, flags: [.write],
    categories: [.keyspace, .dangerous], summary: "Removes all keys of the selected database.",
    complexity: "O(N) for N keys in the database.", arguments: flushArguments,
    history: flushHistory,
    hints: ["request_policy:all_shards", "response_policy:all_succeeded"], run: runFlushdb)

  /// FLUSHDB [ASYNC | SYNC]
  private static func runFlushdb(_ call: Call) throws(CommandError) {
    let isLazy = try parseFlushType(call)
    flush(call, call.database, isLazy: isLazy)
    call.logAlways()
    call.reply.ok()
  }

  static let flushall = CommandSpec(
    "flushall", .server, since: "1.0.0", arity: -1, flags: [.write],
    categories: [.keyspace, .dangerous], summary: "Removes all keys of all databases.",
    complexity: "O(N) for N keys in all databases.", arguments: flushArguments,
    history: flushHistory,
    hints: ["request_policy:all_shards", "response_policy:all_succeeded"], run: runFlushall)

  /// FLUSHALL [ASYNC | SYNC]
  private static func runFlushall(_ call: Call) throws(CommandError) {
    let isLazy = try parseFlushType(call)
    for index in 0..<call.server.keyspace.databaseCount {
      flush(call, call.server.keyspace[index], isLazy: isLazy)
    }
    call.logAlways()
    call.server.didFlushAll()
    call.reply.ok()
  }

  private static func flush(_ call: Call, _ database: Database, isLazy: Bool) {
    call.server.keyspace.willEmpty(database)
    database.countChanges(database.flush(isLazy: isLazy))
  }

  /// Whether keys are to be freed in the background.
  private static func parseFlushType(_ call: Call) throws(CommandError) -> Bool {
    if call.count == 1 { return call.database.lazyFreeing.isLazyForUserFlush }
    guard call.count == 2 else { throw .syntax }
    if call[1].isKeyword("ASYNC") { return true }
    if call[1].isKeyword("SYNC") { return false }
    throw .syntax
  }
}
