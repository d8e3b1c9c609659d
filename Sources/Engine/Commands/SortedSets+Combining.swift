import Core

/// Union, intersection and difference of several sorted sets and sets.
extension SortedSets {
  private static let weights = ArgumentSpec(
    "weight", .integer, token: "WEIGHTS", [.optional, .multiple])
  private static let aggregate = ArgumentSpec(
    "aggregate", .oneof, token: "AGGREGATE", .optional,
    [
      .token("sum", "SUM"), .token("min", "MIN"), .token("max", "MAX"),
      .token("count", "COUNT", since: "8.8.0"),
    ])
  private static let withScores = ArgumentSpec.token("withscores", "WITHSCORES", .optional)
  private static let counted: [ArgumentSpec] = [
    ArgumentSpec("numkeys", .integer), .key("key", .multiple),
  ]
  private static let stored: [ArgumentSpec] = [
    .key("destination"), ArgumentSpec("numkeys", .integer), .key("key", keySpec: 1, .multiple),
  ]
  private static let countNote: [CommandSpec.HistoryNote] = [
    .init("8.8.0", "`AGGREGATE` takes `COUNT`.")
  ]
  private static let unionComplexity: StaticString =
    "O(N)+O(M*log(M)) where N is the number of all members and M that of the result."
  private static let interComplexity: StaticString =
    "O(N*K)+O(M*log(M)): N is the size of the smallest set, K the sets, M the result's members."
  private static let diffComplexity: StaticString =
    "O(N*K) where N is the size of the first set and K the number of sets."

  // MARK: Returned

  static let zunion = CommandSpec(
    "zunion", .sortedSet, since: "6.2.0", arity: -3, flags: [.readonly],
    keys: [.counted(1, [.ro, .access])], summary: "Returns the union of several sorted sets.",
    complexity: unionComplexity, arguments: counted + [weights, aggregate, withScores],
    history: countNote, run: runZunion)

  /// ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]]
  /// [AGGREGATE SUM | MIN | MAX | COUNT] [WITHSCORES]
  private static func runZunion(_ call: Call) throws(CommandError) {
    var request = try Request(call, keyCountAt: 1, [.weights, .withScores])
    replyMembers(call, request.combination.union(), withScores: request.withScores)
  }

  static let zinter = CommandSpec(
    "zinter", .sortedSet, since: "6.2.0", arity: -3, flags: [.readonly],
    keys: [.counted(1, [.ro, .access])],
    summary: "Returns the intersection of several sorted sets.",
    complexity: interComplexity, arguments: counted + [weights, aggregate, withScores],
    history: countNote, run: runZinter)

  /// ZINTER numkeys key [key ...] [WEIGHTS weight [weight ...]]
  /// [AGGREGATE SUM | MIN | MAX | COUNT] [WITHSCORES]
  private static func runZinter(_ call: Call) throws(CommandError) {
    var request = try Request(call, keyCountAt: 1, [.weights, .withScores])
    replyMembers(call, request.combination.intersection(), withScores: request.withScores)
  }

  static let zdiff = CommandSpec(
    "zdiff", .sortedSet, since: "6.2.0", arity: -3, flags: [.readonly],
    keys: [.counted(1, [.ro, .access])],
    summary: "Returns the members of a sorted set that others do not have.",
    complexity: diffComplexity, arguments: counted + [withScores], run: runZdiff)

  /// ZDIFF numkeys key [key ...] [WITHSCORES]
  private static func runZdiff(_ call: Call) throws(CommandError) {
    let request = try Request(call, keyCountAt: 1, .withScores)
    replyMembers(call, request.combination.difference(), withScores: request.withScores)
  }

  /// CONSUMES `builder`.
  private static func replyMembers(_ call: Call, _ builder: SortedSetBuilder, withScores: Bool) {
    let reply = call.reply
    beginMembers(call, builder.count, withScores: withScores)
    let isNested = withScores && reply.isRESP3
    builder.forEach { member in
      if isNested { reply.array(2) }
      reply.bulk(member.bytes)
      if withScores { reply.double(member.score) }
    }
    builder.free()
  }

  static let zintercard = CommandSpec(
    "zintercard", .sortedSet, since: "7.0.0", arity: -3, flags: [.readonly],
    keys: [.counted(1, [.ro, .access])],
    summary: "Counts the members that several sorted sets have in common.",
    complexity: "O(N*K) where N is the size of the smallest set and K the number of sets.",
    arguments: counted + [ArgumentSpec("limit", .integer, token: "LIMIT", .optional)],
    run: runZintercard)

  /// ZINTERCARD numkeys key [key ...] [LIMIT limit]
  private static func runZintercard(_ call: Call) throws(CommandError) {
    var request = try Request(call, keyCountAt: 1, .limit)
    let limit = request.limit == 0 ? Int.max : Int(request.limit)
    call.reply.integer(request.combination.intersectionCount(limit: limit))
  }

  // MARK: Stored

