import Core

/// Commands on strings.
enum Strings {
  static let specs: [CommandSpec] = [get, set]

  static let get = CommandSpec(
    "get", .string, since: "1.0.0", arity: 2, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Returns the value of a string key.",
    arguments: [.key()], run: runGet)

  /// GET key
  private static func runGet(_ call: Call) throws(CommandError) {
    guard let slot = call.database.read(call.key(1)) else { return call.reply.null() }
    guard slot.entry.isString else { throw .wrongType }
    switch call.database.string(slot) {
    case .bytes(let bytes): call.reply.bulk(bytes)
    case .integer(let value): call.reply.bulk(decimal: value)
    }
  }

  static let set = CommandSpec(
    "set", .string, since: "1.0.0", arity: -3, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .access, .update, .insert])],
    summary: "Sets a key to a string, whatever it held before.",
    arguments: [.key(), ArgumentSpec("value", .string)], run: runSet)

  /// SET key value
  private static func runSet(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let slot = call.database.find(key)
    if let block = call.takeBlock(2) {
      call.database.setBlock(key, slot, block, .remove)
    } else {
      call.database.setString(key, slot, call[2], .remove)
    }
    call.reply.ok()
    call.modified(key, .set)
  }
}
