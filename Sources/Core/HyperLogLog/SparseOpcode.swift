/// One run of equal registers in the sparse form; the design comment of `HyperLogLog` has the bits.
struct SparseOpcode {
  enum Kind {
    case zero
    case longZero
    case value
  }

  let kind: Kind
  /// How many registers it covers.
  let span: Int
  /// What they hold.
  let value: UInt8

  @inline(__always)
  var byteCount: Int { kind == .longZero ? 2 : 1 }

  static let valueMax: UInt8 = 32
  private static let valueSpanMax = 4
  private static let zeroSpanMax = 64

  /// The opcode at the beginning of so many bytes; nil if it is cut off. REQUIRES: byteCount > 0.
  @inline(__always)
  init?(_ bytes: UnsafePointer<UInt8>, byteCount: Int) {
    let first = bytes[0]
    if first & 0x80 != 0 {
      kind = .value
      span = Int(first & 3) &+ 1
      value = (first &>> 2 & 31) &+ 1
    } else if first & 0x40 == 0 {
      kind = .zero
      span = Int(first) &+ 1
      value = 0
    } else {
      guard byteCount > 1 else { return nil }
      kind = .longZero
      span = (Int(first & 63) &<< 8 | Int(bytes[1])) &+ 1
      value = 0
    }
  }

  /// Opcodes to be written: at most five bytes, the first in the lowest bits.
  struct Sequence {
    private(set) var bytes: UInt64 = 0
    private(set) var byteCount = 0

    /// Adds a run of registers that all hold `value`; nothing for a run of none. REQUIRES: span <=
    /// 16384, and at most four, value <= 32, if they are not 0.
    mutating func append(_ span: Int, of value: UInt8) {
      guard span > 0 else { return }
      let length = span &- 1
      if value > 0 {
        append(0x80 | UInt64(value &- 1) &<< 2 | UInt64(length))
      } else if span <= SparseOpcode.zeroSpanMax {
        append(UInt64(length))
      } else {
        append(0x40 | UInt64(length &>> 8))
        append(UInt64(length & 0xff))
      }
    }

    private mutating func append(_ byte: UInt64) {
      bytes |= byte &<< UInt64(8 &* byteCount)
      byteCount &+= 1
    }
  }

  /// One opcode for two neighbours of equal value, if there is one that covers both.
  @inline(__always)
  static func merged(_ first: UInt8, _ second: UInt8) -> UInt8? {
    let span = Int(first & 3) &+ Int(second & 3) &+ 2
    guard second & 0x80 != 0, (first ^ second) & 0x7c == 0, span <= valueSpanMax else {
      return nil
    }
    return first & ~3 | UInt8(truncatingIfNeeded: span &- 1)
  }
}
