import Core

/// Members drawn at random.
extension Sets {
  private static func count(since version: StaticString) -> ArgumentSpec {
    ArgumentSpec("count", .integer, since: version, .optional)
  }

  static let spop = CommandSpec(
    "spop", .set, since: "1.0.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Removes random members from a set and returns them.",
    complexity: "O(1) without a count, otherwise O(N) where N is the count.",
    arguments: [.key(), count(since: "3.2.0")], history: [.init("3.2.0", "Takes a count.")],
    hints: ["nondeterministic_output"], run: runSpop)

  /// SPOP key [count]
  private static func runSpop(_ call: Call) throws(CommandError) {
    if call.count > 3 { throw .syntax }
    let key = call.key(1)
    if call.count == 3 {
      guard let count = call[2].parseInteger(), count >= 0 else {
        throw .text("ERR value is out of range, must be positive")
      }
      return try popMany(call, key, Int(count))
    }
    let database = call.database
    guard let slot = try database.write(key, as: .set) else { return call.reply.null() }
    var set = database.set(slot)
    set.pop { member in
      call.reply.bulk(member)
      if call.isLogged { call.effect("SREM").add(key.bytes).add(member).end() }
    }
    let isLeft = database.put(set, in: slot, key)
    changed(call, key, 1, .spop, isLeft: isLeft)
  }

  private static func popMany(_ call: Call, _ key: Key, _ count: Int) throws(CommandError) {
    let database = call.database
    let found = try database.write(key, as: .set)
    guard let slot = found, count > 0 else { return call.reply.set(0) }
    var set = database.set(slot)
    let size = set.count
    if count >= size {
      replyAll(call, set)
      database.delete(slot, isLazy: database.lazyFreeing.isLazyForServerDelete)
      if call.isLogged { call.effect("DEL").add(key.bytes).end() }
    } else {
      call.reply.set(count)
      var removals = call.effects("SREM", key)
      set.pop(count) { member in
        call.reply.bulk(member)
        removals.add(member)
      }
      removals.end()
      database.put(set, in: slot, key)
    }
    changed(call, key, min(count, size), .spop, isLeft: count < size)
  }

  static let srandmember = CommandSpec(
    "srandmember", .set, since: "1.0.0", arity: -2, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Returns random members of a set.",
    complexity: "O(1) without a count, otherwise O(N) where N is the absolute value of the count.",
    arguments: [.key(), count(since: "2.6.0")], history: [.init("2.6.0", "Takes a count.")],
    hints: ["nondeterministic_output"], run: runSrandmember)

  /// SRANDMEMBER key [count]
  private static func runSrandmember(_ call: Call) throws(CommandError) {
    if call.count > 3 { throw .syntax }
    let key = call.key(1)
    if call.count == 3 { return try sample(call, key) }
    guard let set = try call.database.readSet(key) else { return call.reply.null() }
    set.withRandom { call.reply.bulk($0) }
  }

  /// `count` different members; if it is negative, as many that may repeat.
  private static func sample(_ call: Call, _ key: Key) throws(CommandError) {
    let count = try RepeatedDraws.parseCount(call, 2)
    guard let set = try call.database.readSet(key), count != 0 else { return call.reply.array(0) }
    if count < 0 {
      let draws = try RepeatedDraws(count)
      call.reply.array(draws.count)
      return draws.forEach(call) { set.withRandom { call.reply.bulk($0) } }
    }
    let wanted = min(Int(count), set.count)
    call.reply.array(wanted)
    set.forEachOfSample(wanted) { call.reply.bulk($0) }
  }
}
