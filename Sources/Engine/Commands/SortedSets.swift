import Core

/// Commands on sorted sets: this file has those that tell about members.
enum SortedSets {
  static let specs: [CommandSpec] = [
    zadd, zincrby, zrem, zcard, zscore, zmscore, zrank, zrevrank, zcount, zlexcount,
    zrange, zrangestore, zrevrange, zrangebyscore, zrevrangebyscore, zrangebylex, zrevrangebylex,
    zremrangebyrank, zremrangebyscore, zremrangebylex, zpopmin, zpopmax, zmpop,
    zunion, zinter, zdiff, zunionstore, zinterstore, zdiffstore, zintercard, zrandmember, zscan,
    bzpopmin, bzpopmax, bzmpop,
  ]

  static let zcard = CommandSpec(
    "zcard", .sortedSet, since: "1.2.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro])], summary: "Counts the members of a sorted set.",
    arguments: [.key()], run: runZcard)

  /// ZCARD key
  private static func runZcard(_ call: Call) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.integer(set?.count ?? 0)
  }

  static let zscore = CommandSpec(
    "zscore", .sortedSet, since: "1.2.0", arity: 3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2, summary: "Returns the score of a member.",
    arguments: [.key(), ArgumentSpec("member", .string)], run: runZscore)

  /// ZSCORE key member
  private static func runZscore(_ call: Call) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(1))
    replyScore(call, set?.score(call[2], call.memberHash(2)))
  }

  static let zmscore = CommandSpec(
    "zmscore", .sortedSet, since: "6.2.0", arity: -3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2, summary: "Returns the scores of several members.",
    complexity: "O(N) where N is the number of members asked for.",
    arguments: [.key(), ArgumentSpec("member", .string, .multiple)], run: runZmscore)

  /// ZMSCORE key member [member ...]
  private static func runZmscore(_ call: Call) throws(CommandError) {
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.array(call.count - 2)
    for index in 2..<call.count { replyScore(call, set?.score(call[index])) }
  }

  private static func replyScore(_ call: Call, _ score: Double?) {
    if let score { call.reply.double(score) } else { call.reply.null() }
  }

  private static let rankArguments: [ArgumentSpec] = [
    .key(), ArgumentSpec("member", .string), .token("withscore", "WITHSCORE", .optional),
  ]

  static let zrank = CommandSpec(
    "zrank", .sortedSet, since: "2.0.0", arity: -3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2,
    summary: "Returns how many members have lower scores than a member.",
    complexity: "O(log(N)) where N is the number of members.", arguments: rankArguments,
    history: [.init("7.2.0", "New option `WITHSCORE`.")], run: runZrank)

  /// ZRANK key member [WITHSCORE]
  private static func runZrank(_ call: Call) throws(CommandError) {
    try replyRank(call, reversed: false)
  }

  static let zrevrank = CommandSpec(
    "zrevrank", .sortedSet, since: "2.0.0", arity: -3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2,
    summary: "Returns how many members have higher scores than a member.",
    complexity: "O(log(N)) where N is the number of members.", arguments: rankArguments,
    history: [.init("7.2.0", "New option `WITHSCORE`.")], run: runZrevrank)

  /// ZREVRANK key member [WITHSCORE]
  private static func runZrevrank(_ call: Call) throws(CommandError) {
    try replyRank(call, reversed: true)
  }

  @inline(__always)
  private static func replyRank(_ call: Call, reversed: Bool) throws(CommandError) {
    if call.count > 4 { try failArity(call) }
    let withScore = call.count == 4
    if withScore, !call[3].isKeyword("WITHSCORE") { throw .syntax }
    guard let set = try call.database.readSortedSet(call.key(1)),
      let found = set.rank(call[2], call.memberHash(2))
    else { return withScore ? call.reply.nullArray() : call.reply.null() }
    if withScore { call.reply.array(2) }
    call.reply.integer(reversed ? set.count - 1 - found.rank : found.rank)
    if withScore { call.reply.double(found.score) }
  }

  @inline(never)
  private static func failArity(_ call: Call) throws(CommandError) -> Never {
    let name = call.server.commands.fullName(Int(call.frame.pointee.command.pointee.specIndex))
    throw call.fail("ERR wrong number of arguments for '\(name)' command")
  }

  static let zcount = CommandSpec(
    "zcount", .sortedSet, since: "2.0.0", arity: 4, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Counts the members with scores in a range.",
    complexity: "O(log(N)) where N is the number of members.",
    arguments: [.key(), ArgumentSpec("min", .double), ArgumentSpec("max", .double)],
    run: runZcount)

  /// ZCOUNT key min max
  private static func runZcount(_ call: Call) throws(CommandError) {
    let range = try scoreRange(call[2], call[3])
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.integer(set?.ranks(range).count ?? 0)
  }

  static let zlexcount = CommandSpec(
    "zlexcount", .sortedSet, since: "2.8.9", arity: 4, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])],
    summary: "Counts the members between two others, in the order of bytes.",
    complexity: "O(log(N)) where N is the number of members.",
    arguments: [.key(), ArgumentSpec("min", .string), ArgumentSpec("max", .string)],
    run: runZlexcount)

  /// ZLEXCOUNT key min max
  private static func runZlexcount(_ call: Call) throws(CommandError) {
    let range = try lexRange(call[2], call[3])
    let set = try call.database.readSortedSet(call.key(1))
    call.reply.integer(set?.ranks(range, reversed: false).count ?? 0)
  }

  // MARK: Shared

  static func scoreRange(_ min: ByteView, _ max: ByteView) throws(CommandError) -> ScoreRange {
    guard let range = ScoreRange(min, max) else { throw .text("ERR min or max is not a float") }
    return range
  }

  static func lexRange(_ min: ByteView, _ max: ByteView) throws(CommandError) -> LexRange {
    guard let range = LexRange(min, max) else {
      throw .text("ERR min or max not valid string range item")
    }
    return range
  }

  /// Members of these ranks. With scores they are pairs: arrays in RESP3, flat in RESP2 unless
  /// `nested`.
  static func reply(
    _ call: Call, _ set: SortedSetValue, _ ranks: Range<Int>, reversed: Bool, withScores: Bool,
    nested: Bool = false
  ) {
    let reply = call.reply
    beginMembers(call, ranks.count, withScores: withScores, nested: nested)
    let isNested = withScores && (nested || reply.isRESP3)
    set.forEach(ranks, reversed: reversed) { member, score in
      if isNested { reply.array(2) }
      reply.bulk(member)
      if withScores { reply.double(score) }
    }
  }

  /// The header of a reply of members.
  static func beginMembers(_ call: Call, _ count: Int, withScores: Bool, nested: Bool = false) {
    let isFlat = withScores && !nested && !call.reply.isRESP3
    call.reply.array(isFlat ? 2 * count : count)
  }

  /// Marks a key as changed in `count` members, or removed if `isGone`.
  static func changed(
    _ call: Call, _ key: Key, _ event: KeyspaceEvent, count: Int, isGone: Bool = false
  ) {
    call.modified(key, event)
    call.database.countChanges(count - 1)
    if isGone {
      call.modified(key, .del)
      call.database.discountChange()
    }
  }
}
