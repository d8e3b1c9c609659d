import Core

/// Commands that return or store ranges.
extension SortedSets {
  private static let limit = ArgumentSpec(
    "limit", .block, token: "LIMIT", .optional,
    [ArgumentSpec("offset", .integer), ArgumentSpec("count", .integer)])
  private static let complexity: StaticString =
    "O(log(N)+M) where N is the number of members and M that of those returned."

  static let zrange = CommandSpec(
    "zrange", .sortedSet, since: "1.2.0", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a range of ranks, scores or bytes.", complexity: complexity,
    arguments: [
      .key(), ArgumentSpec("start", .string), ArgumentSpec("stop", .string),
      ArgumentSpec(
        "sortby", .oneof, since: "6.2.0", .optional,
        [.token("byscore", "BYSCORE"), .token("bylex", "BYLEX")]),
      .token("rev", "REV", since: "6.2.0", .optional),
      ArgumentSpec(
        "limit", .block, token: "LIMIT", since: "6.2.0", .optional,
        [ArgumentSpec("offset", .integer), ArgumentSpec("count", .integer)]),
      .token("withscores", "WITHSCORES", .optional),
    ],
    history: [.init("6.2.0", "New options `REV`, `BYSCORE`, `BYLEX` and `LIMIT`.")],
    run: runZrange)

  /// ZRANGE key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
  private static func runZrange(_ call: Call) throws(CommandError) {
    try replyRange(call, nil, reversed: nil)
  }

  static let zrevrange = CommandSpec(
    "zrevrange", .sortedSet, since: "1.2.0", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a range of ranks, the highest score first.",
    complexity: complexity,
    arguments: [
      .key(), ArgumentSpec("start", .integer), ArgumentSpec("stop", .integer),
      .token("withscores", "WITHSCORES", .optional),
    ],
    deprecation: .init(since: "6.2.0", replacement: "`ZRANGE` with the `REV` argument"),
    run: runZrevrange)

  /// ZREVRANGE key start stop [WITHSCORES]
  private static func runZrevrange(_ call: Call) throws(CommandError) {
    try replyRange(call, .rank, reversed: true)
  }

