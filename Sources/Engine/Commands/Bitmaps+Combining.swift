import Core

/// BITOP.
extension Bitmaps {
  static let bitop = CommandSpec(
    "bitop", .bitmap, since: "2.6.0", arity: -4, flags: [.write, .denyoom],
    keys: [.at(2, [.ow, .update]), .from(3, [.ro, .access])],
    summary: "Combines the bits of several strings and stores the result.",
    complexity: "O(N) where N is the length of all strings together.",
    arguments: [
      ArgumentSpec(
        "operation", .oneof, [],
        [
          .token("and", "AND"), .token("or", "OR"), .token("xor", "XOR"), .token("not", "NOT"),
          .token("diff", "DIFF"), .token("diff1", "DIFF1"), .token("andor", "ANDOR"),
          .token("one", "ONE"),
        ]),
      .key("destkey"), .key("key", keySpec: 1, .multiple),
    ], run: runBitop)

  /// BITOP AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE destkey key [key ...]
  private static func runBitop(_ call: Call) throws(CommandError) {
    let operation = try operation(call)
    var sources = BitSources(capacity: call.count - 3)
    defer { sources.destroy() }
    let database = call.database
    let areStrings = call.forEachKey(from: 3, to: call.count) { key, _ in
      guard let slot = database.read(key) else {
        sources.add(ByteView(""))
        return true
      }
      guard slot.entry.isString else { return false }
      sources.add(database.string(slot))
      return true
    }
    guard areStrings else { throw .wrongType }
    let key = call.key(2)
    let slot = database.write(key)
    if sources.byteCountMax > 0 {
      database.setCombination(key, slot, operation, sources)
      if call.isLogged, !operation.isKnownEverywhere { logResult(call, key) }
      call.modified(key, .set)
    } else if let slot {
      database.delete(slot, isLazy: database.lazyFreeing.isLazyForServerDelete)
      if call.isLogged, !operation.isKnownEverywhere {
        call.effect("DEL").add(key.bytes).end()
      }
      call.modified(key, .del)
    }
    call.reply.integer(sources.byteCountMax)
  }

  /// Servers that do not know the operation answer it with an error when they load the log, and go
  /// on without the key.
  private static func logResult(_ call: Call, _ key: Key) {
    guard let slot = call.database.find(key) else { return }
    call.database.string(slot).withBytes { call.effect("SET").add(key.bytes).add($0).end() }
  }

  /// The operation, for which there are the right number of sources.
  private static func operation(_ call: Call) throws(CommandError) -> BitOperation {
    guard let operation = BitOperation(name: call[1]) else { throw .syntax }
    let sourceCount = call.count - 3
    switch operation {
    case .and, .or, .xor, .one: return operation
    case .not:
      if sourceCount == 1 { return operation }
      throw .text("ERR BITOP NOT must be called with a single source key.")
    case .diff:
      if sourceCount > 1 { return operation }
      throw .text("ERR BITOP DIFF must be called with at least two source keys.")
    case .diff1:
      if sourceCount > 1 { return operation }
      throw .text("ERR BITOP DIFF1 must be called with at least two source keys.")
    case .andor:
      if sourceCount > 1 { return operation }
      throw .text("ERR BITOP ANDOR must be called with at least two source keys.")
    }
  }
}

extension BitOperation {
  /// Redis has the others since 8.2, Valkey has not.
  fileprivate var isKnownEverywhere: Bool {
    switch self {
    case .and, .or, .xor, .not: true
    case .diff, .diff1, .andor, .one: false
    }
  }

  fileprivate init?(name: ByteView) {
    if name.isKeyword("AND") {
      self = .and
    } else if name.isKeyword("OR") {
      self = .or
    } else if name.isKeyword("XOR") {
      self = .xor
    } else if name.isKeyword("NOT") {
      self = .not
    } else if name.isKeyword("DIFF") {
      self = .diff
    } else if name.isKeyword("DIFF1") {
      self = .diff1
    } else if name.isKeyword("ANDOR") {
      self = .andor
    } else if name.isKeyword("ONE") {
      self = .one
    } else {
      return nil
    }
  }
}
