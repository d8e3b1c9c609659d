import Core

/// Commands on many strings at once.
extension Strings {
  private static let pairs = ArgumentSpec(
    "data", .block, .multiple, [.key(), ArgumentSpec("value", .string)])

  static let mget = CommandSpec(
    "mget", .string, since: "1.0.0", arity: -2, flags: [.readonly, .fast],
    keys: [.from(1, [.ro, .access])], summary: "Returns the values of several string keys.",
    complexity: "O(N) where N is the number of keys to retrieve.",
    arguments: [.key("key", .multiple)], hints: ["request_policy:multi_shard"], run: runMget)

  /// MGET key [key ...]
  private static func runMget(_ call: Call) throws(CommandError) {
    let reply = call.reply
    let database = call.database
    reply.array(call.count - 1)
    call.forEachKey(from: 1, to: call.count) { key, _ in
      if let slot = database.read(key), slot.entry.isString {
        reply.bulk(database.string(slot))
      } else {
        reply.null()
      }
      return true
    }
  }

  static let mset = CommandSpec(
    "mset", .string, since: "1.0.1", arity: -3, flags: [.write, .denyoom],
    keys: [.from(1, step: 2, [.ow, .update])], summary: "Sets several keys to strings.",
    complexity: "O(N) where N is the number of keys to set.", arguments: [pairs],
    hints: ["request_policy:multi_shard", "response_policy:all_succeeded"], run: runMset)

  /// MSET key value [key value ...]
  private static func runMset(_ call: Call) throws(CommandError) {
    guard call.count & 1 == 1 else {
      throw .text("ERR wrong number of arguments for 'mset' command")
    }
    setPairs(call, from: 1, to: call.count, .remove)
    call.reply.ok()
  }

  static let msetnx = CommandSpec(
    "msetnx", .string, since: "1.0.1", arity: -3, flags: [.write, .denyoom],
    keys: [.from(1, step: 2, [.ow, .insert])],
    summary: "Sets several keys to strings if none of the keys exists.",
    complexity: "O(N) where N is the number of keys to set.", arguments: [pairs], run: runMsetnx)

  /// MSETNX key value [key value ...]
  private static func runMsetnx(_ call: Call) throws(CommandError) {
    guard call.count & 1 == 1 else {
      throw .text("ERR wrong number of arguments for 'msetnx' command")
    }
    let database = call.database
    let isFree = call.forEachKey(from: 1, to: call.count, step: 2) { key, _ in
      database.write(key) == nil
    }
    if !isFree { return call.reply.integer(0) }
    setPairs(call, from: 1, to: call.count, .remove)
    call.reply.integer(1)
  }

  /// Sets keys to strings; an argument for a key is followed by the one for its value.
  @inline(__always)
  private static func setPairs(
    _ call: Call, from start: Int, to end: Int, _ change: DeadlineChange
  ) {
    call.forEachKey(from: start, to: end, step: 2) { key, index in
      let slot = call.database.find(key)
      if canTakeBlock(call, index, end) {
        call.setString(key, slot, argument: index + 1, change)
      } else {
        call.database.setString(key, slot, call[index + 1], change)
      }
      call.modified(key, .set)
      return true
    }
  }

  /// Whether the value's block, if it has one, may become the key's. Not if the same key comes
  /// again: that would free an argument while the call is under way. Not looked for among many.
  @inline(__always)
  private static func canTakeBlock(_ call: Call, _ index: Int, _ end: Int) -> Bool {
    call[index + 1].count < RequestParser.largeArgumentByteCount || isLast(call, index, end)
  }

  @inline(never)
  private static func isLast(_ call: Call, _ index: Int, _ end: Int) -> Bool {
    guard call.count <= 128 else { return false }
    var later = index + 2
    while later < end {
      if call[later] == call[index] { return false }
      later += 2
    }
    return true
  }

  static let msetex = CommandSpec(
    "msetex", .string, since: "8.4.0", arity: -4, flags: [.write, .denyoom],
    keys: [.counted(1, step: 2, [.ow, .update])],
    summary: "Sets several keys to strings, all or none, with one expiry time.",
    complexity: "O(N) where N is the number of keys to set.",
    arguments: [
      ArgumentSpec("numkeys", .integer), pairs,
      ArgumentSpec("condition", .oneof, .optional, [.token("nx", "NX"), .token("xx", "XX")]),
      ExpirationOption.argument(bare: .token("keepttl", "KEEPTTL")),
    ],
    hints: ["request_policy:multi_shard", "response_policy:all_succeeded"], run: runMsetex)

  /// MSETEX numkeys key value [key value ...] [NX | XX]
  /// [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | KEEPTTL]
  private static func runMsetex(_ call: Call) throws(CommandError) {
    guard let number = call[1].parseInteger(), number > 0, number <= Int64(Int32.max) else {
      throw .text("ERR invalid numkeys value or out of range")
    }
    let end = 2 + 2 * Int(number)
    guard end <= call.count else { throw .syntax }
    var expiration = ExpirationOption()
    var mustExist: Bool?
    var index = end
    while index < call.count {
      var taken = try expiration.parse(call, index, bare: .keep)
      if taken == 0 {
        let isXX = call[index].isKeyword("XX")
        guard isXX || call[index].isKeyword("NX"), mustExist == nil || mustExist == isXX else {
          throw .syntax
        }
        mustExist = isXX
        taken = 1
      }
      index += taken
    }
    let deadline = try expiration.deadline(call)
    if let mustExist {
      let database = call.database
      let isAllowed = call.forEachKey(from: 2, to: end, step: 2) { key, _ in
        (database.write(key) != nil) == mustExist
      }
      if !isAllowed { return call.reply.integer(0) }
    }
    if let deadline, deadline <= call.now {
      call.forEachKey(from: 2, to: end, step: 2) { key, _ in
        setExpired(call, key, call.database.find(key))
        return true
      }
    } else {
      setPairs(call, from: 2, to: end, expiration.change(deadline))
      if call.isLogged { logPairs(call, 2..<end, expiration, deadline) }
    }
    call.reply.integer(1)
  }

  /// MSETEX as commands that older servers have.
  private static func logPairs(
    _ call: Call, _ pairs: Range<Int>, _ expiration: ExpirationOption, _ deadline: Int64?
  ) {
    if deadline == nil, expiration.kind != .keep {
      return call.effect("MSET").add(call, pairs).end()
    }
    for index in stride(from: pairs.lowerBound, to: pairs.upperBound, by: 2) {
      let effect = call.effect("SET").add(call, index..<index + 2)
      if let deadline { effect.add("PXAT").add(deadline) } else { effect.add("KEEPTTL") }
      effect.end()
    }
  }
}
