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
    guard let cursor = parseCursor(call[1]) else { throw .text("ERR invalid cursor") }
    var count = 10
    var filter = Database.KeyFilter()
    var index = 2
    while index < call.count {
      guard index + 1 < call.count else { throw .syntax }
      let value = call[index + 1]
      if call[index].isKeyword("COUNT") {
        count = Int(try call.integer(index + 1))
        if count < 1 { throw .syntax }
      } else if call[index].isKeyword("MATCH") {
        let pattern = GlobPattern(value)
        filter.pattern = pattern.isLoneStar ? nil : pattern
      } else if call[index].isKeyword("TYPE") {
        filter.type = ValueType.named(value)
        filter.isNothing = filter.type == nil
      } else {
        throw .syntax
      }
      index += 2
    }
    let found = call.database.scan(cursor, count: count, filter)
    call.reply.array(2)
    // A cursor has 38 bits.
    call.reply.bulk(decimal: Int64(found.next))
    reply(call, found.keys)
  }

  /// A number without sign; zeros and a plus in front are allowed, as in `strtoul`.
  static func parseCursor(_ text: ByteView) -> UInt64? {
    var start = 0
    if start < text.count, text[start] == UInt8(ascii: "+") { start += 1 }
    while start + 1 < text.count, text[start] == UInt8(ascii: "0") { start += 1 }
    return text.slice(start, text.count).parseUnsigned()
  }

  private static func reply(_ call: Call, _ keys: [ByteView]) {
    call.reply.array(keys.count)
    for key in keys { call.reply.bulk(key) }
  }
}
