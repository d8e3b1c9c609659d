/// Splits a line into arguments: inline requests and lines of the configuration file.
///
/// Arguments are divided by blanks. Double quotes understand `\xHH`, `\n`, `\r`, `\t`, `\b`, `\a`
/// and a backslash before any other byte; single quotes only `\'`. A closing quote has to be
/// followed by a blank or the end, an opening one may stand anywhere. A zero byte ends the line.
///
/// One pass over the line, which decodes into the caller's buffer: linear, no argument is an
/// allocation of its own.
package struct InlineArguments {
  private let line: ByteView
  private var at = 0

  /// Appends the decoded bytes of all arguments to `bytes`, and the range of each to `ranges`.
  /// Returns false, with both as they were, when quotes are not balanced.
  package static func split(
    _ line: ByteView, into bytes: inout [UInt8], ranges: inout [Range<Int>]
  ) -> Bool {
    let byteCount = bytes.count
    let rangeCount = ranges.count
    var splitter = InlineArguments(line: line)
    while splitter.skipBlanks() {
      let start = bytes.count
      guard splitter.readArgument(into: &bytes) else {
        bytes.removeLast(bytes.count - byteCount)
        ranges.removeLast(ranges.count - rangeCount)
        return false
      }
      ranges.append(start..<bytes.count)
    }
    return true
  }

  private init(line: ByteView) { self.line = line }

  /// The byte at a distance, or 0 where the line is over.
  private func peek(_ distance: Int = 0) -> UInt8 {
    let index = at &+ distance
    return index < line.count ? line[index] : 0
  }

  /// Moves to the next argument; false at the end of the line.
  private mutating func skipBlanks() -> Bool {
    while peek().isInlineSpace { at &+= 1 }
    return peek() != 0
  }

  private mutating func readArgument(into bytes: inout [UInt8]) -> Bool {
    while true {
      let byte = peek()
      switch byte {
      case 0, UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"):
        return true
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        at &+= 1
        // A closing quote is followed by a blank or the end, so the argument is over.
        return byte == UInt8(ascii: "'") ? readSingle(into: &bytes) : readDouble(into: &bytes)
      default:
        bytes.append(byte)
        at &+= 1
      }
    }
  }

  private mutating func readDouble(into bytes: inout [UInt8]) -> Bool {
    while true {
      let byte = peek()
      if byte == UInt8(ascii: "\"") { return closeQuote() }
      if byte == 0 { return false }
      if byte == UInt8(ascii: "\\"), peek(1) != 0 {
        bytes.append(readEscape())
      } else {
        bytes.append(byte)
        at &+= 1
      }
    }
  }

  private mutating func readSingle(into bytes: inout [UInt8]) -> Bool {
    while true {
      let byte = peek()
      if byte == UInt8(ascii: "'") { return closeQuote() }
      if byte == 0 { return false }
      if byte == UInt8(ascii: "\\"), peek(1) == UInt8(ascii: "'") { at &+= 1 }
      bytes.append(peek())
      at &+= 1
    }
  }

  private mutating func closeQuote() -> Bool {
    at &+= 1
    return peek() == 0 || peek().isInlineSpace
  }

  /// The byte that the escape here stands for. REQUIRES: a backslash and another byte.
  private mutating func readEscape() -> UInt8 {
    let letter = peek(1)
    if letter == UInt8(ascii: "x"), let high = peek(2).hexadecimalValue,
      let low = peek(3).hexadecimalValue
    {
      at &+= 4
      return high << 4 | low
    }
    at &+= 2
    switch letter {
    case UInt8(ascii: "n"): return UInt8(ascii: "\n")
    case UInt8(ascii: "r"): return UInt8(ascii: "\r")
    case UInt8(ascii: "t"): return UInt8(ascii: "\t")
    case UInt8(ascii: "b"): return 0x08
    case UInt8(ascii: "a"): return 0x07
    default: return letter
    }
  }
}
