import Core

/// Commands that wait until there is a member.
extension SortedSets {
  private static let timeout = ArgumentSpec("timeout", .double)
  private static let timeoutHistory: [CommandSpec.HistoryNote] = [
    .init("6.0.0", "The timeout may have a fraction.")
  ]
  /// All arguments but the last.
  private static let keys: [KeySpec] = [
    KeySpec(.index(1), .range(last: -2, step: 1, limit: 0), [.rw, .access, .delete])
  ]

  static let bzpopmin = CommandSpec(
    "bzpopmin", .sortedSet, since: "5.0.0", arity: -3, flags: [.write, .blocking, .fast],
    keys: keys,
    summary:
      "Removes the lowest member of the first sorted set that exists and returns it, or waits.",
    complexity: "O(log(N)) where N is the number of members.",
    arguments: [.key("key", .multiple), timeout], history: timeoutHistory, run: runBzpopmin)

  /// BZPOPMIN key [key ...] timeout
  private static func runBzpopmin(_ call: Call) throws(CommandError) {
    try blockingPop(call, fromEnd: false)
  }

  static let bzpopmax = CommandSpec(
    "bzpopmax", .sortedSet, since: "5.0.0", arity: -3, flags: [.write, .blocking, .fast],
    keys: keys,
    summary:
      "Removes the highest member of the first sorted set that exists and returns it, or waits.",
    complexity: "O(log(N)) where N is the number of members.",
    arguments: [.key("key", .multiple), timeout], history: timeoutHistory, run: runBzpopmax)

  /// BZPOPMAX key [key ...] timeout
  private static func runBzpopmax(_ call: Call) throws(CommandError) {
    try blockingPop(call, fromEnd: true)
  }

  private static func blockingPop(_ call: Call, fromEnd: Bool) throws(CommandError) {
    let last = call.count - 1
    let timeout = try call.timeout(last)
    for index in 1..<last {
      let key = call.key(index)
      guard let slot = try call.database.write(key, as: .sortedSet) else { continue }
      call.reply.array(3)
      call.reply.bulk(key.bytes)
      popOne(call, key, slot, fromEnd: fromEnd)
      if call.isLogged { call.effect(fromEnd ? "ZPOPMAX" : "ZPOPMIN").add(key.bytes).end() }
      return
    }
    if !call.mayBlock { return call.reply.nullArray() }
    call.block(onKeys: 1..<last, .sortedSet, timeout)
  }

  static let bzmpop = CommandSpec(
    "bzmpop", .sortedSet, since: "7.0.0", arity: -5, flags: [.write, .blocking],
    keys: [.counted(2, [.rw, .access, .delete])],
    summary: "Removes members from the first sorted set that exists and returns them, or waits.",
    complexity: manyComplexity, arguments: [timeout] + manyArguments, run: runBzmpop)

  /// BZMPOP timeout numkeys key [key ...] <MIN | MAX> [COUNT count]
  private static func runBzmpop(_ call: Call) throws(CommandError) {
    let pop = try ManyPop(call, from: 2)
    let timeout = try call.timeout(1)
    if try popFirst(call, pop) { return }
    if !call.mayBlock { return call.reply.nullArray() }
    call.block(onKeys: pop.keys, .sortedSet, timeout)
  }
}
