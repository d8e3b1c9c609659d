import Core

/// Setting and removing deadlines of fields. All reply a number for each field, -2 for one that
/// does not exist.
extension Hashes {
  private static let perField: StaticString = "O(N) for N fields named."

  private static func expirySpec(
    _ name: StaticString, _ time: ArgumentSpec, _ summary: StaticString,
    _ run: @escaping CommandSpec.Handler
  ) -> CommandSpec {
    CommandSpec(
      name, .hash, since: "7.4.0", arity: -6, flags: [.write, .fast],
      keys: [.at(1, [.rw, .update])], summary: summary, complexity: perField,
      arguments: [
        .key(), time,
        ArgumentSpec(
          "condition", .oneof, .optional,
          [.token("nx", "NX"), .token("xx", "XX"), .token("gt", "GT"), .token("lt", "LT")]),
        FieldList.argument,
      ], run: run)
  }

  static let hexpire = expirySpec(
    "hexpire", ArgumentSpec("seconds", .integer), "Sets in how many seconds fields expire.",
    runHexpire)

  /// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
  private static func runHexpire(_ call: Call) throws(CommandError) {
    try setDeadlines(call, millisecondsPerUnit: 1000, from: call.relativeTimeBase)
  }

  static let hpexpire = expirySpec(
    "hpexpire", ArgumentSpec("milliseconds", .integer),
    "Sets in how many milliseconds fields expire.", runHpexpire)

  /// HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
  private static func runHpexpire(_ call: Call) throws(CommandError) {
    try setDeadlines(call, millisecondsPerUnit: 1, from: call.relativeTimeBase)
  }

  static let hexpireat = expirySpec(
    "hexpireat", ArgumentSpec("unix-time-seconds", .unixTime),
    "Sets at which Unix time, in seconds, fields expire.", runHexpireat)

  /// HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
  private static func runHexpireat(_ call: Call) throws(CommandError) {
    try setDeadlines(call, millisecondsPerUnit: 1000, from: 0)
  }

  static let hpexpireat = expirySpec(
    "hpexpireat", ArgumentSpec("unix-time-milliseconds", .unixTime),
    "Sets at which Unix time, in milliseconds, fields expire.", runHpexpireat)

  /// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]
  private static func runHpexpireat(_ call: Call) throws(CommandError) {
    try setDeadlines(call, millisecondsPerUnit: 1, from: 0)
  }

  private static func setDeadlines(
    _ call: Call, millisecondsPerUnit: Int64, from base: Int64
  ) throws(CommandError) {
    let key = call.key(1)
    let hash = try call.database.writeHash(key)
    let deadline = try FieldDeadlineArgument.parse(
      call, 2, millisecondsPerUnit: millisecondsPerUnit, from: base)
    let condition = Keys.Condition(call[3])
    let fields = try FieldList(
      call, from: condition == nil ? 3 : 4,
      message: "ERR Parameter `numFields` should be greater than 0"
    ).range
    call.reply.array(fields.count)
    guard let hash else {
      for _ in fields { call.reply.integer(-2) }
      return
    }
    var changes = DeadlineChanges()
    for index in fields {
      let outcome = changes.set(call, hash, index, deadline, condition ?? [])
      call.reply.integer(outcome)
    }
    changes.log(call, key, deadline, condition: condition == nil ? 3..<3 : 3..<4)
    changes.finish(call, key, hash)
  }

  /// What a command has done to fields by their deadlines.
  struct DeadlineChanges {
    var updated = 0
    var removed = 0
    var logged = ChangedFields()

    /// Sets the deadline of the field at an argument, or removes the field if that is past. Returns
    /// what HEXPIRE replies.
    mutating func set(
      _ call: Call, _ hash: HashValue, _ index: Int, _ deadline: Int64,
      _ condition: Keys.Condition
    ) -> Int {
      let field = call[index]
      guard let place = hash.find(field) else { return -2 }
      guard condition.allows(deadline, replacing: hash.deadline(place)) else { return 0 }
      logged.add(call, index)
      if deadline <= call.now {
        hash.remove(field)
        removed += 1
        return 2
      }
      hash.setDeadline(field, deadline)
      updated += 1
      return 1
    }

