import Core

/// All fields of a hash, at once or in portions.
extension Hashes {
  private static let wholeComplexity: StaticString = "O(N) for N fields in the hash."

  static let hkeys = CommandSpec(
    "hkeys", .hash, since: "2.0.0", arity: 2, flags: .readonly, keys: [.at(1, [.ro, .access])],
    summary: "Returns the names of all fields of a hash.", complexity: wholeComplexity,
    arguments: [.key()], hints: ["nondeterministic_output_order"], run: runHkeys)

  /// HKEYS key
  private static func runHkeys(_ call: Call) throws(CommandError) {
    guard let hash = try call.database.readHash(call.key(1)) else { return call.reply.array(0) }
    let reply = call.reply
    reply.array(hash.count)
    hash.forEach { reply.bulk($0.name) }
  }

  static let hvals = CommandSpec(
    "hvals", .hash, since: "2.0.0", arity: 2, flags: .readonly, keys: [.at(1, [.ro, .access])],
    summary: "Returns the values of all fields of a hash.", complexity: wholeComplexity,
    arguments: [.key()], hints: ["nondeterministic_output_order"], run: runHvals)

  /// HVALS key
  private static func runHvals(_ call: Call) throws(CommandError) {
    guard let hash = try call.database.readHash(call.key(1)) else { return call.reply.array(0) }
    let reply = call.reply
    reply.array(hash.count)
    hash.forEach { reply.bulk($0.value) }
  }

  static let hgetall = CommandSpec(
    "hgetall", .hash, since: "2.0.0", arity: 2, flags: .readonly, keys: [.at(1, [.ro, .access])],
    summary: "Returns all fields of a hash with their values.", complexity: wholeComplexity,
    arguments: [.key()], hints: ["nondeterministic_output_order"], run: runHgetall)

  /// HGETALL key
  private static func runHgetall(_ call: Call) throws(CommandError) {
    guard let hash = try call.database.readHash(call.key(1)) else { return call.reply.map(0) }
    let reply = call.reply
    reply.map(hash.count)
    hash.forEach { field in
      reply.bulk(field.name)
      reply.bulk(field.value)
    }
  }

  static let hscan = CommandSpec(
    "hscan", .hash, since: "2.8.0", arity: -3, flags: .readonly, keys: [.at(1, [.ro, .access])],
    summary: "Returns the fields of a hash in portions, for one call after the other.",
    complexity: "O(1) for a call, O(N) for N fields until the cursor is 0 again.",
    arguments: [
      .key(), ArgumentSpec("cursor", .integer),
      ArgumentSpec("pattern", .pattern, token: "MATCH", .optional),
      ArgumentSpec("count", .integer, token: "COUNT", .optional),
      .token("novalues", "NOVALUES", .optional),
    ], hints: ["nondeterministic_output"], run: runHscan)

  /// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
  private static func runHscan(_ call: Call) throws(CommandError) {
    let cursor = try call.scanCursor(2)
    guard let hash = try call.database.readHash(call.key(1)) else {
      return call.replyNothingToScan()
    }
    let options = try ScanOptions(call, from: 3, of: .hash)
    let found = hash.scan(cursor, count: options.count, options.pattern)
    let reply = call.reply
    reply.array(2)
    // A cursor has 38 bits.
    reply.bulk(decimal: Int64(found.next))
    reply.array(found.fields.count * (options.isWithValues ? 2 : 1))
    for field in found.fields {
      reply.bulk(field.name)
      if options.isWithValues { reply.bulk(field.value) }
    }
  }

  // MARK: By chance

  static let hrandfield = CommandSpec(
    "hrandfield", .hash, since: "6.2.0", arity: -2, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Returns random fields of a hash.",
    complexity: "O(N) for N fields returned, or in the hash if they are fewer.",
    arguments: [
      .key(),
      ArgumentSpec(
        "options", .block, .optional,
        [
          ArgumentSpec("count", .integer), .token("withvalues", "WITHVALUES", .optional),
        ]),
    ], hints: ["nondeterministic_output"], run: runHrandfield)

  /// HRANDFIELD key [count [WITHVALUES]]
  private static func runHrandfield(_ call: Call) throws(CommandError) {
    if call.count == 2 {
      guard let hash = try call.database.readHash(call.key(1)) else { return call.reply.null() }
      return call.reply.bulk(hash.randomField().name)
    }
    let count = try RepeatedDraws.parseCount(call, 2)
    let hasValues = call.count > 3
    if hasValues {
      guard call.count == 4, call[3].isKeyword("WITHVALUES") else { throw .syntax }
      guard count.magnitude <= Int64.max / 2 else { throw .text("ERR value is out of range") }
    }
    guard let hash = try call.database.readHash(call.key(1)), count != 0 else {
      return call.reply.array(0)
    }
    let sample = Sample(reply: call.reply, hasValues: hasValues)
    if count < 0 {
      let draws = try RepeatedDraws(count)
      sample.begin(draws.count)
      return draws.forEach(call) { sample.write(hash.randomField()) }
    }
    let wanted = min(Int(count), hash.count)
    sample.begin(wanted)
    hash.forEachRandomField(wanted, sample.write)
  }

  /// How fields drawn at random are written.
  private struct Sample {
    let reply: ReplyWriter
    let hasValues: Bool

    func begin(_ count: Int) {
      reply.array(hasValues && !reply.isRESP3 ? 2 * count : count)
    }

    func write(_ field: HashValue.Field) {
      if hasValues, reply.isRESP3 { reply.array(2) }
      reply.bulk(field.name)
      if hasValues { reply.bulk(field.value) }
    }
  }
}
