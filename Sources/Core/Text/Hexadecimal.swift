/// Bytes as hexadecimal digits and back.
package enum Hexadecimal {
  /// The two digits of a byte, in lower case. For cold paths, hence the array.
  package static func digits(_ byte: UInt8) -> [UInt8] { [digit(byte >> 4), digit(byte & 0xf)] }

  /// The digit in lower case. REQUIRES: value < 16.
  package static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }
}

extension UInt8 {
  /// What a hexadecimal digit of either case stands for; nil for anything else.
  package var hexadecimalValue: UInt8? {
    switch self {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }
}
