import Core

/// Commands that wait until there is an element.
extension Lists {
  private static let timeout = ArgumentSpec("timeout", .double)
  private static let timeoutHistory: [CommandSpec.HistoryNote] = [
    .init("6.0.0", "The timeout may have a fraction.")
  ]
  /// All arguments but the last.
  private static let keys: [KeySpec] = [
    KeySpec(.index(1), .range(last: -2, step: 1, limit: 0), [.rw, .access, .delete])
  ]

  static let blpop = CommandSpec(
    "blpop", .list, since: "2.0.0", arity: -3, flags: [.write, .blocking], keys: keys,
    summary: "Removes the first element of the first list that exists and returns it, or waits.",
    complexity: "O(N) where N is the number of provided keys.",
    arguments: [.key("key", .multiple), timeout], history: timeoutHistory, run: runBlpop)

  /// BLPOP key [key ...] timeout
  private static func runBlpop(_ call: Call) throws(CommandError) { try blockingPop(call, .head) }

  static let brpop = CommandSpec(
    "brpop", .list, since: "2.0.0", arity: -3, flags: [.write, .blocking], keys: keys,
    summary: "Removes the last element of the first list that exists and returns it, or waits.",
    complexity: "O(N) where N is the number of provided keys.",
    arguments: [.key("key", .multiple), timeout], history: timeoutHistory, run: runBrpop)

  /// BRPOP key [key ...] timeout
  private static func runBrpop(_ call: Call) throws(CommandError) { try blockingPop(call, .tail) }

  private static func blockingPop(_ call: Call, _ side: QuicklistSide) throws(CommandError) {
    let last = call.count - 1
    let timeout = try call.timeout(last)
    for index in 1..<last {
      let key = call.key(index)
      guard let list = try call.database.writeList(key) else { continue }
      call.reply.array(2)
      call.reply.bulk(key.bytes)
      popEnd(call, key, list, side)
      if call.isLogged { call.effect(side == .head ? "LPOP" : "RPOP").add(key.bytes).end() }
      return
    }
    if !call.mayBlock { return call.reply.nullArray() }
    call.block(onKeys: 1..<last, .list, timeout)
  }

  static let blmove = CommandSpec(
    "blmove", .list, since: "6.2.0", arity: 6, flags: [.write, .denyoom, .blocking],
    keys: sourceKeys,
    summary: "Moves an element from an end of a list to an end of another one, or waits.",
    arguments: [
      .key("source"), .key("destination", keySpec: 1),
      ArgumentSpec("wherefrom", .oneof, [], sides), ArgumentSpec("whereto", .oneof, [], sides),
      timeout,
    ], run: runBlmove)

  /// BLMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout
  private static func runBlmove(_ call: Call) throws(CommandError) {
    let from = try side(call, 3)
    let to = try side(call, 4)
    if try blockingMove(call, from, to, call.timeout(5)), call.isLogged {
      call.effect("LMOVE").add(call, 1..<5).end()
    }
  }

  static let brpoplpush = CommandSpec(
    "brpoplpush", .list, since: "2.2.0", arity: 4, flags: [.write, .denyoom, .blocking],
    keys: sourceKeys,
    summary: "Moves the last element of a list to the head of another one, or waits.",
    arguments: [.key("source"), .key("destination", keySpec: 1), timeout],
    history: timeoutHistory,
    deprecation: .init(
      since: "6.2.0", replacement: "`BLMOVE` with the `RIGHT` and `LEFT` arguments"),
    run: runBrpoplpush)

  /// BRPOPLPUSH source destination timeout
  private static func runBrpoplpush(_ call: Call) throws(CommandError) {
    if try blockingMove(call, .tail, .head, call.timeout(3)), call.isLogged {
      call.effect("RPOPLPUSH").add(call, 1..<3).end()
    }
  }

  /// Returns whether an element was moved.
  private static func blockingMove(
    _ call: Call, _ from: QuicklistSide, _ to: QuicklistSide, _ timeout: BlockingTimeout
  ) throws(CommandError) -> Bool {
    if try move(call, from, to) { return true }
    if call.mayBlock { call.block(onKeys: 1..<2, .list, timeout) } else { call.reply.null() }
    return false
  }

  static let blmpop = CommandSpec(
    "blmpop", .list, since: "7.0.0", arity: -5, flags: [.write, .blocking],
    keys: [.counted(2, [.rw, .access, .delete])],
    summary: "Removes elements from the first list that exists and returns them, or waits.",
    complexity: "O(N+M) where N is the number of keys and M is the number of elements returned.",
    arguments: [timeout, ArgumentSpec("numkeys", .integer)] + popArguments, run: runBlmpop)

  /// BLMPOP timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]
  private static func runBlmpop(_ call: Call) throws(CommandError) {
    let pop = try parsePop(call, from: 2)
    let timeout = try call.timeout(1)
    if try popFirst(call, pop) { return }
    if !call.mayBlock { return call.reply.nullArray() }
    call.block(onKeys: pop.keys, .list, timeout)
  }
}
