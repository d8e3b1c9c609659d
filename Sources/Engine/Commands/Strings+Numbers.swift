import Core

/// Commands on strings that are numbers.
extension Strings {
  static let incr = CommandSpec(
    "incr", .string, since: "1.0.0", arity: 2, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Adds one to an integer key, which starts at 0 if missing.",
    arguments: [.key()], run: runIncr)

  /// INCR key
  private static func runIncr(_ call: Call) throws(CommandError) { try add(call, 1) }

  static let decr = CommandSpec(
    "decr", .string, since: "1.0.0", arity: 2, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Subtracts one from an integer key, which starts at 0 if missing.",
    arguments: [.key()], run: runDecr)

  /// DECR key
  private static func runDecr(_ call: Call) throws(CommandError) { try add(call, -1) }

  static let incrby = CommandSpec(
    "incrby", .string, since: "1.0.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Adds a number to an integer key, which starts at 0 if missing.",
    arguments: [.key(), ArgumentSpec("increment", .integer)], run: runIncrby)

  /// INCRBY key increment
  private static func runIncrby(_ call: Call) throws(CommandError) {
    try add(call, call.integer(2))
  }

  static let decrby = CommandSpec(
    "decrby", .string, since: "1.0.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Subtracts a number from an integer key, which starts at 0 if missing.",
    arguments: [.key(), ArgumentSpec("decrement", .integer)], run: runDecrby)

  /// DECRBY key decrement
  private static func runDecrby(_ call: Call) throws(CommandError) {
    let (increment, overflow) = Int64(0).subtractingReportingOverflow(try call.integer(2))
    if overflow { throw .text("ERR decrement would overflow") }
    try add(call, increment)
  }

  @inline(__always)
  private static func add(_ call: Call, _ increment: Int64) throws(CommandError) {
    let key = call.key(1)
    guard let slot = call.database.write(key), call.database.isInteger(slot) else {
      return try addToText(call, increment)
    }
    guard let sum = call.database.addInPlace(slot, increment) else { throw .overflow }
    call.reply.integer(sum)
    call.modified(key, .incrby)
  }

  /// The key is missing, or its value is not stored as an integer, which it may be all the same.
  private static func addToText(_ call: Call, _ increment: Int64) throws(CommandError) {
    let key = call.key(1)
    let slot = call.database.find(key)
    var old: Int64 = 0
    if let slot {
      guard slot.entry.isString else { throw .wrongType }
      guard case .bytes(let text) = call.database.string(slot), let number = text.parseInteger()
      else { throw .notInteger }
      old = number
    }
    let (sum, overflow) = old.addingReportingOverflow(increment)
    if overflow { throw .overflow }
    call.database.setInteger(key, slot, sum, .keep)
    call.reply.integer(sum)
    call.modified(key, .incrby)
  }

  static let incrbyfloat = CommandSpec(
    "incrbyfloat", .string, since: "2.6.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Adds a floating point number to a key, which starts at 0 if missing.",
    arguments: [.key(), ArgumentSpec("increment", .double)], run: runIncrbyfloat)

  /// INCRBYFLOAT key increment
  private static func runIncrbyfloat(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let slot = call.database.write(key)
    if let slot, !slot.entry.isString { throw .wrongType }
    switch call.database.addFloat(key, slot, call[2]) {
    case .notFloat: throw .notFloat
    case .notFinite: throw .text("ERR increment would produce NaN or Infinity")
    case .stored(let sum):
      call.reply.bulk(sum)
      // Not the addition: another server may round otherwise.
      if call.isLogged { logSum(call, key, sum) }
    }
    call.modified(key, .incrbyfloat)
  }

  private static func logSum(_ call: Call, _ key: Key, _ sum: StringContent) {
    sum.withBytes { call.effect("SET").add(key.bytes).add($0).add("KEEPTTL").end() }
  }
}
