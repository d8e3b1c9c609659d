import Core

/// Giving a value another key or another database.
extension Keys {
  static let rename = CommandSpec(
    "rename", .generic, since: "1.0.0", arity: 3, flags: [.write],
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .update])],
    summary: "Gives a key another name and replaces what had it.",
    arguments: [.key(), .key("newkey", keySpec: 1)], run: runRename)

  /// RENAME key newkey
  private static func runRename(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let newKey = call.key(2)
    guard let slot = call.database.write(key) else { throw .noSuchKey }
    if key.bytes == newKey.bytes { return call.reply.ok() }
    move(call, key, slot, to: newKey)
    call.reply.ok()
  }

  static let renamenx = CommandSpec(
    "renamenx", .generic, since: "1.0.0", arity: 3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .delete]), .at(2, [.ow, .insert])],
    summary: "Gives a key another name unless that is taken.",
    arguments: [.key(), .key("newkey", keySpec: 1)],
    history: [.init("3.2.0", "The same name twice is no error any more.")], run: runRenamenx)

  /// RENAMENX key newkey
  private static func runRenamenx(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let newKey = call.key(2)
    guard call.database.write(key) != nil else { throw .noSuchKey }
    // The second lookup may expire a key, which makes slots stale.
    guard call.database.write(newKey) == nil, let slot = call.database.find(key) else {
      return call.reply.integer(0)
    }
    move(call, key, slot, to: newKey)
    call.reply.integer(1)
  }

  private static func move(_ call: Call, _ key: Key, _ slot: Slot, to newKey: Key) {
    call.database.rename(slot, to: newKey)
    call.modified(key, .rename_from)
    call.modified(newKey, .rename_to)
    call.database.discountChange()
  }

  static let copy = CommandSpec(
    "copy", .generic, since: "6.2.0", arity: -3, flags: [.write, .denyoom],
    keys: [.at(1, [.ro, .access]), .at(2, [.ow, .update])],
    summary: "Copies the value of a key, and its time to live, to another key.",
    complexity: "O(1) for strings, O(N) for collections of N items.",
    arguments: [
      .key("source"), .key("destination", keySpec: 1),
      ArgumentSpec("destination-db", .integer, token: "DB", .optional),
      .token("replace", "REPLACE", .optional),
    ], run: runCopy)

  /// COPY source destination [DB destination-db] [REPLACE]
  private static func runCopy(_ call: Call) throws(CommandError) {
    var replaces = false
    var target = call.database
    var index = 3
    while index < call.count {
      if call[index].isKeyword("REPLACE") {
        replaces = true
        index += 1
      } else if call[index].isKeyword("DB"), index + 1 < call.count {
        target = try database(call, index + 1)
        index += 2
      } else {
        throw .syntax
      }
    }
    let newKey = call.key(2)
    if target.index == call.database.index, call[1] == newKey.bytes { throw sameObject }
    guard call.database.read(call.key(1)) != nil else { return call.reply.integer(0) }
    let isTaken = target.write(newKey) != nil
    // The second lookup may expire a key, which makes slots stale.
    guard replaces || !isTaken, let slot = call.database.find(call.key(1)) else {
      return call.reply.integer(0)
    }
    call.database.copy(slot, to: newKey, of: target)
    call.reply.integer(1)
    target.modified(newKey, .copy_to)
  }

  static let move = CommandSpec(
    "move", .generic, since: "1.0.0", arity: 3, flags: [.write, .fast],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Moves a key to another database, unless it exists there.",
    arguments: [.key(), ArgumentSpec("db", .integer)], run: runMove)

  /// MOVE key db
  private static func runMove(_ call: Call) throws(CommandError) {
    let key = call.key(1)
    let target = try database(call, 2)
    if target.index == call.database.index { throw sameObject }
    guard let slot = call.database.write(key), target.write(key) == nil else {
      return call.reply.integer(0)
    }
    call.database.move(slot, key, to: target)
    call.reply.integer(1)
    call.modified(key, .move_from)
    target.modified(key, .move_to)
    target.discountChange()
  }

  private static var sameObject: CommandError {
    .text("ERR source and destination objects are the same")
  }
}
