import Core

/// Commands that count or look for bits in a range.
extension Bitmaps {
  private static let unit = ArgumentSpec(
    "unit", .oneof, since: "7.0.0", .optional, [.token("byte", "BYTE"), .token("bit", "BIT")])
  private static let range = ArgumentSpec(
    "range", .block, .optional,
    [
      ArgumentSpec("start", .integer),
      ArgumentSpec("end-unit-block", .block, .optional, [ArgumentSpec("end", .integer), unit]),
    ])
  private static let unitHistory = CommandSpec.HistoryNote("7.0.0", "Added the `BYTE|BIT` option.")

  static let bitcount = CommandSpec(
    "bitcount", .bitmap, since: "2.6.0", arity: -2, flags: .readonly,
    keys: [.at(1, [.ro, .access])], summary: "Counts the bits of a string key that are set.",
    complexity: "O(N) where N is the length of the range.",
    arguments: [.key(), range], history: [unitHistory], run: runBitcount)

  /// BITCOUNT key [start [end [BYTE | BIT]]]
  private static func runBitcount(_ call: Call) throws(CommandError) {
    let range = try BitRange(call, from: 2, unitFirst: false)
    guard let slot = call.database.read(call.key(1)) else { return call.reply.integer(0) }
    guard slot.entry.isString else { throw .wrongType }
    if range.isReversedFromEnd { return call.reply.integer(0) }
    call.reply.integer(
      call.database.string(slot).withBytes { Bits.count(range.bits(of: $0), in: $0) })
  }

  static let bitpos = CommandSpec(
    "bitpos", .bitmap, since: "2.8.7", arity: -3, flags: .readonly,
    keys: [.at(1, [.ro, .access])],
    summary: "Finds the first bit of a string key that is set, or that is clear.",
    complexity: "O(N) where N is the length of the range.",
    arguments: [.key(), ArgumentSpec("bit", .integer), range], history: [unitHistory],
    run: runBitpos)

  /// BITPOS key bit [start [end [BYTE | BIT]]]
  private static func runBitpos(_ call: Call) throws(CommandError) {
    let bit = try call.integer(2)
    guard bit == 0 || bit == 1 else { throw .text("ERR The bit argument must be 1 or 0.") }
    let range = try BitRange(call, from: 3, unitFirst: true)
    guard let slot = call.database.read(call.key(1)) else {
      return call.reply.integer(bit == 1 ? -1 : 0)
    }
    guard slot.entry.isString else { throw .wrongType }
    call.database.string(slot).withBytes { text in
      let bits = range.bits(of: text)
      if let first = Bits.first(bit == 1, bits, in: text) { return call.reply.integer(first) }
      // Without an end, zeros follow the string.
      let isBehind = bit == 0 && range.end == nil && !bits.isEmpty
      call.reply.integer(isBehind ? bits.upperBound : -1)
    }
  }
}

/// The part of a string that BITCOUNT and BITPOS look at, in bytes or bits; negative numbers count
/// from the end.
private struct BitRange {
  private var start: Int64 = 0
  private(set) var end: Int64?
  private var unitsPerByte: Int64 = 1

  /// From `[start [end [BYTE | BIT]]]`, the last arguments of the call. Of an end that is no number
  /// and a unit that is none, BITPOS tells the unit and BITCOUNT the end.
  init(_ call: Call, from index: Int, unitFirst: Bool) throws(CommandError) {
    guard call.count <= index + 3 else { throw .syntax }
    if call.count > index { start = try call.integer(index) }
    if unitFirst { try parseUnit(call, index + 2) }
    if call.count > index + 1 { end = try call.integer(index + 1) }
    if !unitFirst { try parseUnit(call, index + 2) }
  }

  private mutating func parseUnit(_ call: Call, _ index: Int) throws(CommandError) {
    guard call.count > index else { return }
    if call[index].isKeyword("BIT") {
      unitsPerByte = 8
    } else if !call[index].isKeyword("BYTE") {
      throw .syntax
    }
  }

  /// Both from the end and the wrong way round, which BITCOUNT alone takes for empty even where
  /// both lie before the first byte.
  var isReversedFromEnd: Bool {
    guard let end else { return false }
    return start < 0 && end < 0 && start > end
  }

  func bits(of text: ByteView) -> Range<Int> {
    let count = Int64(text.count) * unitsPerByte
    let end = end ?? count - 1
    // A negative number and a length, which is positive: neither sum can overflow.
    let first = max(0, start < 0 ? start + count : start)
    let last = min(max(0, end < 0 ? end + count : end), count - 1)
    guard first <= last else { return 0..<0 }
    let width = Int(8 / unitsPerByte)
    return Int(first) * width..<(Int(last) + 1) * width
  }
}
