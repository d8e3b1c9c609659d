import Core

/// Commands that return members and remove them.
extension SortedSets {
  static let zpopmin = CommandSpec(
    "zpopmin", .sortedSet, since: "5.0.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Removes the members with the lowest scores and returns them.",
    complexity: popComplexity,
    arguments: [.key(), ArgumentSpec("count", .integer, .optional)], run: runZpopmin)

  private static let popComplexity: StaticString =
    "O(M*log(N)) where N is the number of members and M that of those removed."

  /// ZPOPMIN key [count]
  private static func runZpopmin(_ call: Call) throws(CommandError) {
    try pop(call, fromEnd: false)
  }

  static let zpopmax = CommandSpec(
    "zpopmax", .sortedSet, since: "5.0.0", arity: -2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Removes the members with the highest scores and returns them.",
    complexity: popComplexity,
    arguments: [.key(), ArgumentSpec("count", .integer, .optional)], run: runZpopmax)

  /// ZPOPMAX key [count]
  private static func runZpopmax(_ call: Call) throws(CommandError) { try pop(call, fromEnd: true) }

  private static func pop(_ call: Call, fromEnd: Bool) throws(CommandError) {
    if call.count > 3 { throw .syntax }
    var count: Int64?
    if call.count == 3 {
      guard let number = call[2].parseInteger(), number >= 0 else {
        throw .text("ERR value is out of range, must be positive")
      }
      count = number
    }
    let key = call.key(1)
    guard let slot = try call.database.write(key, as: .sortedSet), count != 0 else {
      return call.reply.array(0)
    }
    guard let count else {
      // One member comes without an array of its own.
      call.reply.array(2)
      return popOne(call, key, slot, fromEnd: fromEnd)
    }
    let set = call.database.sortedSet(slot)
    let ranks = poppedRanks(set, count, fromEnd: fromEnd)
    reply(call, set, ranks, reversed: fromEnd, withScores: true)
    remove(call, key, slot, set, ranks, fromEnd ? .zpopmax : .zpopmin)
  }

  /// Removes one member and replies with it and its score, two values of an array begun before.
  static func popOne(_ call: Call, _ key: Key, _ slot: Slot, fromEnd: Bool) {
    let set = call.database.sortedSet(slot)
    let ranks = poppedRanks(set, 1, fromEnd: fromEnd)
    set.forEach(ranks, reversed: false) { member, score in
      call.reply.bulk(member)
      call.reply.double(score)
    }
    remove(call, key, slot, set, ranks, fromEnd ? .zpopmax : .zpopmin)
  }

  private static func poppedRanks(
    _ set: SortedSetValue, _ count: Int64, fromEnd: Bool
  ) -> Range<Int> {
    let number = Int(min(count, Int64(set.count)))
    return fromEnd ? set.count - number..<set.count : 0..<number
  }

  static let zmpop = CommandSpec(
    "zmpop", .sortedSet, since: "7.0.0", arity: -4, flags: [.write],
    keys: [.counted(1, [.rw, .access, .delete])],
    summary: "Removes members from the first of several sorted sets that exists.",
    complexity: manyComplexity, arguments: manyArguments, run: runZmpop)

  static let manyComplexity: StaticString =
    "O(K) + O(M*log(N)): K is the number of keys, N of members, M of those removed."
  static let manyArguments: [ArgumentSpec] = [
    ArgumentSpec("numkeys", .integer), .key("key", .multiple),
    ArgumentSpec("where", .oneof, [], [.token("min", "MIN"), .token("max", "MAX")]),
    ArgumentSpec("count", .integer, token: "COUNT", .optional),
  ]

  /// ZMPOP numkeys key [key ...] <MIN | MAX> [COUNT count]
  private static func runZmpop(_ call: Call) throws(CommandError) {
    if try !popFirst(call, ManyPop(call, from: 1)) { call.reply.nullArray() }
  }

  /// What ZMPOP and BZMPOP are asked for.
  struct ManyPop {
    /// The arguments that are keys.
    let keys: Range<Int>
    let fromEnd: Bool
    let count: Int64

    /// Parses from the number of keys on.
    init(_ call: Call, from start: Int) throws(CommandError) {
      guard let number = call[start].parseInteger(), number > 0 else {
        throw .text("ERR numkeys should be greater than 0")
      }
      // Behind the keys there is one more argument at least.
      guard number < Int64(call.count - start - 1) else { throw .syntax }
      keys = start + 1..<start + 1 + Int(number)
      fromEnd = call[keys.upperBound].isKeyword("MAX")
      guard fromEnd || call[keys.upperBound].isKeyword("MIN") else { throw .syntax }
      count = try Self.count(call, keys.upperBound + 1)
    }

    /// The option behind MIN or MAX.
    private static func count(_ call: Call, _ index: Int) throws(CommandError) -> Int64 {
      if index == call.count { return 1 }
      guard call[index].isKeyword("COUNT"), index + 1 < call.count else { throw .syntax }
      guard let count = call[index + 1].parseInteger(), count > 0 else {
        throw .text("ERR count should be greater than 0")
      }
      guard index + 2 == call.count else { throw .syntax }
      return count
    }
  }

  /// Pops from the first key that exists and replies; false, with no reply, if none does.
  static func popFirst(_ call: Call, _ pop: ManyPop) throws(CommandError) -> Bool {
    for index in pop.keys {
      let key = call.key(index)
      guard let slot = try call.database.write(key, as: .sortedSet) else { continue }
      let set = call.database.sortedSet(slot)
      let ranks = poppedRanks(set, pop.count, fromEnd: pop.fromEnd)
      call.reply.array(2)
      call.reply.bulk(key.bytes)
      reply(call, set, ranks, reversed: pop.fromEnd, withScores: true, nested: true)
      remove(call, key, slot, set, ranks, pop.fromEnd ? .zpopmax : .zpopmin)
      if call.isLogged {
        call.effect(pop.fromEnd ? "ZPOPMAX" : "ZPOPMIN").add(key.bytes).add(ranks.count).end()
      }
      return true
    }
    return false
  }
}
