import Core

/// Commands on hashes: single fields, or some that the call names.
enum Hashes {
  static let specs: [CommandSpec] = [
    hset, hsetnx, hmset, hget, hmget, hdel, hlen, hstrlen, hexists,
    hkeys, hvals, hgetall, hscan, hrandfield, hincrby, hincrbyfloat,
    hexpire, hpexpire, hexpireat, hpexpireat, hpersist,
    httl, hpttl, hexpiretime, hpexpiretime,
    hgetdel, hgetex, hsetex,
  ]

  static let fieldArgument = ArgumentSpec("field", .string)

  static let pairs = ArgumentSpec(
    "data", .block, .multiple, [fieldArgument, ArgumentSpec("value", .string)])

  private static let setComplexity: StaticString = "O(N) for N fields."

  static let hset = CommandSpec(
    "hset", .hash, since: "2.0.0", arity: -4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .update])], member: 2, summary: "Sets fields of a hash.",
    complexity: setComplexity,
    arguments: [.key(), pairs], history: [.init("4.0.0", "Takes several fields.")], run: runHset)

  /// HSET key field value [field value ...]
  private static func runHset(_ call: Call) throws(CommandError) {
    guard call.count & 1 == 0 else {
      throw .text("ERR wrong number of arguments for 'hset' command")
    }
    call.reply.integer(try setPairs(call))
  }

  static let hmset = CommandSpec(
    "hmset", .hash, since: "2.0.0", arity: -4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .update])], member: 2, summary: "Sets fields of a hash.",
    complexity: setComplexity,
    arguments: [.key(), pairs],
    deprecation: .init(since: "4.0.0", replacement: "`HSET` with multiple field-value pairs"),
    run: runHmset)

  /// HMSET key field value [field value ...]
  private static func runHmset(_ call: Call) throws(CommandError) {
    guard call.count & 1 == 0 else {
      throw .text("ERR wrong number of arguments for 'hmset' command")
    }
    _ = try setPairs(call)
    call.reply.ok()
  }

  /// Sets the pairs from argument 2 on and returns how many fields are new.
  @inline(__always)
  private static func setPairs(_ call: Call) throws(CommandError) -> Int {
    let key = call.key(1)
    let hash = try call.database.makeHash(key)
    let count = call.count / 2 - 1
    hash.expect(fieldCount: count)
    var created = 0
    var index = 2
    while index < call.count {
      if hash.set(call[index], hash: call.memberHash(index), call[index + 1]) { created += 1 }
      index += 2
    }
    call.modified(key, .hset)
    call.database.countChanges(count - 1)
    return created
  }

  static let hsetnx = CommandSpec(
    "hsetnx", .hash, since: "2.0.0", arity: 4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])], member: 2,
    summary: "Sets a field of a hash if it does not exist.",
    arguments: [.key(), fieldArgument, ArgumentSpec("value", .string)], run: runHsetnx)

  /// HSETNX key field value
  private static func runHsetnx(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let hash = try call.database.makeHash(key)
    if hash.find(call, 2) != nil { return call.reply.integer(0) }
    hash.set(call[2], call[3])
    call.reply.integer(1)
    call.modified(key, .hset)
  }

  static let hget = CommandSpec(
    "hget", .hash, since: "2.0.0", arity: 3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2, summary: "Returns the value of a field of a hash.",
    arguments: [.key(), fieldArgument], run: runHget)

  /// HGET key field
  private static func runHget(_ call: Call) throws(CommandError) {
    guard let value = try call.database.readHash(call.key(1))?.value(call, 2) else {
      return call.reply.null()
    }
    call.reply.bulk(value)
  }

  static let hmget = CommandSpec(
    "hmget", .hash, since: "2.0.0", arity: -3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2,
    summary: "Returns the values of some fields of a hash.",
    complexity: setComplexity, arguments: [.key(), ArgumentSpec("field", .string, .multiple)],
    run: runHmget)

  /// HMGET key field [field ...]
  private static func runHmget(_ call: Call) throws(CommandError) {
    let hash = try call.database.readHash(call.key(1))
    replyValues(call, hash, 2..<call.count)
  }

  /// Replies the values of the fields in some arguments, null for those that do not exist.
  static func replyValues(_ call: Call, _ hash: HashValue?, _ fields: Range<Int>) {
    call.reply.array(fields.count)
    for index in fields {
      if let value = hash?.value(call, index) { call.reply.bulk(value) } else { call.reply.null() }
    }
  }

  static let hdel = CommandSpec(
    "hdel", .hash, since: "2.0.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .delete])],
    member: 2, summary: "Removes fields from a hash, and the key with the last one.",
    complexity: setComplexity, arguments: [.key(), ArgumentSpec("field", .string, .multiple)],
    history: [.init("2.4.0", "Takes several fields.")], run: runHdel)

  /// HDEL key field [field ...]
  private static func runHdel(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    guard let hash = try call.database.writeHash(key) else { return call.reply.integer(0) }
    call.reply.integer(remove(call, key, hash, 2..<call.count))
  }

  /// Removes the fields in some arguments, and the key with the last one. Returns how many there
  /// were. ENDS the handle.
  static func remove(_ call: Call, _ key: Key, _ hash: HashValue, _ fields: Range<Int>) -> Int {
    var count = 0
    for index in fields where hash.remove(call[index]) { count += 1 }
    if count == 0 { return 0 }
    call.modified(key, .hdel)
    call.database.countChanges(count - 1)
    deleteIfEmpty(call, key, hash)
    return count
  }

  /// Deletes the key of a hash that has lost its last field, which is no change for itself.
  static func deleteIfEmpty(_ call: Call, _ key: Key, _ hash: HashValue) {
    guard hash.removeIfEmpty() else { return }
    call.modified(key, .del)
    call.database.discountChange()
  }

  static let hlen = CommandSpec(
    "hlen", .hash, since: "2.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, .ro)], summary: "Returns how many fields a hash has.", arguments: [.key()],
    run: runHlen)

  /// HLEN key
  private static func runHlen(_ call: Call) throws(CommandError) {
    call.reply.integer(try call.database.readHash(call.key(1))?.count ?? 0)
  }

  static let hstrlen = CommandSpec(
    "hstrlen", .hash, since: "3.2.0", arity: 3, flags: [.readonly, .fast],
    keys: [.at(1, .ro)], member: 2, summary: "Returns the length of a field's value in bytes.",
    arguments: [.key(), fieldArgument], run: runHstrlen)

  /// HSTRLEN key field
  private static func runHstrlen(_ call: Call) throws(CommandError) {
    switch try call.database.readHash(call.key(1))?.value(call, 2) {
    case .bytes(let bytes): call.reply.integer(bytes.count)
    case .integer(let number): call.reply.integer(IntegerText.decimalDigitCount(number))
    case nil: call.reply.integer(0)
    }
  }

  static let hexists = CommandSpec(
    "hexists", .hash, since: "2.0.0", arity: 3, flags: [.readonly, .fast],
    keys: [.at(1, .ro)], member: 2, summary: "Tells whether a hash has a field.",
    arguments: [.key(), fieldArgument], run: runHexists)

  /// HEXISTS key field
  private static func runHexists(_ call: Call) throws(CommandError) {
    let place = try call.database.readHash(call.key(1))?.find(call, 2)
    call.reply.integer(place == nil ? 0 : 1)
  }
}

extension HashValue {
  /// The place of the field in an argument.
  @inline(__always)
  func find(_ call: Call, _ index: Int) -> Place? {
    find(call[index], hash: call.memberHash(index))
  }

  /// The value of the field in an argument.
  @inline(__always)
  func value(_ call: Call, _ index: Int) -> ListpackElement? { find(call, index).map(value) }
}
