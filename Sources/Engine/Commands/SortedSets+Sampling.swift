import Core

/// Random members, and walking a sorted set step by step.
extension SortedSets {
  static let zrandmember = CommandSpec(
    "zrandmember", .sortedSet, since: "6.2.0", arity: -2, flags: [.readonly],
    keys: [.at(1, [.ro, .access])], summary: "Returns random members of a sorted set.",
    complexity: "O(M*log(N)) where N is the number of members and M that of those returned.",
    arguments: [
      .key(),
      ArgumentSpec(
        "options", .block, .optional,
        [ArgumentSpec("count", .integer), .token("withscores", "WITHSCORES", .optional)]),
    ],
    hints: ["nondeterministic_output"], run: runZrandmember)

  /// ZRANDMEMBER key [count [WITHSCORES]]
  private static func runZrandmember(_ call: Call) throws(CommandError) {
    if call.count == 2 { return try replyRandomMember(call) }
    let count = try RepeatedDraws.parseCount(call, 2)
    let withScores = call.count == 4
    if call.count > 4 || (withScores && !call[3].isKeyword("WITHSCORES")) { throw .syntax }
    if withScores, count.magnitude > UInt64(Int64.max / 2) {
      throw .text("ERR value is out of range")
    }
    guard let set = try call.database.readSortedSet(call.key(1)), count != 0 else {
      return call.reply.array(0)
    }
    if count < 0 {
      replyWithRepeats(call, set, try RepeatedDraws(count), withScores: withScores)
    } else if count >= Int64(set.count) {
      reply(call, set, 0..<set.count, reversed: false, withScores: withScores)
    } else {
      replyDistinct(call, set, Int(count), withScores: withScores)
    }
  }

  private static func replyRandomMember(_ call: Call) throws(CommandError) {
    guard let set = try call.database.readSortedSet(call.key(1)) else { return call.reply.null() }
    let rank = randomRank(call, set.count)
    set.forEach(rank..<rank + 1, reversed: false) { member, _ in call.reply.bulk(member) }
  }

  private static func randomRank(_ call: Call, _ count: Int) -> Int {
    Int.random(in: 0..<count, using: &call.database.keyspace.pointee.random)
  }

  private static func replyWithRepeats(
    _ call: Call, _ set: SortedSetValue, _ draws: RepeatedDraws, withScores: Bool
  ) {
    beginMembers(call, draws.count, withScores: withScores)
    let size = set.count
    draws.forEach(call) { replyMember(call, set, randomRank(call, size), withScores: withScores) }
  }

  private static func replyMember(
    _ call: Call, _ set: SortedSetValue, _ rank: Int, withScores: Bool
  ) {
    if withScores, call.reply.isRESP3 { call.reply.array(2) }
    set.forEach(rank..<rank + 1, reversed: false) { member, score in
      call.reply.bulk(member)
      if withScores { call.reply.double(score) }
    }
  }

  /// Each choice of so many members has the same chance. REQUIRES: count < the set's.
  private static func replyDistinct(
    _ call: Call, _ set: SortedSetValue, _ count: Int, withScores: Bool
  ) {
    beginMembers(call, count, withScores: withScores)
    // Floyd's algorithm: one draw for each member, none is thrown away.
    var chosen = Set<Int>()
    let size = set.count
    for bound in size - count..<size {
      let rank = randomRank(call, bound + 1)
      let isNew = chosen.insert(rank).inserted
      if !isNew { chosen.insert(bound) }
      replyMember(call, set, isNew ? rank : bound, withScores: withScores)
    }
  }

  // MARK: ZSCAN

  static let zscan = CommandSpec(
    "zscan", .sortedSet, since: "2.8.0", arity: -3, flags: [.readonly],
    keys: [.at(1, [.ro, .access])], summary: "Walks the members of a sorted set step by step.",
    complexity: "O(1) for each call, O(N) for a whole walk.",
    arguments: [
      .key(), ArgumentSpec("cursor", .integer),
      ArgumentSpec("pattern", .pattern, token: "MATCH", .optional),
      ArgumentSpec("count", .integer, token: "COUNT", .optional),
      .token("noscores", "NOSCORES", since: "8.0.0", .optional),
    ],
    history: [.init("8.0.0", "Takes `NOSCORES`.")],
    hints: ["nondeterministic_output"], run: runZscan)

  /// ZSCAN key cursor [MATCH pattern] [COUNT count] [NOSCORES]
  private static func runZscan(_ call: Call) throws(CommandError) {
    let cursor = try call.scanCursor(2)
    guard let set = try call.database.readSortedSet(call.key(1)) else {
      return call.replyNothingToScan()
    }
    let options = try ScanOptions(call, from: 3, of: .sortedSet)
    let reply = call.reply
    reply.array(2)
    let cursorPlace = reply.deferredDecimal()
    let header = reply.deferredArray(atMost: 2 * set.count)
    var found = 0
    let next = set.scan(cursor, count: options.count) { member, score in
      guard options.accepts(member) else { return }
      reply.bulk(member)
      if options.isWithValues { replyScanned(call, set, score) }
      found += options.isWithValues ? 2 : 1
    }
    reply.finish(header, found)
    reply.finish(cursorPlace, decimal: next)
  }

  /// Redis prints scores here with all their digits, unless they are held as text.
  private static func replyScanned(_ call: Call, _ set: SortedSetValue, _ score: Double) {
    if set.isSmall { call.reply.bulk(score: score) } else { call.reply.bulk(fullDigits: score) }
  }
}
