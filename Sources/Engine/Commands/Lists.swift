import Core

/// Commands on lists: adding and removing at the ends. All others are in files of their own.
enum Lists {
  static let specs: [CommandSpec] = [
    lpush, rpush, lpushx, rpushx, lpop, rpop,
    llen, lindex, lrange, lpos,
    lset, linsert, lrem, ltrim,
    lmove, rpoplpush, lmpop,
    blpop, brpop, blmove, brpoplpush, blmpop,
  ]

  static let elements = [ArgumentSpec.key(), ArgumentSpec("element", .string, .multiple)]

  static let lpush = CommandSpec(
    "lpush", .list, since: "1.0.0", arity: -3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds elements at the head of a list, which is made if it is missing.",
    complexity: "O(1) for each element.", arguments: elements,
    history: [.init("2.4.0", "Takes several elements.")], run: runLpush)

  /// LPUSH key element [element ...]
  private static func runLpush(_ call: Call) throws(CommandError) {
    try push(call, .head, mustExist: false)
  }

  static let rpush = CommandSpec(
    "rpush", .list, since: "1.0.0", arity: -3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds elements at the tail of a list, which is made if it is missing.",
    complexity: "O(1) for each element.", arguments: elements,
    history: [.init("2.4.0", "Takes several elements.")], run: runRpush)

  /// RPUSH key element [element ...]
  private static func runRpush(_ call: Call) throws(CommandError) {
    try push(call, .tail, mustExist: false)
  }

  static let lpushx = CommandSpec(
    "lpushx", .list, since: "2.2.0", arity: -3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds elements at the head of a list that exists.",
    complexity: "O(1) for each element.", arguments: elements,
    history: [.init("4.0.0", "Takes several elements.")], run: runLpushx)

  /// LPUSHX key element [element ...]
  private static func runLpushx(_ call: Call) throws(CommandError) {
    try push(call, .head, mustExist: true)
  }

  static let rpushx = CommandSpec(
    "rpushx", .list, since: "2.2.0", arity: -3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds elements at the tail of a list that exists.",
    complexity: "O(1) for each element.", arguments: elements,
    history: [.init("4.0.0", "Takes several elements.")], run: runRpushx)

  /// RPUSHX key element [element ...]
  private static func runRpushx(_ call: Call) throws(CommandError) {
    try push(call, .tail, mustExist: true)
  }

  @inline(__always)
  private static func push(
    _ call: Call, _ side: QuicklistSide, mustExist: Bool
  ) throws(CommandError) {
    let key = call.key(1)
    var byteCount = 0
    for index in 2..<call.count { byteCount &+= try elementByteCount(call, index) }
    let existing = try call.database.writeList(key)
    if mustExist, existing == nil { return call.reply.integer(0) }
    let list = existing ?? call.database.insertList(key)
    list.willGrow(byteCount: byteCount, elementCount: call.count &- 2)
    for index in 2..<call.count { list.push(call[index], side) }
    call.reply.integer(list.count)
    call.database.modified(
      key, side == .head ? .lpush : .rpush, changeCount: call.count &- 2)
  }

  /// The length of the argument at `index`, which is to become an element.
  @inline(__always)
  static func elementByteCount(_ call: Call, _ index: Int) throws(CommandError) -> Int {
    let count = call[index].count
    try checkElement(byteCount: count)
    return count
  }

  @inline(__always)
  static func checkElement(byteCount: Int) throws(CommandError) {
    if byteCount > ListValue.elementByteCountMax {
      throw .text("ERR element exceeds the maximum size of 1 GiB")
    }
  }

  static let lpop = CommandSpec(
    "lpop", .list, since: "1.0.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Removes the first elements of a list and returns them.",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [.key(), ArgumentSpec("count", .integer, since: "6.2.0", .optional)],
    history: [.init("6.2.0", "Takes a count.")], run: runLpop)

  /// LPOP key [count]
  private static func runLpop(_ call: Call) throws(CommandError) { try pop(call, .head) }

  static let rpop = CommandSpec(
    "rpop", .list, since: "1.0.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Removes the last elements of a list and returns them.",
    complexity: "O(N) where N is the number of elements returned",
    arguments: [.key(), ArgumentSpec("count", .integer, since: "6.2.0", .optional)],
    history: [.init("6.2.0", "Takes a count.")], run: runRpop)

  /// RPOP key [count]
  private static func runRpop(_ call: Call) throws(CommandError) { try pop(call, .tail) }

  @inline(__always)
  private static func pop(_ call: Call, _ side: QuicklistSide) throws(CommandError) {
    if call.count > 2 { return try popMany(call, side) }
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { return call.reply.null() }
    popEnd(call, key, list, side)
  }

  private static func popMany(_ call: Call, _ side: QuicklistSide) throws(CommandError) {
    guard call.count == 3 else {
      throw .text(
        side == .head
          ? "ERR wrong number of arguments for 'lpop' command"
          : "ERR wrong number of arguments for 'rpop' command")
    }
    guard let number = call[2].parseInteger(), number >= 0 else {
      throw .text("ERR value is out of range, must be positive")
    }
    let key = call.key(1)
    guard let list = try call.database.writeList(key) else { return call.reply.nullArray() }
    if number == 0 { return call.reply.array(0) }
    popEnds(call, key, list, side, atMost: number)
  }

  /// Replies with the element at an end and removes it.
  @inline(__always)
  static func popEnd(_ call: Call, _ key: Key, _ list: ListValue, _ side: QuicklistSide) {
    guard let element = list.end(side) else { return call.reply.null() }
    call.reply.bulk(element)
    list.removeEnds(1, side)
    didPop(call, key, list, side, 1)
  }

  /// Replies with an array of the elements at an end and removes them.
  static func popEnds(
    _ call: Call, _ key: Key, _ list: ListValue, _ side: QuicklistSide, atMost limit: Int64
  ) {
    let number = Int(min(limit, Int64(list.count)))
    reply(call, list, from: side == .head ? list.first : list.last, number, forward: side == .head)
    list.removeEnds(number, side)
    didPop(call, key, list, side, number)
  }

  /// Ends the removal of elements at an end.
  @inline(__always)
  static func didPop(
    _ call: Call, _ key: Key, _ list: ListValue, _ side: QuicklistSide, _ number: Int
  ) {
    let isGone = list.didShrink()
    call.database.modified(key, side == .head ? .lpop : .rpop, changeCount: number)
    if isGone { call.database.modified(key, .del, changeCount: 0) }
  }

  /// Replies with an array of `number` elements. REQUIRES: there are so many.
  @inline(__always)
  static func reply(
    _ call: Call, _ list: ListValue, from start: ListValue.Position?, _ number: Int, forward: Bool
  ) {
    let reply = call.reply
    reply.array(number)
    var left = number
    if left == 0 { return }
    list.forEach(from: start, forward ? .tail : .head) { element in
      reply.bulk(element)
      left &-= 1
      return left > 0
    }
  }
}
