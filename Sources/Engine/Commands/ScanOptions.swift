import Core

/// The options of SCAN, HSCAN, SSCAN and ZSCAN.
///
/// An option may be repeated, the last time counts.
struct ScanOptions {
  private(set) var count = 10
  /// nil: any.
  private(set) var pattern: GlobPattern?
  /// SCAN: the name of the type that is wanted, which need not exist; nil: any.
  private(set) var typeName: ByteView?
  /// HSCAN, ZSCAN: whether a field's value, a member's score comes with it.
  private(set) var isWithValues = true

  /// Those from argument `start` on. `type`: what the command walks, nil for the keys.
  init(_ call: Call, from start: Int, of type: ValueType?) throws(CommandError) {
    var index = start
    while index < call.count { index += try parse(call, index, type) }
  }

  /// Takes the option at argument `index` and returns how many arguments it has.
  private mutating func parse(
    _ call: Call, _ index: Int, _ type: ValueType?
  ) throws(CommandError) -> Int {
    let word = call[index]
    if word.isKeyword("NOVALUES") {
      guard type == .hash else { throw .text("ERR NOVALUES option can only be used in HSCAN") }
      isWithValues = false
      return 1
    }
    if word.isKeyword("NOSCORES"), type == .sortedSet {
      isWithValues = false
      return 1
    }
    guard index + 1 < call.count else { throw .syntax }
    if word.isKeyword("COUNT") {
      count = Int(try call.integer(index + 1))
      if count < 1 { throw .syntax }
    } else if word.isKeyword("MATCH") {
      let given = GlobPattern(call[index + 1])
      pattern = given.isLoneStar ? nil : given
    } else if word.isKeyword("TYPE"), type == nil {
      typeName = call[index + 1]
    } else {
      throw .syntax
    }
    return 2
  }

  func accepts(_ element: ListpackElement) -> Bool {
    guard let pattern else { return true }
    return element.withText { pattern.matches($0) }
  }
}

extension Call {
  /// The cursor at argument `index`: a number without sign; zeros and a plus in front are allowed,
  /// as in `strtoul`.
  func scanCursor(_ index: Int) throws(CommandError) -> UInt64 {
    let text = self[index]
    var start = 0
    if start < text.count, text[start] == UInt8(ascii: "+") { start += 1 }
    while start + 1 < text.count, text[start] == UInt8(ascii: "0") { start += 1 }
    guard let cursor = text.slice(start, text.count).parseUnsigned() else {
      throw .text("ERR invalid cursor")
    }
    return cursor
  }

  /// The reply for a key that does not exist. Redis does not look at the options then.
  func replyNothingToScan() {
    reply.array(2)
    reply.bulk("0")
    reply.array(0)
  }
}