    /// `condition`: the argument, if there is one, that made `deadline` depend on the old one.
    func log(_ call: Call, _ key: Key, _ deadline: Int64, condition: Range<Int>) {
      if removed > 0 { return logged.logRemoval(call, key) }
      logged.log(call, "HPEXPIREAT", key) { $0.add(deadline).add(call, condition) }
    }

    /// Marks the key as changed. ENDS the handle.
    func finish(_ call: Call, _ key: Key, _ hash: HashValue) {
      if updated + removed == 0 { return }
      call.modified(key, removed > 0 ? .hdel : .hexpire)
      call.database.countChanges(updated + removed - 1)
      if removed > 0 { Hashes.deleteIfEmpty(call, key, hash) }
    }
  }

  static let hpersist = CommandSpec(
    "hpersist", .hash, since: "7.4.0", arity: -5, flags: [.write, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Removes the deadlines of fields.",
    complexity: perField, arguments: [.key(), FieldList.argument], run: runHpersist)

  /// HPERSIST key FIELDS numfields field [field ...]
  private static func runHpersist(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let hash = try call.database.writeHash(key)
    let fields = try FieldList(call, from: 2).range
    call.reply.array(fields.count)
    var count = 0
    var logged = ChangedFields()
    for index in fields {
      guard let hash, let place = hash.find(call[index]) else {
        call.reply.integer(-2)
        continue
      }
      guard hash.deadline(place) != nil else {
        call.reply.integer(-1)
        continue
      }
      hash.setDeadline(call[index], nil)
      logged.add(call, index)
      count += 1
      call.reply.integer(1)
    }
    logged.log(call, "HPERSIST", key)
    if count == 0 { return }
    call.modified(key, .hpersist)
    call.database.countChanges(count - 1)
  }

  // MARK: Asking

  private static func askingSpec(
    _ name: StaticString, _ summary: StaticString, hints: [StaticString] = [],
    _ run: @escaping CommandSpec.Handler
  ) -> CommandSpec {
    CommandSpec(
      name, .hash, since: "7.4.0", arity: -5, flags: [.readonly, .fast],
      keys: [.at(1, [.ro, .access])], summary: summary, complexity: perField,
      arguments: [.key(), FieldList.argument], hints: hints, run: run)
  }

  static let httl = askingSpec(
    "httl", "Tells in how many seconds fields expire.", hints: ["nondeterministic_output"], runHttl)

  /// HTTL key FIELDS numfields field [field ...]
  private static func runHttl(_ call: Call) throws(CommandError) {
    try replyDeadlines(call) { deadline in roundUpToSeconds(deadline - call.now) }
  }

  static let hpttl = askingSpec(
    "hpttl", "Tells in how many milliseconds fields expire.", hints: ["nondeterministic_output"],
    runHpttl)

  /// HPTTL key FIELDS numfields field [field ...]
  private static func runHpttl(_ call: Call) throws(CommandError) {
    try replyDeadlines(call) { deadline in deadline - call.now }
  }

  static let hexpiretime = askingSpec(
    "hexpiretime", "Tells at which Unix time, in seconds, fields expire.", runHexpiretime)

  /// HEXPIRETIME key FIELDS numfields field [field ...]
  private static func runHexpiretime(_ call: Call) throws(CommandError) {
    try replyDeadlines(call) { deadline in roundUpToSeconds(deadline) }
  }

  static let hpexpiretime = askingSpec(
    "hpexpiretime", "Tells at which Unix time, in milliseconds, fields expire.", runHpexpiretime)

  /// HPEXPIRETIME key FIELDS numfields field [field ...]
  private static func runHpexpiretime(_ call: Call) throws(CommandError) {
    try replyDeadlines(call) { deadline in deadline }
  }

  /// Replies what `shown` makes of each field's deadline, -1 for one without.
  @inline(__always)
  private static func replyDeadlines(
    _ call: Call, _ shown: (Int64) -> Int64
  ) throws(CommandError) {
    let hash = try call.database.readHash(call.key(1))
    let fields = try FieldList(call, from: 2).range
    call.reply.array(fields.count)
    for index in fields {
      if let hash, let place = hash.find(call[index]) {
        call.reply.integer(hash.deadline(place).map(shown) ?? -1)
      } else {
        call.reply.integer(-2)
      }
    }
  }

  /// REQUIRES: not negative; deadlines have 46 bits.
  private static func roundUpToSeconds(_ milliseconds: Int64) -> Int64 {
    (milliseconds + 999) / 1000
  }
}
