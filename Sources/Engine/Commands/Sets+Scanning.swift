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
    let cursor = try call.scanCursor(2)
    guard let set = try call.database.readSet(call.key(1)) else {
      return call.replyNothingToScan()
    }
    let options = try ScanOptions(call, from: 3, of: .set)
    let reply = call.reply
    reply.array(2)
    let cursorPlace = reply.deferredDecimal()
    let header = reply.deferredArray(atMost: set.count)
    var found = 0
    let next = set.scan(cursor, count: options.count) { element in
      guard options.accepts(element) else { return }
      reply.bulk(element)
      found += 1
    }
    reply.finish(header, found)
    reply.finish(cursorPlace, decimal: next)
  }
}
