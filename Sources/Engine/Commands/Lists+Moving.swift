import Core

/// Commands that pop from one of several lists, or from one list to another.
extension Lists {
  static let sides: [ArgumentSpec] = [.token("left", "LEFT"), .token("right", "RIGHT")]

  static let sourceKeys: [KeySpec] = [
    .at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert]),
  ]

  static let lmove = CommandSpec(
    "lmove", .list, since: "6.2.0", arity: 5, flags: [.write, .denyoom], keys: sourceKeys,
    summary: "Moves an element from an end of a list to an end of another one and returns it.",
    arguments: [
      .key("source"), .key("destination", keySpec: 1),
      ArgumentSpec("wherefrom", .oneof, [], sides), ArgumentSpec("whereto", .oneof, [], sides),
    ], run: runLmove)

  /// LMOVE source destination <LEFT | RIGHT> <LEFT | RIGHT>
  private static func runLmove(_ call: Call) throws(CommandError) {
    let from = try side(call, 3)
    let to = try side(call, 4)
    if try !move(call, from, to) { call.reply.null() }
  }

  static let rpoplpush = CommandSpec(
    "rpoplpush", .list, since: "1.2.0", arity: 3, flags: [.write, .denyoom], keys: sourceKeys,
    summary: "Moves the last element of a list to the head of another one and returns it.",
    arguments: [.key("source"), .key("destination", keySpec: 1)],
    deprecation: .init(
      since: "6.2.0", replacement: "`LMOVE` with the `RIGHT` and `LEFT` arguments"),
    run: runRpoplpush)

  /// RPOPLPUSH source destination
  private static func runRpoplpush(_ call: Call) throws(CommandError) {
    if try !move(call, .tail, .head) { call.reply.null() }
  }

  /// LEFT or RIGHT at argument `index`.
  static func side(_ call: Call, _ index: Int) throws(CommandError) -> QuicklistSide {
    if call[index].isKeyword("LEFT") { return .head }
    guard call[index].isKeyword("RIGHT") else { throw .syntax }
    return .tail
  }

  /// Moves an element of the list at argument 1 to that at argument 2 and replies with it. Returns
  /// false, without a reply, when there is no source.
  static func move(
    _ call: Call, _ from: QuicklistSide, _ to: QuicklistSide
  ) throws(CommandError) -> Bool {
    let (key, newKey) = (call.key(1), call.key(2))
    guard try call.database.writeList(key) != nil else { return false }
    let target = try call.database.writeList(newKey)
    // The second lookup may expire a key, which makes slots stale.
    guard let source = try call.database.writeList(key), let element = source.end(from) else {
      return false
    }
    call.reply.bulk(element)
    if call[1] == call[2] {
      if from != to { source.rotate(from: from) }
      source.didShrink()
      didMove(call, key, newKey, from, to, isGone: false)
    } else {
      (target ?? call.database.insertList(newKey)).receive(element, to)
      // A new key makes slots stale.
      guard let source = try call.database.writeList(key) else { return true }
      source.removeEnds(1, from)
      didMove(call, key, newKey, from, to, isGone: source.didShrink())
    }
    return true
  }

  private static func didMove(
    _ call: Call, _ key: Key, _ newKey: Key, _ from: QuicklistSide, _ to: QuicklistSide,
    isGone: Bool
  ) {
    call.modified(newKey, to == .head ? .lpush : .rpush)
    call.database.modified(key, from == .head ? .lpop : .rpop, changeCount: 0)
    if isGone { call.database.modified(key, .del, changeCount: 0) }
  }

  static let lmpop = CommandSpec(
    "lmpop", .list, since: "7.0.0", arity: -4, flags: [.write],
    keys: [.counted(1, [.rw, .access, .delete])],
    summary: "Removes elements from an end of the first list that exists and returns them.",
    complexity: "O(N+M) where N is the number of keys and M is the number of elements returned.",
    arguments: [ArgumentSpec("numkeys", .integer)] + popArguments, run: runLmpop)

  static let popArguments = [
    ArgumentSpec.key("key", .multiple), ArgumentSpec("where", .oneof, [], sides),
    ArgumentSpec("count", .integer, token: "COUNT", .optional),
  ]

  /// LMPOP numkeys key [key ...] <LEFT | RIGHT> [COUNT count]
  private static func runLmpop(_ call: Call) throws(CommandError) {
    let pop = try parsePop(call, from: 1)
    if try !popFirst(call, pop) { call.reply.nullArray() }
  }

  /// What LMPOP and BLMPOP are to do.
  struct Pop {
    /// The arguments that are keys.
    var keys: Range<Int>
    var side: QuicklistSide
    var count: Int64 = 1
  }

  /// Parses `numkeys key [key ...] <LEFT | RIGHT> [COUNT count]`, up to the last argument.
  static func parsePop(_ call: Call, from index: Int) throws(CommandError) -> Pop {
    guard let keyCount = call[index].parseInteger(), keyCount > 0 else {
      throw .text("ERR numkeys should be greater than 0")
    }
    guard keyCount < Int64(call.count - index - 1) else { throw .syntax }
    let end = index + 1 + Int(keyCount)
    var pop = Pop(keys: (index + 1)..<end, side: try side(call, end))
    if end + 1 == call.count { return pop }
    guard end + 3 <= call.count, call[end + 1].isKeyword("COUNT") else { throw .syntax }
    guard let count = call[end + 2].parseInteger(), count > 0 else {
      throw .text("ERR count should be greater than 0")
    }
    guard end + 3 == call.count else { throw .syntax }
    pop.count = count
    return pop
  }

  /// Pops from the first list that exists and replies with its key and the elements. Returns false,
  /// without a reply, when there is none.
  static func popFirst(_ call: Call, _ pop: Pop) throws(CommandError) -> Bool {
    for index in pop.keys {
      let key = call.key(index)
      guard let list = try call.database.writeList(key) else { continue }
      call.reply.array(2)
      call.reply.bulk(key.bytes)
      let count = min(pop.count, Int64(list.count))
      popEnds(call, key, list, pop.side, atMost: count)
      if call.isLogged {
        call.effect(pop.side == .head ? "LPOP" : "RPOP").add(key.bytes).add(count).end()
      }
      return true
    }
    return false
  }
}
