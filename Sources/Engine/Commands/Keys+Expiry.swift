import Core

/// Setting and removing deadlines.
extension Keys {
  private static let conditionArgument = ArgumentSpec(
    "condition", .oneof, since: "7.0.0", .optional,
    [.token("nx", "NX"), .token("xx", "XX"), .token("gt", "GT"), .token("lt", "LT")])

  private static let conditionHistory: [CommandSpec.HistoryNote] = [
    .init("7.0.0", "Takes `NX`, `XX`, `GT` and `LT`.")
  ]

  static let expire = CommandSpec(
    "expire", .generic, since: "1.0.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Sets in how many seconds a key expires.",
    arguments: [.key(), ArgumentSpec("seconds", .integer), conditionArgument],
    history: conditionHistory, run: runExpire)

  /// EXPIRE key seconds [NX | XX | GT | LT]
  private static func runExpire(_ call: Call) throws(CommandError) {
    try setDeadline(call, millisecondsPerUnit: 1000, from: call.relativeTimeBase)
  }

  static let pexpire = CommandSpec(
    "pexpire", .generic, since: "2.6.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Sets in how many milliseconds a key expires.",
    arguments: [.key(), ArgumentSpec("milliseconds", .integer), conditionArgument],
    history: conditionHistory, run: runPexpire)

  /// PEXPIRE key milliseconds [NX | XX | GT | LT]
  private static func runPexpire(_ call: Call) throws(CommandError) {
    try setDeadline(call, millisecondsPerUnit: 1, from: call.relativeTimeBase)
  }

  static let expireat = CommandSpec(
    "expireat", .generic, since: "1.2.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Sets at which Unix time, in seconds, a key expires.",
    arguments: [.key(), ArgumentSpec("unix-time-seconds", .unixTime), conditionArgument],
    history: conditionHistory, run: runExpireat)

  /// EXPIREAT key unix-time-seconds [NX | XX | GT | LT]
  private static func runExpireat(_ call: Call) throws(CommandError) {
    try setDeadline(call, millisecondsPerUnit: 1000, from: 0)
  }

  static let pexpireat = CommandSpec(
    "pexpireat", .generic, since: "2.6.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])],
    summary: "Sets at which Unix time, in milliseconds, a key expires.",
    arguments: [.key(), ArgumentSpec("unix-time-milliseconds", .unixTime), conditionArgument],
    history: conditionHistory, run: runPexpireat)

  /// PEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT]
  private static func runPexpireat(_ call: Call) throws(CommandError) {
    try setDeadline(call, millisecondsPerUnit: 1, from: 0)
  }

  private static func setDeadline(
    _ call: Call, millisecondsPerUnit: Int64, from base: Int64
  ) throws(CommandError) {
    let condition = try parseCondition(call)
    let time = try call.integer(2)
    let (offset, isTooLong) = time.multipliedReportingOverflow(by: millisecondsPerUnit)
    let (deadline, isTooLate) = offset.addingReportingOverflow(base)
    if isTooLong || isTooLate {
      throw call.fail("ERR invalid expire time in '\(call.commandName)' command")
    }
    let key = call.key(1)
    guard let slot = call.database.write(key),
      condition.allows(deadline, replacing: call.database.deadline(slot))
    else { return call.reply.integer(0) }
    if deadline <= call.now {
      call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForExpiry)
      call.reply.integer(1)
      call.logPastDeadline(key)
      return call.modified(key, .del)
    }
    call.database.setDeadline(slot, deadline)
    if call.isLogged {
      call.effect("PEXPIREAT").add(key.bytes).add(deadline).add(call, 3..<call.count).end()
    }
    call.reply.integer(1)
    call.modified(key, .expire)
  }

  /// When EXPIRE and its like do anything; several at once must all hold.
  struct Condition: OptionSet {
    let rawValue: UInt8
    static let notExisting = Condition(rawValue: 1)
    static let existing = Condition(rawValue: 2)
    static let greater = Condition(rawValue: 4)
    static let less = Condition(rawValue: 8)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The condition that a word names.
    init?(_ word: ByteView) {
      if word.isKeyword("NX") {
        self = .notExisting
      } else if word.isKeyword("XX") {
        self = .existing
      } else if word.isKeyword("GT") {
        self = .greater
      } else if word.isKeyword("LT") {
        self = .less
      } else {
        return nil
      }
    }

    /// What has no deadline lives longer than any.
    func allows(_ deadline: Int64, replacing current: Int64?) -> Bool {
      if contains(.notExisting), current != nil { return false }
      if contains(.existing), current == nil { return false }
      if contains(.greater) {
        guard let current, deadline > current else { return false }
      }
      if contains(.less), let current, deadline >= current { return false }
      return true
    }
  }

  private static func parseCondition(_ call: Call) throws(CommandError) -> Condition {
    var condition: Condition = []
    for index in 3..<max(call.count, 3) {
      guard let word = Condition(call[index]) else {
        throw call.fail("ERR Unsupported option ", echoing: call[index])
      }
      condition.insert(word)
    }
    if condition.contains(.notExisting), condition != .notExisting {
      throw .text("ERR NX and XX, GT or LT options at the same time are not compatible")
    }
    if condition.isSuperset(of: [.greater, .less]) {
      throw .text("ERR GT and LT options at the same time are not compatible")
    }
    return condition
  }

  static let persist = CommandSpec(
    "persist", .generic, since: "2.2.0", arity: 2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Removes a key's deadline.", arguments: [.key()],
    run: runPersist)

  /// PERSIST key
  private static func runPersist(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    guard let slot = call.database.write(key), call.database.removeDeadline(slot) else {
      return call.reply.integer(0)
    }
    call.reply.integer(1)
    call.modified(key, .persist)
  }
}
