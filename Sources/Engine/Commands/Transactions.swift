import Core

/// MULTI, EXEC and what belongs to them.
enum Transactions {
  static let specs: [CommandSpec] = [multi, exec, discard, watch, unwatch]

  static let multi = CommandSpec(
    "multi", .transactions, since: "1.2.0", arity: 1,
    flags: [.noscript, .loading, .stale, .fast, .allowBusy, .immediate],
    summary: "Begins a transaction: the commands that follow are queued.",
    complexity: "O(1)",
    run: runMulti)
  /// MULTI
  private static func runMulti(_ call: Call) throws(CommandError) {
    if call.client.transaction != nil { throw .text("ERR MULTI calls can not be nested") }
    call.beginTransaction()
    call.reply.ok()
  }

  static let exec = CommandSpec(
    "exec", .transactions, since: "1.2.0", arity: 1,
    flags: [.noscript, .loading, .stale, .skipSlowlog, .immediate],
    summary: "Runs the queued commands of a transaction.",
    complexity: "Depends on commands in the transaction",
    run: runExec)
  /// EXEC
  private static func runExec(_ call: Call) throws(CommandError) {
    guard let transaction = call.client.transaction else {
      throw .text("ERR EXEC without MULTI")
    }
    if call.client.flags.contains(.transactionFailed) {
      call.discardTransaction()
      throw .text("EXECABORT Transaction discarded because of previous errors.")
    }
    if call.hasBrokenWatch {
      call.discardTransaction()
      return call.reply.nullArray()
    }
    // Its own commands may change what it watched.
    call.unwatchAll()
    call.reply.array(transaction.queued.count)
    call.runTransaction()
    call.discardTransaction()
  }

  static let discard = CommandSpec(
    "discard", .transactions, since: "2.0.0", arity: 1,
    flags: [.noscript, .loading, .stale, .fast, .allowBusy, .immediate],
    summary: "Drops the queued commands of a transaction.",
    complexity: "O(N), when N is the number of queued commands",
    run: runDiscard)
  /// DISCARD
  private static func runDiscard(_ call: Call) throws(CommandError) {
    if call.client.transaction == nil { throw .text("ERR DISCARD without MULTI") }
    call.discardTransaction()
    call.reply.ok()
  }

  static let watch = CommandSpec(
    "watch", .transactions, since: "2.2.0", arity: -2,
    flags: [.noscript, .loading, .stale, .fast, .allowBusy, .immediate],
    keys: [.from(1, [.ro])],
    summary: "Makes the next EXEC depend on keys staying as they are.",
    complexity: "O(1) for every key.",
    arguments: [
      .key("key", .multiple)
    ],
    run: runWatch)
  /// WATCH key [key ...]
  private static func runWatch(_ call: Call) throws(CommandError) {
    if call.client.transaction != nil { throw .text("ERR WATCH inside MULTI is not allowed") }
    // What has changed already decides: more watches cannot matter.
    if !call.client.flags.contains(.watchedKeyChanged) {
      for index in 1..<call.count { call.watch(call.key(index)) }
    }
    call.reply.ok()
  }

  static let unwatch = CommandSpec(
    "unwatch", .transactions, since: "2.2.0", arity: 1,
    flags: [.noscript, .loading, .stale, .fast, .allowBusy],
    summary: "Forgets the keys that were to stay as they are.",
    complexity: "O(1)",
    run: runUnwatch)
  /// UNWATCH
  private static func runUnwatch(_ call: Call) throws(CommandError) {
    call.unwatchAll()
    call.reply.ok()
  }
}
