import Core

/// SET and the commands that it has replaced.
extension Strings {
  static let set = CommandSpec(
    "set", .string, since: "1.0.0", arity: -3, flags: [.write, .denyoom],
    keys: [
      .at(1, [.rw, .access, .update, .variableFlags], notes: "With `GET` it reads the key too")
    ],
    summary: "Sets a key to a string, whatever it held before.",
    arguments: setArguments,
    history: [
      .init("2.6.12", "New options `EX`, `PX`, `NX` and `XX`."),
      .init("6.0.0", "New option `KEEPTTL`."),
      .init("6.2.0", "New options `GET`, `EXAT` and `PXAT`."),
      .init("7.0.0", "`NX` and `GET` may be used together."),
      .init("8.4.0", "New options `IFEQ`, `IFNE`, `IFDEQ` and `IFDNE`."),
    ],
    run: runSet)

  private static let setArguments: [ArgumentSpec] = [
    .key(), ArgumentSpec("value", .string),
    ArgumentSpec(
      "condition", .oneof, since: "2.6.12", .optional,
      [.token("nx", "NX"), .token("xx", "XX")] + ValueCondition.comparisons(since: "8.4.0")),
    .token("get", "GET", since: "6.2.0", .optional),
    ArgumentSpec(
      "expiration", .oneof, .optional,
      [
        ArgumentSpec("seconds", .integer, token: "EX", since: "2.6.12"),
        ArgumentSpec("milliseconds", .integer, token: "PX", since: "2.6.12"),
        ArgumentSpec("unix-time-seconds", .unixTime, token: "EXAT", since: "6.2.0"),
        ArgumentSpec("unix-time-milliseconds", .unixTime, token: "PXAT", since: "6.2.0"),
        .token("keepttl", "KEEPTTL", since: "6.0.0"),
      ]),
  ]

  /// SET key value [NX | XX | IFEQ value | IFNE value | IFDEQ digest | IFDNE digest] [GET]
  /// [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | KEEPTTL]
  private static func runSet(_ call: Call) throws(CommandError) {
    if call.count == 3 {
      let key = call.key(1)
      call.setString(key, call.database.find(key), argument: 2, .remove)
      call.reply.ok()
      return call.modified(key, .set)
    }
    let options = try SetOptions(call)
    let deadline = try options.expiration.deadline(call)
    let key = call.key(1)
    let slot = options.returnsOld ? call.database.read(key) : call.database.find(key)
    if options.returnsOld, let slot, !slot.entry.isString { throw .wrongType }
    let isAllowed = try options.condition.holds(call, slot)
    if options.returnsOld {
      if let slot { call.reply.bulk(call.database.string(slot)) } else { call.reply.null() }
    } else {
      if isAllowed { call.reply.ok() } else { call.reply.null() }
    }
    guard isAllowed else { return }
    if let deadline, deadline <= call.now { return setExpired(call, key, slot) }
    call.setString(key, slot, argument: 2, options.expiration.change(deadline))
    if call.isLogged { logSet(call, options, deadline) }
    call.modified(key, .set)
  }

  /// NX and XX are logged as they came; other conditions have held, and are left out.
  private static func logSet(_ call: Call, _ options: SetOptions, _ deadline: Int64?) {
    let effect = call.effect("SET").add(call, 1..<3)
    if let deadline {
      effect.add("PXAT").add(deadline)
    } else {
      switch options.condition {
      case .missing: effect.add("NX")
      case .exists: effect.add("XX")
      default: break
      }
      if options.expiration.kind == .keep { effect.add("KEEPTTL") }
    }
    effect.end()
  }

