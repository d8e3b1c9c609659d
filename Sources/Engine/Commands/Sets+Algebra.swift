import Core

/// Intersection, union and difference of sets.
extension Sets {
  private static let source: [KeySpec] = [.from(1, [.ro, .access])]
  private static let outputHint: [StaticString] = ["nondeterministic_output_order"]
  private static let storeArguments: [ArgumentSpec] = [
    .key("destination"), .key("key", keySpec: 1, .multiple),
  ]

  private static func storeKeys(_ destination: KeyFlags) -> [KeySpec] {
    [.at(1, [destination, .update]), .from(2, [.ro, .access])]
  }

  // MARK: Intersection

  private static let intersectionComplexity: StaticString =
    "O(N*M) where N is the size of the smallest set and M the number of sets."

  static let sinter = CommandSpec(
    "sinter", .set, since: "1.0.0", arity: -2, flags: .readonly, keys: source,
    summary: "Returns the members that several sets have in common.",
    complexity: intersectionComplexity, arguments: [.key("key", .multiple)], hints: outputHint,
    run: runSinter)

  /// SINTER key [key ...]
  private static func runSinter(_ call: Call) throws(CommandError) {
    let reply = call.reply
    try call.withSets(from: 1, to: call.count) { sets in
      let header = reply.deferredSet(atMost: sets.intersectionCountMax)
      var count = 0
      sets.intersect { element, _ in
        reply.bulk(element)
        count += 1
        return true
      }
      reply.finish(header, count)
    }
  }

  static let sinterstore = CommandSpec(
    "sinterstore", .set, since: "1.0.0", arity: -3, flags: [.write, .denyoom],
    keys: storeKeys(.rw), summary: "Stores the members that several sets have in common.",
    complexity: intersectionComplexity, arguments: storeArguments, run: runSinterstore)

  /// SINTERSTORE destination key [key ...]
  private static func runSinterstore(_ call: Call) throws(CommandError) {
    try call.withSets(from: 2, to: call.count) { store(call, $0.intersection(), .sinterstore) }
  }

  static let sintercard = CommandSpec(
    "sintercard", .set, since: "7.0.0", arity: -3, flags: .readonly,
    keys: [.counted(1, [.ro, .access])],
    summary: "Returns the number of members that several sets have in common.",
    complexity: intersectionComplexity,
    arguments: [
      ArgumentSpec("numkeys", .integer), .key("key", .multiple),
      ArgumentSpec("limit", .integer, token: "LIMIT", .optional),
    ], run: runSintercard)

  /// SINTERCARD numkeys key [key ...] [LIMIT limit]
  private static func runSintercard(_ call: Call) throws(CommandError) {
    guard let number = call[1].parseInteger(), number > 0 else {
      throw .text("ERR numkeys should be greater than 0")
    }
    guard number <= call.count - 2 else {
      throw .text("ERR Number of keys can't be greater than number of args")
    }
    let end = 2 + Int(number)
    var limit = 0
    var index = end
    while index < call.count {
      guard call[index].isKeyword("LIMIT"), index + 1 < call.count else { throw .syntax }
      guard let value = call[index + 1].parseInteger(), value >= 0 else {
        throw .text("ERR LIMIT can't be negative")
      }
      limit = Int(value)
      index += 2
    }
    try call.withSets(from: 2, to: end) {
      call.reply.integer($0.intersectionCount(limit: limit == 0 ? .max : limit))
    }
  }

  // MARK: Union and difference

  private static let allMembersComplexity: StaticString =
    "O(N) where N is the number of all members of all sets."

  static let sunion = CommandSpec(
    "sunion", .set, since: "1.0.0", arity: -2, flags: .readonly, keys: source,
    summary: "Returns the members that any of several sets has.",
    complexity: allMembersComplexity,
    arguments: [.key("key", .multiple)], hints: outputHint, run: runSunion)

  /// SUNION key [key ...]
  private static func runSunion(_ call: Call) throws(CommandError) {
    try call.withSets(from: 1, to: call.count) { sets in
      let union = sets.union(from: .table)
      replyAll(call, union)
      union.free()
    }
  }

  static let sunionstore = CommandSpec(
    "sunionstore", .set, since: "1.0.0", arity: -3, flags: [.write, .denyoom],
    keys: storeKeys(.ow), summary: "Stores the members that any of several sets has.",
    complexity: allMembersComplexity,
    arguments: storeArguments, run: runSunionstore)

  /// SUNIONSTORE destination key [key ...]
  private static func runSunionstore(_ call: Call) throws(CommandError) {
    try call.withSets(from: 2, to: call.count) {
      store(call, $0.union(from: .intset), .sunionstore)
    }
  }

  static let sdiff = CommandSpec(
    "sdiff", .set, since: "1.0.0", arity: -2, flags: .readonly, keys: source,
    summary: "Returns the members of a set that no other of several sets has.",
    complexity: allMembersComplexity,
    arguments: [.key("key", .multiple)], hints: outputHint, run: runSdiff)

  /// SDIFF key [key ...]
  private static func runSdiff(_ call: Call) throws(CommandError) {
    let reply = call.reply
    try call.withSets(from: 1, to: call.count) { sets in
      let header = reply.deferredSet(atMost: sets.countSum)
      var count = 0
      sets.subtract(from: .table) { element in
        reply.bulk(element)
        count += 1
      }
      reply.finish(header, count)
    }
  }

  static let sdiffstore = CommandSpec(
    "sdiffstore", .set, since: "1.0.0", arity: -3, flags: [.write, .denyoom],
    keys: storeKeys(.ow), summary: "Stores the members of a set that no other of several has.",
    complexity: allMembersComplexity,
    arguments: storeArguments, run: runSdiffstore)

  /// SDIFFSTORE destination key [key ...]
  private static func runSdiffstore(_ call: Call) throws(CommandError) {
    try call.withSets(from: 2, to: call.count) {
      store(call, $0.difference(from: .intset), .sdiffstore)
    }
  }

  /// Makes a result the destination's value; an empty one removes the key. CONSUMES `set`.
  private static func store(_ call: Call, _ set: SetValue, _ event: KeyspaceEvent) {
    let key = call.key(1)
    let count = set.count
    let isChanged = call.database.replace(key, with: set)
    call.reply.integer(count)
    if isChanged { call.modified(key, count > 0 ? event : .del) }
  }
}
