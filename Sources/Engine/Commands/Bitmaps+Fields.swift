import Core

/// BITFIELD and BITFIELD_RO: integers of any width at any bit.
extension Bitmaps {
  private static let encoding = ArgumentSpec("encoding", .string)
  private static let offset = ArgumentSpec("offset", .integer)

  static let bitfield = CommandSpec(
    "bitfield", .bitmap, since: "3.2.0", arity: -2, flags: [.write, .denyoom],
    keys: [
      .at(
        1, [.rw, .access, .update, .variableFlags], notes: "It only reads without SET and INCRBY")
    ],
    summary: "Reads, writes and counts up integers of any width within a string key.",
    complexity: "O(1) for each operation.",
    arguments: [.key(), ArgumentSpec("operation", .oneof, [.optional, .multiple], operations)],
    run: runBitfield)

  private static let operations = [
    ArgumentSpec("get-block", .block, token: "GET", [], [encoding, offset]),
    ArgumentSpec(
      "write", .block, [],
      [
        ArgumentSpec(
          "overflow-block", .oneof, token: "OVERFLOW", .optional,
          [.token("wrap", "WRAP"), .token("sat", "SAT"), .token("fail", "FAIL")]),
        ArgumentSpec(
          "write-operation", .oneof, [],
          [
            ArgumentSpec(
              "set-block", .block, token: "SET", [],
              [encoding, offset, ArgumentSpec("value", .integer)]),
            ArgumentSpec(
              "incrby-block", .block, token: "INCRBY", [],
              [encoding, offset, ArgumentSpec("increment", .integer)]),
          ]),
      ]),
  ]

  /// BITFIELD key [GET encoding offset | [OVERFLOW WRAP | SAT | FAIL]
  /// SET encoding offset value | INCRBY encoding offset increment ...]
  private static func runBitfield(_ call: Call) throws(CommandError) {
    let plan = try FieldPlan(call)
    if plan.byteCount == 0 { return try readFields(call, plan) }
    let key = call.key(1)
    let slot = call.database.write(key)
    if let slot, !slot.entry.isString { throw .wrongType }
    let bits = call.database.editBits(key, slot, byteCount: plan.byteCount)
    var changeCount = 0
    call.reply.array(plan.count)
    var operations = FieldOperations(call)
    while let operation = try operations.next() {
      let change = operation.change(from: operation.field.read(bits.view, at: operation.offset))
      guard let change else {
        call.reply.null()
        continue
      }
      call.reply.integer(change.reply)
      guard let value = change.value else { continue }
      bits.set(operation.field, at: operation.offset, value)
      if bits.isLonger || value != change.old { changeCount += 1 }
    }
    if changeCount > 0 || bits.isLonger {
      call.modified(key, .setbit)
      call.database.countChanges(max(changeCount, 1) - 1)
    }
  }

  static let bitfieldRo = CommandSpec(
    "bitfield_ro", .bitmap, since: "6.0.0", arity: -2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])],
    summary: "Reads integers of any width within a string key.",
    complexity: "O(1) for each operation.",
    arguments: [
      .key(),
      ArgumentSpec(
        "get-block", .block, token: "GET", [.optional, .multiple, .multipleToken],
        [encoding, offset]),
    ], run: runBitfieldRo)

  /// BITFIELD_RO key [GET encoding offset [GET encoding offset ...]]
  private static func runBitfieldRo(_ call: Call) throws(CommandError) {
    let plan = try FieldPlan(call)
    guard plan.byteCount == 0 else {
      throw .text("ERR BITFIELD_RO only supports the GET subcommand")
    }
    try readFields(call, plan)
  }

  /// Answers operations that are all GET. A key that does not exist is all zeros.
  private static func readFields(_ call: Call, _ plan: FieldPlan) throws(CommandError) {
    let slot = call.database.read(call.key(1))
    if let slot, !slot.entry.isString { throw .wrongType }
    let content = slot.map(call.database.string) ?? .bytes(ByteView(""))
    call.reply.array(plan.count)
    var operations = FieldOperations(call)
    while let operation = try operations.next() {
      call.reply.integer(
        content.withBytes { operation.field.read($0, at: operation.offset) })
    }
  }
}

/// What all operations of a call need, which is known, with every argument checked, before the
/// first one is done.
private struct FieldPlan {
  /// How many operations there are; OVERFLOW is none.
  private(set) var count = 0
  /// Bytes that the string must have to be written to; 0 if nothing writes.
  private(set) var byteCount = 0

  init(_ call: Call) throws(CommandError) {
    var operations = FieldOperations(call)
    while let operation = try operations.next() {
      count += 1
      if operation.writes {
        byteCount = max(byteCount, operation.field.lastByte(at: operation.offset) + 1)
      }
    }
  }
}

/// One GET, SET or INCRBY.
private struct FieldOperation {
  enum Action {
    case get
    case set(Int64)
    case add(Int64)
  }

  let field: BitField
  let offset: Int
  var action: Action
  let overflow: BitField.Overflow

  var writes: Bool {
    if case .get = action { return false }
    return true
  }

  struct Change {
    let old: Int64
    let reply: Int64
    /// What is to be stored; nil for nothing.
    let value: Int64?
  }

  /// What the operation makes of the field's value; nil if the new one does not fit.
  func change(from old: Int64) -> Change? {
    switch action {
    case .get: return Change(old: old, reply: old, value: nil)
    case .set(let value):
      guard let value = field.stored(value, overflow) else { return nil }
      return Change(old: old, reply: old, value: value)
    case .add(let increment):
      guard let sum = field.sum(old, increment, overflow) else { return nil }
      return Change(old: old, reply: sum, value: sum)
    }
  }
}

/// Goes through a call's operations. Passing twice costs less than a list of them.
private struct FieldOperations {
  private let call: Call
  private var index = 2
  private var overflow = BitField.Overflow.wrap

  init(_ call: Call) { self.call = call }

  /// The next operation, nil at the end.
  mutating func next() throws(CommandError) -> FieldOperation? {
    while index + 1 < call.count, call[index].isKeyword("OVERFLOW") {
      overflow = try Self.overflow(call[index + 1])
      index += 2
    }
    guard index < call.count else { return nil }
    let start = index
    let following = call.count - start - 1
    if call[start].isKeyword("GET"), following >= 2 {
      index += 3
      return try operation(start)
    }
    let isSet = call[start].isKeyword("SET")
    guard isSet || call[start].isKeyword("INCRBY"), following >= 3 else { throw .syntax }
    index += 4
    var operation = try operation(start)
    let number = try call.integer(start + 3)
    operation.action = isSet ? .set(number) : .add(number)
    return operation
  }

  /// The operation whose name is argument `start`, taken for a GET.
  private func operation(_ start: Int) throws(CommandError) -> FieldOperation {
    guard let field = BitField(call[start + 1]) else {
      throw .text(
        """
        ERR Invalid bitfield type. Use something like i16 u8. \
        Note that u64 is not supported but i64 is.
        """)
    }
    let offset = try Bitmaps.bitOffset(call, start + 2, width: field.width)
    return FieldOperation(field: field, offset: offset, action: .get, overflow: overflow)
  }

  private static func overflow(_ word: ByteView) throws(CommandError) -> BitField.Overflow {
    if word.isKeyword("WRAP") { return .wrap }
    if word.isKeyword("SAT") { return .saturate }
    if word.isKeyword("FAIL") { return .fail }
    throw .text("ERR Invalid OVERFLOW type specified")
  }
}
