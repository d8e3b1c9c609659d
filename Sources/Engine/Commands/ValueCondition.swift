import Core

/// On what SET and DELEX depend: whether the key exists, or what it holds.
enum ValueCondition {
  case none
  case missing, exists
  /// The argument at this index is the value to compare with.
  case equals(Int), differs(Int)
  /// The argument at this index is the digest to compare with.
  case digestEquals(Int), digestDiffers(Int)

  /// The comparison at argument `index`, whose operand is the argument behind; nil for other words.
  static func comparison(_ call: Call, _ index: Int) -> ValueCondition? {
    let word = call[index]
    switch word.count {
    case 4:
      if word.isKeyword("IFEQ") { return .equals(index + 1) }
      return word.isKeyword("IFNE") ? .differs(index + 1) : nil
    case 5:
      if word.isKeyword("IFDEQ") { return .digestEquals(index + 1) }
      return word.isKeyword("IFDNE") ? .digestDiffers(index + 1) : nil
    default: return nil
    }
  }

  /// Whether the condition holds for what a lookup found. A key that is missing equals nothing and
  /// differs from everything.
  func holds(_ call: Call, _ slot: Slot?) throws(CommandError) -> Bool {
    switch self {
    case .none: return true
    case .missing: return slot == nil
    case .exists: return slot != nil
    case .equals(let index): return try Self.isEqual(call, slot, index)
    case .differs(let index): return try !Self.isEqual(call, slot, index)
    case .digestEquals(let index): return try Self.hasDigest(call, slot, index)
    case .digestDiffers(let index): return try !Self.hasDigest(call, slot, index)
    }
  }

  private static func isEqual(
    _ call: Call, _ slot: Slot?, _ index: Int
  ) throws(CommandError) -> Bool {
    guard let slot else { return false }
    guard slot.entry.isString else { throw .wrongType }
    return call.database.string(slot) == call[index]
  }

  private static func hasDigest(
    _ call: Call, _ slot: Slot?, _ index: Int
  ) throws(CommandError) -> Bool {
    guard let slot else { return false }
    guard slot.entry.isString else { throw .wrongType }
    guard call[index].count == StringDigest.digitCount else {
      throw .text("ERR must be exactly 16 hexadecimal characters")
    }
    return StringDigest.value(call[index]) == StringDigest.value(of: call.database.string(slot))
  }

  /// The comparisons as COMMAND DOCS shows them.
  static func comparisons(since: StaticString?) -> [ArgumentSpec] {
    [
      ArgumentSpec("ifeq-value", .string, token: "IFEQ", since: since),
      ArgumentSpec("ifne-value", .string, token: "IFNE", since: since),
      ArgumentSpec("ifdeq-digest", .string, token: "IFDEQ", since: since),
      ArgumentSpec("ifdne-digest", .string, token: "IFDNE", since: since),
    ]
  }
}

/// The digest of a string: XXH3 with 64 bits, written as 16 hexadecimal digits.
enum StringDigest {
  static let digitCount = 16

  static func value(of content: StringContent) -> UInt64 { content.withBytes { XXH3.hash($0) } }

  /// The number that 16 hexadecimal digits of any case stand for; nil for anything else.
  static func value(_ text: ByteView) -> UInt64? {
    guard text.count == digitCount else { return nil }
    var value: UInt64 = 0
    for index in 0..<digitCount {
      guard let digit = text[index].hexadecimalValue else { return nil }
      value = value << 4 | UInt64(digit)
    }
    return value
  }

  static func text(_ value: UInt64) -> [UInt8] {
    (0..<digitCount).map { place in
      Hexadecimal.digit(UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * place)) & 15)
    }
  }
}
