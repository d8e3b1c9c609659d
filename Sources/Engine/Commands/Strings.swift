import Core

/// Commands on strings.
enum Strings {
  static let specs: [CommandSpec] = [
    get, set, setnx, setex, psetex, getset, getex, getdel,
    mget, mset, msetnx, msetex,
    append, strlen, getrange, substr, setrange,
    incr, decr, incrby, decrby, incrbyfloat,
    lcs, digest, delex, delifeq,
  ]

  static let get = CommandSpec(
    "get", .string, since: "1.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Returns the value of a string key.",
    arguments: [.key()], run: runGet)

  /// GET key
  private static func runGet(_ call: Call) throws(CommandError) {
    guard let slot = call.database.read(call.key(1)) else { return call.reply.null() }
    guard slot.entry.isString else { throw .wrongType }
    call.reply.bulk(call.database.string(slot))
  }

  static let getex = CommandSpec(
    "getex", .string, since: "6.2.0", arity: -2, flags: [.write, .fast],
    keys: [
      .at(1, [.rw, .access, .update], notes: "It writes when it changes the time to live")
    ],
    summary: "Returns the value of a string key, and sets or removes its expiry time.",
    arguments: [.key(), ExpirationOption.argument(bare: .token("persist", "PERSIST"))],
    run: runGetex)

  /// GETEX key [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | PERSIST]
  private static func runGetex(_ call: Call) throws(CommandError) {
    var expiration = ExpirationOption()
    var index = 2
    while index < call.count {
      let taken = try expiration.parse(call, index, bare: .persist)
      if taken == 0 { throw .syntax }
      index += taken
    }
    let key = call.key(1)
    guard let slot = call.database.read(key) else { return call.reply.null() }
    guard slot.entry.isString else { throw .wrongType }
    let deadline = try expiration.deadline(call)
    call.reply.bulk(call.database.string(slot))
    if let deadline {
      if deadline > call.now {
        call.database.setDeadline(slot, deadline)
        if call.isLogged { call.effect("PEXPIREAT").add(key.bytes).add(deadline).end() }
        call.modified(key, .expire)
      } else {
        call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForExpiry)
        call.logPastDeadline(key)
        call.modified(key, .del)
      }
    } else if expiration.kind == .persist, call.database.removeDeadline(slot) {
      if call.isLogged { call.effect("PERSIST").add(key.bytes).end() }
      call.modified(key, .persist)
    }
  }

  static let getdel = CommandSpec(
    "getdel", .string, since: "6.2.0", arity: 2, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Returns the value of a string key and deletes the key.",
    arguments: [.key()], run: runGetdel)

  /// GETDEL key
  private static func runGetdel(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    guard let slot = call.database.read(key) else { return call.reply.null() }
    guard slot.entry.isString else { throw .wrongType }
    call.reply.bulk(call.database.string(slot))
    call.database.delete(slot, isLazy: call.database.lazyFreeing.isLazyForUserDelete)
    if call.isLogged { call.effect("DEL").add(key.bytes).end() }
    call.modified(key, .del)
  }
}

extension ReplyWriter {
  /// A string's text as a bulk string.
  @inline(__always)
  func bulk(_ content: StringContent) {
    switch content {
    case .bytes(let bytes): bulk(bytes)
    case .block(let block): bulk(lending: block)
    case .integer(let value): bulk(decimal: value)
    }
  }
}

extension Call {
  /// Sets the key to the string in argument `index`, whose block, if it has one, becomes the value.
  @inline(__always)
  func setString(_ key: Key, _ slot: Slot?, argument index: Int, _ change: DeadlineChange) {
    if let block = takeBlock(index) {
      database.setBlock(key, slot, block, change)
    } else {
      database.setString(key, slot, self[index], change)
    }
  }
}
