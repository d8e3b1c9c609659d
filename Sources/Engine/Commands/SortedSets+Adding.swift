import Core

/// Commands that add members, change their scores and take them out by name.
extension SortedSets {
  static let zadd = CommandSpec(
    "zadd", .sortedSet, since: "1.2.0", arity: -4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .update])], member: 3,
    summary: "Adds members to a sorted set, which is made if missing, or changes their scores.",
    complexity: "O(log(N)) for each member, where N is the number of members.",
    arguments: [
      .key(),
      ArgumentSpec(
        "condition", .oneof, since: "3.0.2", .optional, [.token("nx", "NX"), .token("xx", "XX")]),
      ArgumentSpec(
        "comparison", .oneof, since: "6.2.0", .optional, [.token("gt", "GT"), .token("lt", "LT")]),
      .token("change", "CH", since: "3.0.2", .optional),
      .token("increment", "INCR", since: "3.0.2", .optional),
      ArgumentSpec(
        "data", .block, .multiple,
        [ArgumentSpec("score", .double), ArgumentSpec("member", .string)]),
    ],
    history: [
      .init("2.4.0", "Takes several members."),
      .init("3.0.2", "New options `XX`, `NX`, `CH` and `INCR`."),
      .init("6.2.0", "New options `GT` and `LT`."),
    ], run: runZadd)

  /// ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]
  private static func runZadd(_ call: Call) throws(CommandError) {
    var options = SortedSetValue.AddOptions()
    var countsUpdates = false
    var index = 2
    while index < call.count, let option = addOption(call[index]) {
      if case .some(let condition) = option {
        options.insert(condition)
      } else {
        countsUpdates = true
      }
      index += 1
    }
    guard index < call.count, (call.count - index) & 1 == 0 else { throw .syntax }
    try check(options, pairCount: (call.count - index) / 2)
    try add(call, options, from: index, countsUpdates: countsUpdates)
  }

  /// The option that a word is: nil for CH inside, nil outside for none.
  @inline(__always)
  private static func addOption(_ word: ByteView) -> SortedSetValue.AddOptions?? {
    switch word.count {
    case 2:
      if word.isKeyword("NX") { return .onlyNew }
      if word.isKeyword("XX") { return .onlyExisting }
      if word.isKeyword("GT") { return .onlyGreater }
      if word.isKeyword("LT") { return .onlyLess }
      return word.isKeyword("CH") ? .some(.none) : .none
    case 4: return word.isKeyword("INCR") ? .increments : .none
    default: return .none
    }
  }

  @inline(__always)
  private static func check(
    _ options: SortedSetValue.AddOptions, pairCount: Int
  ) throws(CommandError) {
    if options.isEmpty { return }
    if options.isSuperset(of: [.onlyNew, .onlyExisting]) {
      throw .text("ERR XX and NX options at the same time are not compatible")
    }
    let exclusive = options.intersection([.onlyGreater, .onlyLess, .onlyNew])
    if !exclusive.intersection([.onlyGreater, .onlyLess]).isEmpty,
      exclusive.rawValue.nonzeroBitCount > 1
    {
      throw .text("ERR GT, LT, and/or NX options at the same time are not compatible")
    }
    if options.contains(.increments), pairCount > 1 {
      throw .text("ERR INCR option supports a single increment-element pair")
    }
  }

  static let zincrby = CommandSpec(
    "zincrby", .sortedSet, since: "1.2.0", arity: 4, flags: [.write, .denyoom, .fast],
    keys: [.at(1, [.rw, .access, .update])], member: 3,
    summary: "Adds a number to the score of a member, which starts at 0 if missing.",
    complexity: "O(log(N)) where N is the number of members.",
    arguments: [
      .key(), ArgumentSpec("increment", .integer), ArgumentSpec("member", .string),
    ], run: runZincrby)

  /// ZINCRBY key increment member
  private static func runZincrby(_ call: Call) throws(CommandError) {
    // An option of ZADD leaves too few arguments behind it.
    if case .some = addOption(call[2]) { throw .syntax }
    try add(call, .increments, from: 2, countsUpdates: false)
  }

  /// Adds the pairs of score and member from an argument on.
  @inline(__always)
  private static func add(
    _ call: Call, _ options: SortedSetValue.AddOptions, from start: Int, countsUpdates: Bool
  ) throws(CommandError) {
    let first = try score(call, start)
    // Nothing is changed if one of them is no number.
    for index in stride(from: start + 2, to: call.count, by: 2) { _ = try score(call, index) }
    let key = call.key(1)
    let slot = try call.database.write(key, as: .sortedSet)
    var added = 0
    var updated = 0
    var newScore: Double?
    if slot != nil || !options.contains(.onlyExisting) {
      var set = slot.map { call.database.sortedSet($0) } ?? newSet(call, from: start)
      set.prepare(forAdding: (call.count - start) / 2)
      var index = start
      var isNumber = true
      while index < call.count {
        let score = index == start ? first : try score(call, index)
        switch set.add(call[index + 1], call.memberHash(index + 1), score, options) {
        case .added(let score):
          added += 1
          newScore = score
        case .updated(let score):
          updated += 1
          newScore = score
        case .same(let score): newScore = score
        case .refused: break
        case .notANumber: isNumber = false
        }
        index += 2
      }
      call.database.put(set, in: slot, key)
      if !isNumber { throw .text("ERR resulting score is not a number (NaN)") }
    }
    let isIncrement = options.contains(.increments)
    if !isIncrement {
      call.reply.integer(countsUpdates ? added + updated : added)
    } else if let newScore {
      call.reply.double(newScore)
    } else {
      call.reply.null()
    }
    if added + updated > 0 {
      changed(call, key, isIncrement ? .zincr : .zadd, count: added + updated)
    }
  }

  @inline(__always)
  private static func score(_ call: Call, _ index: Int) throws(CommandError) -> Double {
    guard let score = call[index].parseDouble() else { throw .notFloat }
    return score
  }

  @inline(never)
  private static func newSet(_ call: Call, from start: Int) -> SortedSetValue {
    .forAdding(call[start + 1], count: (call.count - start) / 2, call.database.keyspace)
  }

  static let zrem = CommandSpec(
    "zrem", .sortedSet, since: "1.2.0", arity: -3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .delete])], member: 2,
    summary: "Removes members from a sorted set, and the key with the last one.",
    complexity: "O(M*log(N)) where N is the number of members and M that of those to remove.",
    arguments: [.key(), ArgumentSpec("member", .string, .multiple)],
    history: [.init("2.4.0", "Takes several members.")], run: runZrem)

  /// ZREM key member [member ...]
  private static func runZrem(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    guard let slot = try call.database.write(key, as: .sortedSet) else {
      return call.reply.integer(0)
    }
    var set = call.database.sortedSet(slot)
    var removed = 0
    for index in 2..<call.count
    where set.count > 0 && set.remove(call[index], call.memberHash(index)) { removed += 1 }
    let isLeft = call.database.put(set, in: slot, key)
    call.reply.integer(removed)
    if removed > 0 { changed(call, key, .zrem, count: removed, isGone: !isLeft) }
  }
}
