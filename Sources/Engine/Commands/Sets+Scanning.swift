import Core

/// Walking the members of a set.
extension Sets {
  static let sscan = CommandSpec(
    "sscan", .set, since: "2.8.0", arity: -3, flags: .readonly, keys: [.at(1, [.ro, .access])],
    summary: "Returns the members of a set in portions, for one call after the other.",
    complexity: "O(1) for a call, O(N) for N members until the cursor is 0 again.",
    arguments: [
      .key(), ArgumentSpec("cursor", .integer),
      ArgumentSpec("pattern", .pattern, token: "MATCH", .optional),
      ArgumentSpec("count", .integer, token: "COUNT", .optional),
    ], hints: ["nondeterministic_output"], run: runSscan)

  /// SSCAN key cursor [MATCH pattern] [COUNT count]
  private static func runSscan(_ call: Call) throws(CommandError) {
    guard let cursor = Keys.parseCursor(call[2]) else { throw .text("ERR invalid cursor") }
    guard let set = try call.database.readSet(call.key(1)) else {
      // Redis does not look at the options then.
      call.reply.array(2)
      call.reply.bulk("0")
      return call.reply.array(0)
    }
    let options = try scanOptions(call)
    reply(call, set, cursor, count: options.count, options.pattern)
  }

  private static func scanOptions(
    _ call: Call
  ) throws(CommandError) -> (count: Int, pattern: GlobPattern?) {
    var count = 10
    var pattern: GlobPattern?
    var index = 3
    while index < call.count {
      if call[index].isKeyword("NOVALUES") {
        throw .text("ERR NOVALUES option can only be used in HSCAN")
      }
      guard index + 1 < call.count else { throw .syntax }
      if call[index].isKeyword("COUNT") {
        count = Int(try call.integer(index + 1))
        if count < 1 { throw .syntax }
      } else if call[index].isKeyword("MATCH") {
        let given = GlobPattern(call[index + 1])
        pattern = given.isLoneStar ? nil : given
      } else {
        throw .syntax
      }
      index += 2
    }
    return (count, pattern)
  }

  private static func reply(
    _ call: Call, _ set: SetValue, _ cursor: UInt64, count: Int, _ pattern: GlobPattern?
  ) {
    let reply = call.reply
    reply.array(2)
    let cursorPlace = reply.deferredDecimal()
    let header = reply.deferredArray(atMost: set.count)
    var found = 0
    let next = set.scan(cursor, count: count) { element in
      if let pattern, !element.withText({ pattern.matches($0) }) { return }
      reply.bulk(element)
      found += 1
    }
    reply.finish(header, found)
    reply.finish(cursorPlace, decimal: next)
  }
}
