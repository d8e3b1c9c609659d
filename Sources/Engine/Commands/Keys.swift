import Core

/// Commands on keys of any type.
enum Keys {
  static let specs: [CommandSpec] = [
    del, unlink, exists, touch, type, randomkey, dbsize,
    keys, scan,
    rename, renamenx, copy, move,
    expire, pexpire, expireat, pexpireat, persist,
    ttl, pttl, expiretime, pexpiretime,
    object, dump, restore,
    select, swapdb, flushdb, flushall,
  ]

  // MARK: Removing

  static let del = CommandSpec(
    "del", .generic, since: "1.0.0", arity: -2, flags: [.write],
    keys: [.from(1, [.rm, .delete])], summary: "Removes keys, whatever they hold.",
    complexity: """
      O(N) for N keys; a key that holds a collection adds its number of elements, and a string \
      adds nothing.
      """,
    arguments: [.key("key", .multiple)],
    hints: ["request_policy:multi_shard", "response_policy:agg_sum"], run: runDel)

  /// DEL key [key ...]
  private static func runDel(_ call: Call) throws(CommandError) {
    remove(call, isLazy: call.database.lazyFreeing.isLazyForUserDelete)
  }

  static let unlink = CommandSpec(
    "unlink", .generic, since: "4.0.0", arity: -2, flags: [.write, .fast],
    keys: [.from(1, [.rm, .delete])],
    summary: "Removes keys at once and frees large values in the background.",
    complexity: "O(1) for each key; another thread then takes O(N) for N allocations.",
    arguments: [.key("key", .multiple)],
    hints: ["request_policy:multi_shard", "response_policy:agg_sum"], run: runUnlink)

  /// UNLINK key [key ...]
  private static func runUnlink(_ call: Call) throws(CommandError) {
    remove(call, isLazy: true)
  }

  private static func remove(_ call: Call, isLazy: Bool) {
    let database = call.database
    var removed = 0
    for index in 1..<call.count {
      let key = call.key(index)
      guard let slot = database.find(key) else { continue }
      database.delete(slot, isLazy: isLazy)
      call.modified(key, .del)
      removed += 1
    }
    call.reply.integer(removed)
  }

  // MARK: Asking

  static let exists = CommandSpec(
    "exists", .generic, since: "1.0.0", arity: -2, flags: [.readonly, .fast],
    keys: [.from(1, [.ro])], summary: "Counts how many of the keys exist.",
    complexity: "O(N) for N keys.", arguments: [.key("key", .multiple)],
    history: [.init("3.0.3", "Takes several keys.")],
    hints: ["request_policy:multi_shard", "response_policy:agg_sum"], run: runExists)

  /// EXISTS key [key ...]
  private static func runExists(_ call: Call) throws(CommandError) {
    var found = 0
    for index in 1..<call.count where call.database.inspect(call.key(index)) != nil { found += 1 }
    call.reply.integer(found)
  }

  static let touch = CommandSpec(
    "touch", .generic, since: "3.2.1", arity: -2, flags: [.readonly, .fast],
    keys: [.from(1, [.ro])],
    summary: "Counts how many of the keys exist and notes an access to them.",
    complexity: "O(N) for N keys.", arguments: [.key("key", .multiple)],
    hints: ["request_policy:multi_shard", "response_policy:agg_sum"], run: runTouch)

  /// TOUCH key [key ...]
  private static func runTouch(_ call: Call) throws(CommandError) {
    var found = 0
    for index in 1..<call.count {
      guard let slot = call.database.inspect(call.key(index)) else { continue }
      call.database.refresh(slot)
      found += 1
    }
    call.reply.integer(found)
  }

  static let type = CommandSpec(
    "type", .generic, since: "1.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro])], summary: "Tells what type of value a key holds.",
    arguments: [.key()], run: runType)

  /// TYPE key
  private static func runType(_ call: Call) throws(CommandError) {
    call.reply.simple(call.database.inspect(call.key(1))?.entry.type.name ?? "none")
  }

  static let randomkey = CommandSpec(
    "randomkey", .generic, since: "1.0.0", arity: 1, flags: [.readonly],
    summary: "Returns the name of a random key.",
    hints: [
      "request_policy:all_shards", "response_policy:special", "nondeterministic_output",
    ], run: runRandomkey)

  /// RANDOMKEY
  private static func runRandomkey(_ call: Call) throws(CommandError) {
    guard let slot = call.database.randomSlot() else { return call.reply.null() }
    call.reply.bulk(slot.entry.key)
  }

  static let dbsize = CommandSpec(
    "dbsize", .server, since: "1.0.0", arity: 1, flags: [.readonly, .fast],
    categories: [.keyspace], summary: "Counts the keys of the selected database.",
    hints: ["request_policy:all_shards", "response_policy:agg_sum"], run: runDbsize)

  /// DBSIZE
  private static func runDbsize(_ call: Call) throws(CommandError) {
    call.reply.integer(call.database.count)
  }
}
