import Core

/// The words of a configuration line, and how a word is quoted.
///
/// Words are separated by white space, double quotes know escapes, single quotes know only `\'`,
/// and a closing quote must end the word. Bytes, not text: a password or a path need not be UTF-8.
package enum ConfigurationText {
  /// The words of `line`, or nil if a quote is not closed or does not end its word.
  package static func words(of line: some Collection<UInt8>) -> [[UInt8]]? {
    var scanner = WordScanner(line)
    var words: [[UInt8]] = []
    while true {
      scanner.skipSpace()
      guard scanner.current != nil else { return words }
      guard let word = scanner.word() else { return nil }
      words.append(word)
    }
  }

  /// `bytes` in double quotes, escaped so that `words(of:)` gives them back unchanged.
  package static func quoted(_ bytes: some Collection<UInt8>) -> [UInt8] {
    var result: [UInt8] = [UInt8(ascii: "\"")]
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\\"), UInt8(ascii: "\""): result += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): result += "\\n".utf8
      case UInt8(ascii: "\r"): result += "\\r".utf8
      case UInt8(ascii: "\t"): result += "\\t".utf8
      case 7: result += "\\a".utf8
      case 8: result += "\\b".utf8
      case 0x20...0x7e: result.append(byte)
      default:
        result += [UInt8(ascii: "\\"), UInt8(ascii: "x"), digit(byte >> 4), digit(byte & 15)]
      }
    }
    result.append(UInt8(ascii: "\""))
    return result
  }

  /// `bytes` without the blanks, tabs and line ends around them.
  static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> [UInt8] {
    func isTrimmed(_ byte: UInt8) -> Bool {
      byte == 0x20 || byte == 0x09 || byte == 0x0d || byte == 0x0a
    }
    guard let last = bytes.lastIndex(where: { !isTrimmed($0) }) else { return [] }
    return Array(bytes[...last].drop(while: isTrimmed))
  }

  /// ASCII letters in lower case, other bytes as they are.
  package static func lowercased(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bytes.map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

/// Reads one line word by word.
private struct WordScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ line: some Collection<UInt8>) { bytes = Array(line) }

  /// The byte under the scanner; a NUL ends the line, as it does in C.
  var current: UInt8? {
    guard position < bytes.count, bytes[position] != 0 else { return nil }
    return bytes[position]
  }

  mutating func skipSpace() {
    while let byte = current, Self.isSpace(byte) { position += 1 }
  }

  /// One word, whose pieces may be bare or quoted. REQUIRES: the scanner stands on its first byte.
  mutating func word() -> [UInt8]? {
    var word: [UInt8] = []
    while let byte = current, !Self.endsWord(byte) {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard doubleQuoted(into: &word) else { return nil }
        return word
      case UInt8(ascii: "'"):
        guard singleQuoted(into: &word) else { return nil }
        return word
      default: word.append(byte)
      }
    }
    return word
  }

  private mutating func doubleQuoted(into word: inout [UInt8]) -> Bool {
    while let byte = current {
      position += 1
      if byte == UInt8(ascii: "\"") { return isAtEndOfWord }
      if byte == UInt8(ascii: "\\"), let escaped = current {
        position += 1
        word.append(escape(escaped))
      } else {
        word.append(byte)
      }
    }
    return false
  }

  private mutating func singleQuoted(into word: inout [UInt8]) -> Bool {
    while let byte = current {
      position += 1
      if byte == UInt8(ascii: "'") { return isAtEndOfWord }
      if byte == UInt8(ascii: "\\"), current == UInt8(ascii: "'") {
        position += 1
        word.append(UInt8(ascii: "'"))
      } else {
        word.append(byte)
      }
    }
    return false
  }

  /// The byte that a backslash and `letter` stand for; `\x` takes two hexadecimal digits with it.
  private mutating func escape(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "n"): return 0x0a
    case UInt8(ascii: "r"): return 0x0d
    case UInt8(ascii: "t"): return 0x09
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "a"): return 0x07
    case UInt8(ascii: "x"):
      guard position + 1 < bytes.count, let high = bytes[position].hexadecimalValue,
        let low = bytes[position + 1].hexadecimalValue
      else { return letter }
      position += 2
      return high << 4 | low
    default: return letter
    }
  }

  private var isAtEndOfWord: Bool { current.map(Self.isSpace) ?? true }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0d).contains(byte)
  }

  /// Fewer bytes end a bare word than may stand before it, as in Redis.
  private static func endsWord(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }
}
