/// The quoted form of bytes: printable, on one line, in double quotes.
///
/// MONITOR, log lines, client names and the rewritten configuration show foreign bytes this way;
/// `InlineArguments` reads it back. For cold paths, hence the array.
package enum Quoting {
  /// Appends `"…"` with quotes, backslashes, control and non-ASCII bytes escaped.
  package static func append(_ bytes: ByteView, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    for byte in bytes.buffer { appendEscaped(byte, to: &output) }
    output.append(UInt8(ascii: "\""))
  }

  private static func appendEscaped(_ byte: UInt8, to output: inout [UInt8]) {
    if let letter = letter(for: byte) {
      output.append(UInt8(ascii: "\\"))
      output.append(letter)
    } else if byte >= 0x20, byte < 0x7f {
      output.append(byte)
    } else {
      output.append(UInt8(ascii: "\\"))
      output.append(UInt8(ascii: "x"))
      output += Hexadecimal.digits(byte)
    }
  }

  private static func letter(for byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\\"), UInt8(ascii: "\""): byte
    case UInt8(ascii: "\n"): UInt8(ascii: "n")
    case UInt8(ascii: "\r"): UInt8(ascii: "r")
    case UInt8(ascii: "\t"): UInt8(ascii: "t")
    case 0x07: UInt8(ascii: "a")
    case 0x08: UInt8(ascii: "b")
    default: nil
    }
  }
}