  /// A value whose time is past replaces the old one and is gone at once.
  static func setExpired(_ call: Call, _ key: Key, _ slot: Slot?) {
    guard let slot else { return }
    call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForExpiry)
    call.logPastDeadline(key)
    call.modified(key, .del)
  }

  static let setnx = CommandSpec(
    "setnx", .string, since: "1.0.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.ow, .insert])],
    summary: "Sets a key to a string if the key does not exist.",
    arguments: [.key(), ArgumentSpec("value", .string)],
    deprecation: .init(since: "2.6.12", replacement: "`SET` with the `NX` argument"),
    run: runSetnx)

  /// SETNX key value
  private static func runSetnx(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    if call.database.write(key) != nil { return call.reply.integer(0) }
    call.setString(key, nil, argument: 2, .remove)
    call.reply.integer(1)
    call.modified(key, .set)
  }

  static let setex = CommandSpec(
    "setex", .string, since: "2.0.0", arity: 4, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update])],
    summary: "Sets a key to a string that expires after some seconds.",
    arguments: [
      .key(), ArgumentSpec("seconds", .integer), ArgumentSpec("value", .string),
    ],
    deprecation: .init(since: "2.6.12", replacement: "`SET` with the `EX` argument"),
    run: runSetex)

  /// SETEX key seconds value
  private static func runSetex(_ call: Call) throws(CommandError) {
    try setWithDeadline(call, .seconds)
  }

  static let psetex = CommandSpec(
    "psetex", .string, since: "2.6.0", arity: 4, flags: [.write, .denyoom],
    keys: [.at(1, [.ow, .update])],
    summary: "Sets a key to a string that expires after some milliseconds.",
    arguments: [
      .key(), ArgumentSpec("milliseconds", .integer), ArgumentSpec("value", .string),
    ],
    deprecation: .init(since: "2.6.12", replacement: "`SET` with the `PX` argument"),
    run: runPsetex)

  /// PSETEX key milliseconds value
  private static func runPsetex(_ call: Call) throws(CommandError) {
    try setWithDeadline(call, .milliseconds)
  }

  private static func setWithDeadline(
    _ call: Call, _ kind: ExpirationOption.Kind
  ) throws(CommandError) {
    let deadline = try ExpirationOption.deadline(call, 2, kind)
    let key = call.key(1)
    call.setString(key, call.database.find(key), argument: 3, .set(deadline))
    if call.isLogged {
      call.effect("SET").add(key.bytes).add(call[3]).add("PXAT").add(deadline).end()
    }
    call.reply.ok()
    call.modified(key, .set)
  }

  static let getset = CommandSpec(
    "getset", .string, since: "1.0.0", arity: 3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Sets a key to a string and returns what it held before.",
    arguments: [.key(), ArgumentSpec("value", .string)],
    deprecation: .init(since: "6.2.0", replacement: "`SET` with the `!GET` argument"),
    run: runGetset)

  /// GETSET key value
  private static func runGetset(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let slot = call.database.read(key)
    if let slot {
      guard slot.entry.isString else { throw .wrongType }
      call.reply.bulk(call.database.string(slot))
    } else {
      call.reply.null()
    }
    call.setString(key, slot, argument: 2, .remove)
    if call.isLogged { call.effect("SET").add(call, 1..<3).end() }
    call.modified(key, .set)
  }
}

/// The options of SET.
private struct SetOptions {
  var condition = ValueCondition.none
  var returnsOld = false
  var expiration = ExpirationOption()

  init(_ call: Call) throws(CommandError) {
    var index = 3
    while index < call.count {
      var taken = try expiration.parse(call, index, bare: .keep)
      if taken == 0 { taken = try parse(call, index) }
      index += taken
    }
  }

  /// Takes another option than those of expiry and returns how many arguments it has.
  private mutating func parse(_ call: Call, _ index: Int) throws(CommandError) -> Int {
    let word = call[index]
    if word.isKeyword("GET") {
      returnsOld = true
      return 1
    }
    if word.isKeyword("NX") {
      switch condition {
      case .none, .missing: condition = .missing
      default: throw .syntax
      }
      return 1
    }
    if word.isKeyword("XX") {
      switch condition {
      case .none, .exists: condition = .exists
      default: throw .syntax
      }
      return 1
    }
    guard case .none = condition, index + 1 < call.count,
      let comparison = ValueCondition.comparison(call, index)
    else { throw .syntax }
    condition = comparison
    return 2
  }
}
