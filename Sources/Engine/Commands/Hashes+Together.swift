import Core

/// Values and deadlines together: HGETDEL, HGETEX, HSETEX.
extension Hashes {
  private static let perField: StaticString = "O(N) for N fields named."

  static let hgetdel = CommandSpec(
    "hgetdel", .hash, since: "8.0.0", arity: -5, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete])],
    summary: "Returns the values of fields and removes the fields.", complexity: perField,
    arguments: [.key(), FieldList.argument], run: runHgetdel)

  /// HGETDEL key FIELDS numfields field [field ...]
  private static func runHgetdel(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let hash = try call.database.writeHash(key)
    let fields = try FieldList(call, from: 2).range
    call.reply.array(fields.count)
    var count = 0
    var logged = ChangedFields()
    for index in fields {
      // One by one: a field that is named again is gone by then.
      guard let hash, let value = hash.value(call[index]) else {
        call.reply.null()
        continue
      }
      call.reply.bulk(value)
      hash.remove(call[index])
      logged.add(call, index)
      count += 1
    }
    logged.logRemoval(call, key)
    guard let hash, count > 0 else { return }
    call.modified(key, .hdel)
    call.database.countChanges(count - 1)
    deleteIfEmpty(call, key, hash)
  }

  static let hgetex = CommandSpec(
    "hgetex", .hash, since: "8.0.0", arity: -5, flags: [.write, .fast],
    keys: [
      .at(1, [.rw, .access, .update], notes: "It writes when it changes the time to live")
    ],
    summary: "Returns the values of fields, and sets or removes their deadlines.",
    complexity: perField,
    arguments: [
      .key(), ExpirationOption.argument(bare: .token("persist", "PERSIST")), FieldList.argument,
    ], run: runHgetex)

  /// HGETEX key [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | PERSIST]
  /// FIELDS numfields field [field ...]
  private static func runHgetex(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let hash = try call.database.writeHash(key)
    var expiration = FieldExpiration()
    let taken = try expiration.parse(call, 2, bare: "PERSIST")
    let fields = try FieldList(call, from: 2 + taken).range
    let deadline = expiration.deadline
    call.reply.array(fields.count)
    var changes = DeadlineChanges()
    var persisted = 0
    var persistedFields = ChangedFields()
    for index in fields {
      guard let hash, let place = hash.find(call[index]) else {
        call.reply.null()
        continue
      }
      call.reply.bulk(hash.value(place))
      if let deadline {
        _ = changes.set(call, hash, index, deadline, [])
      } else if expiration.isBare, hash.deadline(place) != nil {
        hash.setDeadline(call[index], nil)
        persistedFields.add(call, index)
        persisted += 1
      }
    }
    guard let hash else { return }
    if let deadline { changes.log(call, key, deadline, condition: 2..<2) }
    persistedFields.log(call, "HPERSIST", key)
    changes.finish(call, key, hash)
    if persisted == 0 { return }
    call.modified(key, .hpersist)
    call.database.countChanges(persisted - 1)
  }

  static let hsetex = CommandSpec(
    "hsetex", .hash, since: "8.0.0", arity: -6, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .update])], summary: "Sets fields of a hash with a deadline.",
    complexity: perField,
    arguments: [
      .key(),
      ArgumentSpec(
        "key-condition", .oneof, .optional, [.token("nx", "NX"), .token("xx", "XX")]),
      ArgumentSpec("condition", .oneof, .optional, [.token("fnx", "FNX"), .token("fxx", "FXX")]),
      ExpirationOption.argument(bare: .token("keepttl", "KEEPTTL")),
      ArgumentSpec(
        "fields", .block, token: "FIELDS", [], [ArgumentSpec("numfields", .integer), pairs]),
    ], run: runHsetex)

  /// HSETEX key [NX | XX] [FNX | FXX]
  /// [EX seconds | PX milliseconds | EXAT unix-time | PXAT unix-time-ms | KEEPTTL]
  /// FIELDS numfields field value [field value ...]
  private static func runHsetex(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let options = try SetOptions(call)
    let found = try call.database.writeHash(key)
    guard options.hold(call, found) else { return call.reply.integer(0) }
    let deadline = options.expiration.deadline
    call.reply.integer(1)
    if let deadline, deadline <= call.now {
      // What would be set is gone at once.
      guard let found else { return }
      var changes = DeadlineChanges()
      for index in options.fields where found.remove(call[index]) {
        changes.logged.add(call, index)
        changes.removed += 1
      }
      changes.logged.logRemoval(call, key)
      return changes.finish(call, key, found)
    }
    let hash = try call.database.makeHash(key)
    hash.expect(fieldCount: options.fieldCount)
    for index in options.fields { hash.set(call[index], call[index + 1], options.change) }
    if call.isLogged { options.log(call, key) }
    call.modified(key, .hset)
    call.database.countChanges(options.fieldCount - 1)
    if deadline != nil {
      call.modified(key, .hexpire)
      call.database.discountChange()
    }
  }

  /// The options of HSETEX.
  private struct SetOptions {
    var keyMustExist: Bool?
    var fieldsMustExist: Bool?
    var expiration = FieldExpiration()
    /// Where the fields' names are; each is followed by its value.
    private(set) var fields = stride(from: 0, to: 0, by: 2)
    private(set) var fieldCount = 0

    init(_ call: Call) throws(CommandError) {
      var index = 2
      while index < call.count, !call[index].isKeyword("FIELDS") {
        index += try parse(call, index)
      }
      guard index + 3 < call.count else { throw .text(Self.wrongCount) }
      guard let count = call[index + 1].parseInteger(), count > 0, count <= Int32.max else {
        throw .text("ERR invalid number of fields")
      }
      let words = call.count - index - 2
      guard words & 1 == 0, count == Int64(words / 2) else { throw .text(Self.wrongCount) }
      fields = stride(from: index + 2, to: call.count, by: 2)
      fieldCount = words / 2
    }

    private static let wrongCount: StaticString =
      "ERR wrong number of arguments for 'hsetex' command"

    /// Takes one option and returns how many arguments it has.
    private mutating func parse(_ call: Call, _ index: Int) throws(CommandError) -> Int {
      let word = call[index]
      if word.isKeyword("FNX") || word.isKeyword("FXX") {
        guard fieldsMustExist == nil else {
          throw .text("ERR Only one of FXX or FNX arguments can be specified")
        }
        fieldsMustExist = word.isKeyword("FXX")
        return 1
      }
      if word.isKeyword("NX") || word.isKeyword("XX") {
        guard keyMustExist == nil else {
          throw .text("ERR Only one of NX or XX arguments can be specified")
        }
        keyMustExist = word.isKeyword("XX")
        return 1
      }
      let taken = try expiration.parse(call, index, bare: "KEEPTTL")
      if taken == 0 { throw call.fail("ERR unknown argument: ", echoing: word) }
      return taken
    }

    /// Whether key and fields are as they must be.
    func hold(_ call: Call, _ hash: HashValue?) -> Bool {
      if let keyMustExist, (hash != nil) != keyMustExist { return false }
      guard let fieldsMustExist else { return true }
      return fields.allSatisfy { (hash?.find(call[$0]) != nil) == fieldsMustExist }
    }

    /// The conditions have held and are left out.
    func log(_ call: Call, _ key: Key) {
      let first = call.count - 2 * fieldCount
      if expiration.deadline == nil, !expiration.isBare {
        return call.effect("HSET").add(key.bytes).add(call, first..<call.count).end()
      }
      let effect = call.effect("HSETEX").add(key.bytes)
      if let deadline = expiration.deadline {
        effect.add("PXAT").add(deadline)
      } else {
        effect.add("KEEPTTL")
      }
      effect.add("FIELDS").add(fieldCount).add(call, first..<call.count).end()
    }

    var change: HashValue.FieldDeadline {
      if let deadline = expiration.deadline { return .set(deadline) }
      return expiration.isBare ? .keep : .remove
    }
  }
}

/// The expiry option of HGETEX and HSETEX: EX, PX, EXAT, PXAT or a word without a time.
struct FieldExpiration {
  /// Unix time in milliseconds, if one was given.
  private(set) var deadline: Int64?
  /// The word without a time was given.
  private(set) var isBare = false

  /// Takes the option at argument `index` and returns how many arguments it has; 0 for other words.
  mutating func parse(
    _ call: Call, _ index: Int, bare: StaticString
  ) throws(CommandError) -> Int {
    let word = call[index]
    let isSeconds = word.isKeyword("EX") || word.isKeyword("EXAT")
    let isTime = isSeconds || word.isKeyword("PX") || word.isKeyword("PXAT")
    guard isTime || word.isKeyword(bare) else { return 0 }
    guard !isBare, deadline == nil else {
      throw .text("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")
    }
    if !isTime {
      isBare = true
      return 1
    }
    guard index + 1 < call.count else { throw .syntax }
    deadline = try FieldDeadlineArgument.parse(
      call, index + 1, millisecondsPerUnit: isSeconds ? 1000 : 1,
      from: word.count == 4 ? 0 : call.relativeTimeBase)
    return 2
  }
}