  static let zrangebyscore = CommandSpec(
    "zrangebyscore", .sortedSet, since: "1.0.5", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])], summary: "Returns the members with scores in a range.",
    complexity: complexity,
    arguments: [
      .key(), ArgumentSpec("min", .double), ArgumentSpec("max", .double),
      .token("withscores", "WITHSCORES", since: "2.0.0", .optional), limit,
    ],
    history: [.init("2.0.0", "New option `WITHSCORES`.")],
    deprecation: .init(since: "6.2.0", replacement: "`ZRANGE` with the `BYSCORE` argument"),
    run: runZrangebyscore)

  /// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]
  private static func runZrangebyscore(_ call: Call) throws(CommandError) {
    try replyRange(call, .score, reversed: false)
  }

  static let zrevrangebyscore = CommandSpec(
    "zrevrangebyscore", .sortedSet, since: "2.2.0", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members with scores in a range, the highest first.",
    complexity: complexity,
    arguments: [
      .key(), ArgumentSpec("max", .double), ArgumentSpec("min", .double),
      .token("withscores", "WITHSCORES", .optional), limit,
    ],
    history: [.init("2.1.6", "Bounds can be exclusive.")],
    deprecation: .init(
      since: "6.2.0", replacement: "`ZRANGE` with the `REV` and `BYSCORE` arguments"),
    run: runZrevrangebyscore)

  /// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]
  private static func runZrevrangebyscore(_ call: Call) throws(CommandError) {
    try replyRange(call, .score, reversed: true)
  }

  static let zrangebylex = CommandSpec(
    "zrangebylex", .sortedSet, since: "2.8.9", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members between two others, in the order of bytes.",
    complexity: complexity,
    arguments: [.key(), ArgumentSpec("min", .string), ArgumentSpec("max", .string), limit],
    deprecation: .init(since: "6.2.0", replacement: "`ZRANGE` with the `BYLEX` argument"),
    run: runZrangebylex)

  /// ZRANGEBYLEX key min max [LIMIT offset count]
  private static func runZrangebylex(_ call: Call) throws(CommandError) {
    try replyRange(call, .lex, reversed: false)
  }

  static let zrevrangebylex = CommandSpec(
    "zrevrangebylex", .sortedSet, since: "2.8.9", arity: -4, flags: [.readonly],
    keys: [.at(1, [.ro, .access])],
    summary: "Returns the members between two others, in the reverse order of bytes.",
    complexity: complexity,
    arguments: [.key(), ArgumentSpec("max", .string), ArgumentSpec("min", .string), limit],
    deprecation: .init(
      since: "6.2.0", replacement: "`ZRANGE` with the `REV` and `BYLEX` arguments"),
    run: runZrevrangebylex)

  /// ZREVRANGEBYLEX key max min [LIMIT offset count]
  private static func runZrevrangebylex(_ call: Call) throws(CommandError) {
    try replyRange(call, .lex, reversed: true)
  }

  @inline(__always)
  private static func replyRange(
    _ call: Call, _ order: RangeQuery.Order?, reversed: Bool?
  ) throws(CommandError) {
    let query = try RangeQuery(call, from: 2, order, reversed: reversed)
    guard let set = try call.database.readSortedSet(call.key(1)) else {
      return call.reply.array(0)
    }
    reply(
      call, set, query.ranks(set), reversed: query.isReversed, withScores: query.withScores)
  }

  static let zrangestore = CommandSpec(
    "zrangestore", .sortedSet, since: "6.2.0", arity: -5, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update]), .at(2, [.ro, .access])],
    summary: "Stores the members of a range in another key.",
    complexity: "O(log(N)+M) where N is the number of members and M that of those stored.",
    arguments: [
      .key("dst"), .key("src", keySpec: 1), ArgumentSpec("min", .string),
      ArgumentSpec("max", .string),
      ArgumentSpec(
        "sortby", .oneof, .optional, [.token("byscore", "BYSCORE"), .token("bylex", "BYLEX")]),
      .token("rev", "REV", .optional), limit,
    ], run: runZrangestore)

  /// ZRANGESTORE dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]
  private static func runZrangestore(_ call: Call) throws(CommandError) {
    let query = try RangeQuery(call, from: 3, nil, reversed: nil, stores: true)
    var builder = SortedSetBuilder(call.database.keyspace.pointee.tables)
    if let set = try call.database.readSortedSet(call.key(2)) {
      set.forEach(query.ranks(set), reversed: false) { member, score in
        member.withText { builder.append($0, score: score) }
      }
    }
    store(call, builder, .zrangestore)
  }

  /// Stores what has been collected, which is sorted, in the key of the first argument and replies
  /// its count. CONSUMES `builder`.
  static func store(_ call: Call, _ builder: SortedSetBuilder, _ event: KeyspaceEvent) {
    let key = call.key(1)
    let set = SortedSetValue(builder, call.database.keyspace)
    let count = set.count
    let isChanged = call.database.replace(key, with: set)
    call.reply.integer(count)
    if isChanged { call.modified(key, count > 0 ? event : .del) }
  }

  /// Logs what a key holds after it was replaced, instead of the command: for a command that other
  /// servers do not know in this form.
  static func logReplaced(_ call: Call, _ key: Key) {
    guard call.isLogged else { return }
    let slot = call.database.find(key)
    call.effect("DEL").add(key.bytes).end()
    guard let slot else { return }
    var members = call.effects("ZADD", key)
    call.database.sortedSet(slot).forEach { member, score in members.add(member, score: score) }
    members.end()
  }

  // MARK: Removing

  static let zremrangebyrank = CommandSpec(
    "zremrangebyrank", .sortedSet, since: "2.0.0", arity: 4, flags: [.write],
    keys: [.at(1, [.rw, .delete])], summary: "Removes the members of a range of ranks.",
    complexity: removalComplexity,
    arguments: [.key(), ArgumentSpec("start", .integer), ArgumentSpec("stop", .integer)],
    run: runZremrangebyrank)

  private static let removalComplexity: StaticString =
    "O(M*log(N)) where N is the number of members and M that of those removed."

  /// ZREMRANGEBYRANK key start stop
  private static func runZremrangebyrank(_ call: Call) throws(CommandError) {
    try removeRange(call, .rank, .zremrangebyrank)
  }

  static let zremrangebyscore = CommandSpec(
    "zremrangebyscore", .sortedSet, since: "1.2.0", arity: 4, flags: [.write],
    keys: [.at(1, [.rw, .delete])], summary: "Removes the members with scores in a range.",
    complexity: removalComplexity,
    arguments: [.key(), ArgumentSpec("min", .double), ArgumentSpec("max", .double)],
    run: runZremrangebyscore)

  /// ZREMRANGEBYSCORE key min max
  private static func runZremrangebyscore(_ call: Call) throws(CommandError) {
    try removeRange(call, .score, .zremrangebyscore)
  }

  static let zremrangebylex = CommandSpec(
    "zremrangebylex", .sortedSet, since: "2.8.9", arity: 4, flags: [.write],
    keys: [.at(1, [.rw, .delete])],
    summary: "Removes the members between two others, in the order of bytes.",
    complexity: removalComplexity,
    arguments: [.key(), ArgumentSpec("min", .string), ArgumentSpec("max", .string)],
    run: runZremrangebylex)

  /// ZREMRANGEBYLEX key min max
  private static func runZremrangebylex(_ call: Call) throws(CommandError) {
    try removeRange(call, .lex, .zremrangebylex)
  }

  private static func removeRange(
    _ call: Call, _ order: RangeQuery.Order, _ event: KeyspaceEvent
  ) throws(CommandError) {
    let query = try RangeQuery(call, from: 2, order, reversed: false)
    let key = call.key(1)
    guard let slot = try call.database.write(key, as: .sortedSet) else {
      return call.reply.integer(0)
    }
    let set = call.database.sortedSet(slot)
    let ranks = query.ranks(set)
    call.reply.integer(ranks.count)
    remove(call, key, slot, set, ranks, event)
  }

  /// Removes the members of these ranks from a key's set.
  static func remove(
    _ call: Call, _ key: Key, _ slot: Slot, _ set: SortedSetValue, _ ranks: Range<Int>,
    _ event: KeyspaceEvent
  ) {
    if ranks.isEmpty { return }
    var set = set
    // All of them: large sets are left to the background thread.
    let isGone = ranks.count == set.count
    if isGone {
      call.database.delete(slot, isLazy: false)
    } else {
      set.remove(ranks: ranks)
      call.database.put(set, in: slot, key)
    }
    changed(call, key, event, count: ranks.count, isGone: isGone)
  }
}