  static let zunionstore = CommandSpec(
    "zunionstore", .sortedSet, since: "2.0.0", arity: -4, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update]), .counted(2, [.ro, .access])],
    summary: "Stores the union of several sorted sets in a key.",
    complexity: unionComplexity, arguments: stored + [weights, aggregate], history: countNote,
    run: runZunionstore)

  /// ZUNIONSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]
  /// [AGGREGATE SUM | MIN | MAX | COUNT]
  private static func runZunionstore(_ call: Call) throws(CommandError) {
    var request = try Request(call, keyCountAt: 2, .weights)
    store(call, request.combination.union(), .zunionstore)
    request.logIfUncommon(call)
  }

  static let zinterstore = CommandSpec(
    "zinterstore", .sortedSet, since: "2.0.0", arity: -4, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update]), .counted(2, [.ro, .access])],
    summary: "Stores the intersection of several sorted sets in a key.",
    complexity: interComplexity, arguments: stored + [weights, aggregate], history: countNote,
    run: runZinterstore)

  /// ZINTERSTORE destination numkeys key [key ...] [WEIGHTS weight [weight ...]]
  /// [AGGREGATE SUM | MIN | MAX | COUNT]
  private static func runZinterstore(_ call: Call) throws(CommandError) {
    var request = try Request(call, keyCountAt: 2, .weights)
    store(call, request.combination.intersection(), .zinterstore)
    request.logIfUncommon(call)
  }

  static let zdiffstore = CommandSpec(
    "zdiffstore", .sortedSet, since: "6.2.0", arity: -4, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update]), .counted(2, [.ro, .access])],
    summary: "Stores the members of a sorted set that others do not have in a key.",
    complexity: diffComplexity, arguments: stored, run: runZdiffstore)

  /// ZDIFFSTORE destination numkeys key [key ...]
  private static func runZdiffstore(_ call: Call) throws(CommandError) {
    let request = try Request(call, keyCountAt: 2, [])
    store(call, request.combination.difference(), .zdiffstore)
  }
}

/// Keys and options of ZUNION and its like, in Redis' order of checks.
private struct Request {
  /// Options that a command has.
  struct Allowed: OptionSet {
    let rawValue: UInt8
    /// WEIGHTS and AGGREGATE.
    static let weights = Allowed(rawValue: 1)
    static let withScores = Allowed(rawValue: 2)
    static let limit = Allowed(rawValue: 4)
  }

  var combination: SortedSetCombination
  var withScores = false
  var limit: Int64 = 0

  init(_ call: Call, keyCountAt place: Int, _ allowed: Allowed) throws(CommandError) {
    combination = SortedSetCombination(call.database)
    let number = try call.integer(place)
    if number < 1 { try Self.failWithoutKeys(call) }
    guard number <= Int64(call.count - place - 1) else { throw .syntax }
    let end = place + 1 + Int(number)
    for index in place + 1..<end {
      let slot = call.database.read(call.key(index))
      guard let source = SortedSetSource(slot, call.database) else { throw .wrongType }
      combination.sources.append(source)
    }
    var index = end
    while index < call.count { index += try parse(call, index, allowed) }
  }

  /// AGGREGATE COUNT is a word of its own: what it has stored is logged.
  func logIfUncommon(_ call: Call) {
    if case .count = combination.aggregate { SortedSets.logReplaced(call, call.key(1)) }
  }

  /// Takes the option at an argument and returns how many arguments it has.
  private mutating func parse(
    _ call: Call, _ index: Int, _ allowed: Allowed
  ) throws(CommandError) -> Int {
    let word = call[index]
    let following = call.count - index - 1
    if allowed.contains(.weights), following >= combination.sources.count,
      word.isKeyword("WEIGHTS")
    {
      try parseWeights(call, index + 1)
      return 1 + combination.sources.count
    }
    if allowed.contains(.weights), following >= 1, word.isKeyword("AGGREGATE") {
      combination.aggregate = try Self.aggregate(call[index + 1])
      return 2
    }
    if allowed.contains(.withScores), word.isKeyword("WITHSCORES") {
      withScores = true
      return 1
    }
    guard allowed.contains(.limit), following >= 1, word.isKeyword("LIMIT") else { throw .syntax }
    guard let number = call[index + 1].parseInteger(), number >= 0 else {
      throw .text("ERR LIMIT can't be negative")
    }
    limit = number
    return 2
  }

  private mutating func parseWeights(_ call: Call, _ first: Int) throws(CommandError) {
    for index in combination.sources.indices {
      guard let weight = call[first + index].parseDouble() else {
        throw .text("ERR weight value is not a float")
      }
      combination.sources[index].weight = weight
    }
  }

  private static func aggregate(
    _ word: ByteView
  ) throws(CommandError) -> SortedSetCombination.Aggregate {
    if word.isKeyword("SUM") { return .sum }
    if word.isKeyword("MIN") { return .min }
    if word.isKeyword("MAX") { return .max }
    if word.isKeyword("COUNT") { return .count }
    throw .syntax
  }

  private static func failWithoutKeys(_ call: Call) throws(CommandError) -> Never {
    let name = call.server.commands.fullName(Int(call.frame.pointee.command.pointee.specIndex))
    throw call.fail("ERR at least 1 input key is needed for '\(name)' command")
  }
}
