import Core

/// Commands that change lists anywhere.
extension Lists {
  static let lset = CommandSpec(
    "lset", .list, since: "1.0.0", arity: 4, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .update])], summary: "Replaces the element of a list at an index.",
    complexity: "O(N) where N is the number of nodes to the element; O(1) at both ends.",
    arguments: [.key(), ArgumentSpec("index", .integer), ArgumentSpec("element", .string)],
    run: runLset)

  /// LSET key index element
  private static func runLset(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { throw .noSuchKey }
    let index = try call.integer(2)
    list.willGrow(byteCount: try elementByteCount(call, 3))
    guard let position = list.seek(Int(index)) else { throw .text("ERR index out of range") }
    list.replace(at: position, with: call[3])
    list.didShrink()
    call.reply.ok()
    call.modified(key, .lset)
  }

  static let linsert = CommandSpec(
    "linsert", .list, since: "2.2.0", arity: 5, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .insert])],
    summary: "Inserts an element before or behind another one of a list.",
    complexity: "O(N) where N is the number of elements before the other one.",
    arguments: [
      .key(),
      ArgumentSpec(
        "where", .oneof, [], [.token("before", "BEFORE"), .token("after", "AFTER")]),
      ArgumentSpec("pivot", .string), ArgumentSpec("element", .string),
    ], run: runLinsert)

  /// LINSERT key <BEFORE | AFTER> pivot element
  private static func runLinsert(_ call: Call) throws(CommandError) {
    let isBefore = call[2].isKeyword("BEFORE")
    guard isBefore || call[2].isKeyword("AFTER") else { throw .syntax }
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { return call.reply.integer(0) }
    list.willGrow(byteCount: try elementByteCount(call, 4))
    let pivot = ListPattern(call[3])
    var position = list.first
    while let current = position, !pivot.matches(current.element) {
      position = list.following(current, .tail)
    }
    guard let position else { return call.reply.integer(-1) }
    list.insert(call[4], before: isBefore, position)
    call.reply.integer(list.count)
    call.modified(key, .linsert)
  }

  static let lrem = CommandSpec(
    "lrem", .list, since: "1.0.0", arity: 4, flags: [.write], keys: [.at(1, [.rw, .delete])],
    summary: "Removes elements of a list that are equal to one.",
    complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
    arguments: [.key(), ArgumentSpec("count", .integer), ArgumentSpec("element", .string)],
    run: runLrem)

  /// LREM key count element
  private static func runLrem(_ call: Call) throws(CommandError) {
    let count = try symmetricInteger(call, 2)
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { return call.reply.integer(0) }
    let removed = remove(
      ListPattern(call[3]), from: list, towards: count < 0 ? .head : .tail,
      atMost: count == 0 ? .max : count.magnitude)
    call.reply.integer(removed)
    if removed == 0 { return }
    let isGone = list.didShrink()
    call.database.modified(key, .lrem, changeCount: removed)
    if isGone { call.database.modified(key, .del, changeCount: 0) }
  }

  /// Removes equal elements, `limit` at most, on the way from one end to `side`.
  private static func remove(
    _ pattern: ListPattern, from list: ListValue, towards side: QuicklistSide, atMost limit: UInt64
  ) -> Int {
    var removed = 0
    var position = side == .tail ? list.first : list.last
    while let current = position, removed.magnitude < limit {
      guard pattern.matches(current.element) else {
        position = list.following(current, side)
        continue
      }
      let behind = list.remove(at: current)
      removed += 1
      // Positions before it may have moved: they are found again from the one behind it.
      position = side == .tail ? behind : behind.map { list.following($0, .head) } ?? list.last
    }
    return removed
  }

  static let ltrim = CommandSpec(
    "ltrim", .list, since: "1.0.0", arity: 4, flags: [.write], keys: [.at(1, [.rw, .delete])],
    summary: "Removes all elements of a list but those between two indexes.",
    complexity: "O(N) where N is the number of nodes whose elements are removed.",
    arguments: [.key(), ArgumentSpec("start", .integer), ArgumentSpec("stop", .integer)],
    run: runLtrim)

  /// LTRIM key start stop
  private static func runLtrim(_ call: Call) throws(CommandError) {
    let start = try call.integer(2)
    let stop = try call.integer(3)
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { return call.reply.ok() }
    let count = list.count
    let kept = range(start, stop, of: count)
    if kept.isEmpty {
      call.database.delete(list.slot, isLazy: call.database.lazyFreeing.isLazyForServerDelete)
    } else {
      list.removeEnds(count - kept.upperBound, .tail)
      list.removeEnds(kept.lowerBound, .head)
      list.didShrink()
    }
    call.reply.ok()
    call.database.modified(key, .ltrim, changeCount: count - kept.count)
    if kept.isEmpty { call.database.modified(key, .del, changeCount: 0) }
  }
}
