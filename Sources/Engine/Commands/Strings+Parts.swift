import Core

/// Commands on parts of a string.
extension Strings {
  static let append = CommandSpec(
    "append", .string, since: "2.0.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])],
    summary: "Adds text to the end of a string key, which is created if missing.",
    complexity: "O(1) amortized: a string's memory grows in proportion to its length.",
    arguments: [.key(), ArgumentSpec("value", .string)], run: runAppend)

  /// APPEND key value
  private static func runAppend(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let count: Int
    if let slot = call.database.write(key) {
      guard slot.entry.isString else { throw .wrongType }
      try checkLength(call, call.database.string(slot).count, call[2].count)
      count = call.database.append(slot, call[2])
    } else {
      count = call[2].count
      call.setString(key, nil, argument: 2, .remove)
    }
    call.reply.integer(count)
    call.modified(key, .append)
  }

  private static func checkLength(
    _ call: Call, _ offset: Int, _ byteCount: Int
  ) throws(CommandError) {
    let (end, overflow) = offset.addingReportingOverflow(byteCount)
    guard !overflow, Int64(end) <= call.server.stringByteCountMax else {
      throw .text("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
    }
  }

  static let strlen = CommandSpec(
    "strlen", .string, since: "2.2.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, .ro)], summary: "Returns the length of a string key's value in bytes.",
    arguments: [.key()], run: runStrlen)

  /// STRLEN key
  private static func runStrlen(_ call: Call) throws(CommandError) {
    guard let slot = call.database.read(call.key(1)) else { return call.reply.integer(0) }
    guard slot.entry.isString else { throw .wrongType }
    call.reply.integer(call.database.string(slot).count)
  }

  static let getrange = CommandSpec(
    "getrange", .string, since: "2.4.0", arity: 4, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Returns part of a string key's value.",
    complexity: "O(N) where N is the length of the returned string.",
    arguments: rangeArguments, run: runGetrange)

  static let substr = CommandSpec(
    "substr", .string, since: "1.0.0", arity: 4, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Returns part of a string key's value.",
    complexity: "O(N) where N is the length of the returned string.",
    arguments: rangeArguments,
    deprecation: .init(since: "2.0.0", replacement: "`GETRANGE`"), run: runGetrange)

  private static let rangeArguments: [ArgumentSpec] = [
    .key(), ArgumentSpec("start", .integer), ArgumentSpec("end", .integer),
  ]

  /// GETRANGE key start end
  private static func runGetrange(_ call: Call) throws(CommandError) {
    let start = try call.integer(2)
    let end = try call.integer(3)
    guard let slot = call.database.read(call.key(1)) else { return call.reply.bulk("") }
    guard slot.entry.isString else { throw .wrongType }
    call.database.string(slot).withBytes { text in
      guard let range = range(start, end, of: text.count) else { return call.reply.bulk("") }
      call.reply.bulk(text.slice(range.lowerBound, range.upperBound))
    }
  }

  /// The bytes from `start` to `end`, both included; negative numbers count from the end.
  private static func range(_ start: Int64, _ end: Int64, of count: Int) -> Range<Int>? {
    if start < 0, end < 0, start > end { return nil }
    // A negative number and a length, which is positive: neither sum can overflow.
    let first = max(0, start < 0 ? start + Int64(count) : start)
    let last = min(max(0, end < 0 ? end + Int64(count) : end), Int64(count) - 1)
    return first <= last ? Int(first)..<Int(last) + 1 : nil
  }

  static let setrange = CommandSpec(
    "setrange", .string, since: "2.2.0", arity: 4, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .update])],
    summary: "Overwrites part of a string key's value from an offset on.",
    complexity: "O(M) where M is the length of the value argument, and of a gap before it.",
    arguments: [
      .key(), ArgumentSpec("offset", .integer), ArgumentSpec("value", .string),
    ], run: runSetrange)

  /// SETRANGE key offset value
  private static func runSetrange(_ call: Call) throws(CommandError) {
    let offset = Int(try call.integer(2))
    if offset < 0 { throw .text("ERR offset is out of range") }
    let key = call.key(1)
    let value = call[3]
    let slot = call.database.write(key)
    if let slot, !slot.entry.isString { throw .wrongType }
    if value.isEmpty {
      return call.reply.integer(slot.map { call.database.string($0).count } ?? 0)
    }
    try checkLength(call, offset, value.count)
    if let slot {
      call.reply.integer(call.database.overwrite(slot, at: offset, value))
    } else {
      call.database.setPadded(key, zeroCount: offset, value)
      call.reply.integer(offset + value.count)
    }
    call.modified(key, .setrange)
  }
}
