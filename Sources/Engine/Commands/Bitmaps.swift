import Core

/// Commands on the bits of strings.
enum Bitmaps {
  static let specs: [CommandSpec] = [
    setbit, getbit, bitcount, bitpos, bitop, bitfield, bitfieldRo,
  ]

  static let setbit = CommandSpec(
    "setbit", .bitmap, since: "2.2.0", arity: 4, flags: [.write, .denyoom],
    keys: [.at(1, [.rw, .access, .update])],
    summary: "Sets or clears a bit of a string key, which is created or lengthened if needed.",
    complexity: "O(1), and O(N) where N is the length of a gap before the bit.",
    arguments: [
      .key(), ArgumentSpec("offset", .integer), ArgumentSpec("value", .integer),
    ], run: runSetbit)

  /// SETBIT key offset value
  private static func runSetbit(_ call: Call) throws(CommandError) {
    let offset = try bitOffset(call, 2)
    guard let number = call[3].parseInteger(), number == 0 || number == 1 else {
      throw .text("ERR bit is not an integer or out of range")
    }
    let isSet = number == 1
    let key = call.key(1)
    let slot = call.database.write(key)
    if let slot, !slot.entry.isString { throw .wrongType }
    let bits = call.database.editBits(key, slot, byteCount: offset >> 3 + 1)
    let wasSet = Bits.isSet(offset, in: bits.view)
    bits.set(offset, isSet)
    call.reply.integer(wasSet ? 1 : 0)
    if bits.isLonger || wasSet != isSet { call.modified(key, .setbit) }
  }

  static let getbit = CommandSpec(
    "getbit", .bitmap, since: "2.2.0", arity: 3, flags: [.readonly, .fast],
    keys: [.at(1, [.ro, .access])], summary: "Returns a bit of a string key.",
    arguments: [.key(), ArgumentSpec("offset", .integer)], run: runGetbit)

  /// GETBIT key offset
  private static func runGetbit(_ call: Call) throws(CommandError) {
    let offset = try bitOffset(call, 2)
    guard let slot = call.database.read(call.key(1)) else { return call.reply.integer(0) }
    guard slot.entry.isString else { throw .wrongType }
    let isSet = call.database.string(slot).withBytes { Bits.isSet(offset, in: $0) }
    call.reply.integer(isSet ? 1 : 0)
  }

  /// A bit's number, bounded by how long a string may become. With a `width`, `#n` stands for the
  /// n-th field of so many bits.
  static func bitOffset(
    _ call: Call, _ index: Int, width: Int? = nil
  ) throws(CommandError) -> Int {
    var text = call[index]
    var unit: Int64 = 1
    if let width, !text.isEmpty, text[0] == UInt8(ascii: "#") {
      text = text.slice(1, text.count)
      unit = Int64(width)
    }
    if let number = text.parseInteger() {
      let (offset, overflow) = number.multipliedReportingOverflow(by: unit)
      if !overflow, offset >= 0, offset >> 3 < call.server.stringByteCountMax {
        return Int(offset)
      }
    }
    throw .text("ERR bit offset is not an integer or out of range")
  }
}
