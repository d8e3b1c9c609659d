import Core

/// Commands on one set's members.
enum Sets {
  static let specs: [CommandSpec] = [
    sadd, srem, smove, sismember, smismember, scard, smembers, spop, srandmember,
    sinter, sinterstore, sintercard, sunion, sunionstore, sdiff, sdiffstore, sscan,
  ]

  private static let members = ArgumentSpec("member", .string, .multiple)
  private static let severalMembers = CommandSpec.HistoryNote("2.4.0", "Takes several members.")

  static let sadd = CommandSpec(
    "sadd", .set, since: "1.0.0", arity: -3, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .insert])], member: 2,
    summary: "Adds members to a set, which is created if missing.",
    complexity: "O(N) where N is the number of members to add.", arguments: [.key(), members],
    history: [severalMembers], run: runSadd)

  /// SADD key member [member ...]
  private static func runSadd(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let database = call.database
    let slot = try database.write(key, as: .set)
    var set: SetValue
    if let slot {
      set = database.set(slot)
      set.prepare(forAdding: call.count - 2)
    } else {
      set = .forAdding(call[2], count: call.count - 2, database.keyspace)
    }
    var added = 0
    for index in 2..<call.count where set.add(call[index], hash: call.memberHash(index)) {
      added += 1
    }
    database.put(set, in: slot, key)
    call.reply.integer(added)
    changed(call, key, added, .sadd)
  }

  static let srem = CommandSpec(
    "srem", .set, since: "1.0.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .delete])], member: 2,
    summary: "Removes members from a set, and the set with its last member.",
    complexity: "O(N) where N is the number of members to remove.", arguments: [.key(), members],
    history: [severalMembers], run: runSrem)

  /// SREM key member [member ...]
  private static func runSrem(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let database = call.database
    guard let slot = try database.write(key, as: .set) else { return call.reply.integer(0) }
    var set = database.set(slot)
    var removed = 0
    for index in 2..<call.count where set.remove(call[index], hash: call.memberHash(index)) {
      removed += 1
      if set.count == 0 { break }
    }
    let isLeft = database.put(set, in: slot, key)
    call.reply.integer(removed)
    changed(call, key, removed, .srem, isLeft: isLeft)
  }

  /// Marks the key as changed if any members came or went: each is a change in Redis' count.
  @inline(__always)
  static func changed(
    _ call: Call, _ key: Key, _ count: Int, _ event: KeyspaceEvent, isLeft: Bool = true
  ) {
    if count == 0 { return }
    call.modified(key, event)
    call.database.countChanges(count - 1)
    if isLeft { return }
    call.modified(key, .del)
    call.database.discountChange()
  }

  static let smove = CommandSpec(
    "smove", .set, since: "1.0.0", arity: 4, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.rw, .insert])], member: 3,
    summary: "Moves a member from one set to another.",
    arguments: [
      .key("source"), .key("destination", keySpec: 1), ArgumentSpec("member", .string),
    ], run: runSmove)

  /// SMOVE source destination member
  private static func runSmove(_ call: Call) throws(CommandError) {
    let source = call.key(1)
    let destination = call.key(2)
    let member = call[3]
    let database = call.database
    guard database.write(source) != nil else { return call.reply.integer(0) }
    // Looking this one up may expire it, which moves the source's slot.
    let target = database.write(destination)
    guard let slot = try database.write(source, as: .set) else { return call.reply.integer(0) }
    if let target, target.entry.type != .set { throw .wrongType }
    var set = database.set(slot)
    if slot == target { return call.reply.integer(set.contains(member) ? 1 : 0) }
    guard set.remove(member) else { return call.reply.integer(0) }
    let isLeft = database.put(set, in: slot, source)
    changed(call, source, 1, .srem, isLeft: isLeft)
    let isAdded = add(call, member, to: destination)
    call.reply.integer(1)
    changed(call, destination, isAdded ? 1 : 0, .sadd)
  }

  /// Adds one member to a key that is a set or missing.
  private static func add(_ call: Call, _ member: ByteView, to key: Key) -> Bool {
    let slot = call.database.find(key)
    var set =
      slot.map { call.database.set($0) }
      ?? .forAdding(member, count: 1, call.database.keyspace)
    let isAdded = set.add(member)
    call.database.put(set, in: slot, key)
    return isAdded
  }

  static let sismember = CommandSpec(
    "sismember", .set, since: "1.0.0", arity: 3, flags: [.readonly, .fast], keys: [.at(1, .ro)],
    member: 2, summary: "Tells whether something is a member of a set.",
    arguments: [.key(), ArgumentSpec("member", .string)], run: runSismember)

  /// SISMEMBER key member
  private static func runSismember(_ call: Call) throws(CommandError) {
    guard let set = try call.database.readSet(call.key(1)) else { return call.reply.integer(0) }
    call.reply.integer(set.contains(call[2], hash: call.memberHash(2)) ? 1 : 0)
  }

  static let smismember = CommandSpec(
    "smismember", .set, since: "6.2.0", arity: -3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], member: 2,
    summary: "Tells of each argument whether a set has it.",
    complexity: "O(N) where N is the number of members to look for.",
    arguments: [.key(), members], run: runSmismember)

  /// SMISMEMBER key member [member ...]
  private static func runSmismember(_ call: Call) throws(CommandError) {
    let set = try call.database.readSet(call.key(1))
    call.reply.array(call.count - 2)
    for index in 2..<call.count {
      call.reply.integer(set?.contains(call[index], hash: call.memberHash(index)) == true ? 1 : 0)
    }
  }

  static let scard = CommandSpec(
    "scard", .set, since: "1.0.0", arity: 2, flags: [.readonly, .fast], keys: [.at(1, .ro)],
    summary: "Returns the number of a set's members.", arguments: [.key()], run: runScard)

  /// SCARD key
  private static func runScard(_ call: Call) throws(CommandError) {
    call.reply.integer(try call.database.readSet(call.key(1))?.count ?? 0)
  }

  static let smembers = CommandSpec(
    "smembers", .set, since: "1.0.0", arity: 2, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Returns all members of a set.",
    complexity: "O(N) where N is the number of members.", arguments: [.key()],
    hints: ["nondeterministic_output_order"], run: runSmembers)

  /// SMEMBERS key
  private static func runSmembers(_ call: Call) throws(CommandError) {
    guard let set = try call.database.readSet(call.key(1)) else { return call.reply.set(0) }
    replyAll(call, set)
  }

  static func replyAll(_ call: Call, _ set: SetValue) {
    let reply = call.reply
    reply.set(set.count)
    set.forEach { element in
      reply.bulk(element)
      return true
    }
  }
}
