import Core

/// Walking the keys of the selected database.
extension Keys {
  static let keys = CommandSpec(
    "keys", .generic, since: "1.0.0", arity: 2, flags: [.readonly], categories: [.dangerous],
    summary: "Returns the names of all keys that match a pattern.",
    complexity: "O(N) for N keys in the database, names and pattern being short.",
    arguments: [ArgumentSpec("pattern", .pattern)],
    hints: ["request_policy:all_shards", "nondeterministic_output_order"], run: runKeys)

  /// KEYS pattern
  private static func runKeys(_ call: Call) throws(CommandError) {
    let pattern = GlobPattern(call[1])
    let found = call.database.keys(.init(pattern: pattern.isLoneStar ? nil : pattern))
    reply(call, found)
  }

  static let scan = CommandSpec(
    "scan", .generic, since: "2.8.0", arity: -2, flags: [.readonly],
    summary: "Returns the names of keys in portions, for one call after the other.",
    complexity: "O(1) for a call, O(N) for N keys until the cursor is 0 again.",
    arguments: [
      ArgumentSpec("cursor", .integer),
      ArgumentSpec("pattern", .pattern, token: "MATCH", .optional),
      ArgumentSpec("count", .integer, token: "COUNT", .optional),
      ArgumentSpec("type", .string, token: "TYPE", since: "6.0.0", .optional),
    ],
    history: [.init("6.0.0", "Takes `TYPE`.")],
    hints: [
      "nondeterministic_output", "request_policy:special", "response_policy:special",
    ], run: runScan)

  /// SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]
  private static func runScan(_ call: Call) throws(CommandError) {
    let cursor = try call.scanCursor(1)
    let options = try ScanOptions(call, from: 2, of: nil)
    var filter = Database.KeyFilter(pattern: options.pattern)
    if let name = options.typeName {
      filter.type = ValueType.named(name)
      filter.isNothing = filter.type == nil
    }
    let found = call.database.scan(cursor, count: options.count, filter)
    call.reply.array(2)
    // A cursor has 38 bits.
    call.reply.bulk(decimal: Int64(found.next))
    reply(call, found.keys)
  }

  private static func reply(_ call: Call, _ keys: [ByteView]) {
    call.reply.array(keys.count)
    for key in keys { call.reply.bulk(key) }
  }
}
