import CPrimitives

/// An element of a listpack as commands see it: text that is an integer in its shortest form is
/// held as that integer, everything else as bytes.
package enum ListpackElement {
  case integer(Int64)
  case bytes(ByteView)

  /// What `bytes` become in a listpack.
  @inline(__always)
  package init(_ bytes: ByteView) {
    // Twenty characters is the longest integer, "-9223372036854775808".
    if bytes.count <= IntegerText.maximumCount, let number = bytes.parseInteger() {
      self = .integer(number)
    } else {
      self = .bytes(bytes)
    }
  }
}

/// The encoding of one entry, byte for byte as in Redis:
///
///     | encoding and length | data | length of both, readable from behind |
///
///     0xxxxxxx                      integer 0 to 127
///     10xxxxxx  bytes               string of up to 63 bytes
///     110xxxxx xxxxxxxx             integer of 13 bits, with sign
///     1110xxxx xxxxxxxx  bytes      string of up to 4095 bytes
///     11110000  4  bytes            string, length in four bytes, low byte first
///     11110001  2                   integers of 16, 24, 32 and 64 bits, low byte first
///     11110010  3
///     11110011  4
///     11110100  8
///     11111111                      end of the listpack
///
/// The trailing length has seven bits in each byte, the highest first; all bytes but the first have
/// their top bit set, so that from behind one knows where it begins.
enum ListpackEntry {
  static let end: UInt8 = 0xFF
  static let headByteCountMax = 9
  static let trailerByteCountMax = 5
  /// A string that is no longer has its length in the first byte.
  static let shortStringCountMax = 63

  private static let string32: UInt8 = 0xF0
  private static let integer16: UInt8 = 0xF1
  private static let integer24: UInt8 = 0xF2
  private static let integer32: UInt8 = 0xF3
  private static let integer64: UInt8 = 0xF4

  // MARK: Writing

  /// Bytes of encoding and data, without the trailing length.
  @inline(__always)
  static func bodyByteCount(_ element: ListpackElement) -> Int {
    switch element {
    case .integer(let number): integerByteCount(number)
    case .bytes(let bytes): stringHeadByteCount(bytes.count) &+ bytes.count
    }
  }

  @inline(__always)
  private static func integerByteCount(_ number: Int64) -> Int {
    switch number {
    case 0...127: 1
    case -4096...4095: 2
    case -32768...32767: 3
    case -8_388_608...8_388_607: 4
    case Int64(Int32.min)...Int64(Int32.max): 5
    default: 9
    }
  }

  @inline(__always)
  private static func stringHeadByteCount(_ count: Int) -> Int {
    count <= shortStringCountMax ? 1 : count < 4096 ? 2 : 5
  }

  /// Bytes of the trailing length of a body of so many bytes. The bounds are Redis', which leaves
  /// the last value of each size to the next.
  @inline(__always)
  static func trailerByteCount(_ body: Int) -> Int {
    body <= 127 ? 1 : body < 16383 ? 2 : body < 2_097_151 ? 3 : body < 268_435_455 ? 4 : 5
  }

  /// Bytes of a whole entry.
  @inline(__always)
  static func byteCount(_ element: ListpackElement) -> Int {
    let body = bodyByteCount(element)
    return body &+ trailerByteCount(body)
  }

  /// Writes a whole entry. REQUIRES: room for `byteCount(element)` bytes.
  static func write(_ element: ListpackElement, to place: UnsafeMutablePointer<UInt8>) {
    let body = bodyByteCount(element)
    switch element {
    case .integer(let number): writeInteger(number, body, to: place)
    case .bytes(let bytes): writeString(bytes, to: place)
    }
    writeTrailer(body, to: place + body)
  }

  @inline(__always)
  private static func writeInteger(
    _ number: Int64, _ byteCount: Int, to place: UnsafeMutablePointer<UInt8>
  ) {
    switch byteCount {
    case 1: place[0] = UInt8(truncatingIfNeeded: number)
    case 2:
      place[0] = 0xC0 | (UInt8(truncatingIfNeeded: number &>> 8) & 0x1F)
      place[1] = UInt8(truncatingIfNeeded: number)
    default:
      place[0] =
        byteCount == 3
        ? integer16 : byteCount == 4 ? integer24 : byteCount == 5 ? integer32 : integer64
      for index in 1..<byteCount {
        place[index] = UInt8(truncatingIfNeeded: number &>> Int64(8 &* (index &- 1)))
      }
    }
  }

  @inline(__always)
  private static func writeString(_ bytes: ByteView, to place: UnsafeMutablePointer<UInt8>) {
    let count = bytes.count
    let head = stringHeadByteCount(count)
    switch head {
    case 1: place[0] = 0x80 | UInt8(truncatingIfNeeded: count)
    case 2:
      place[0] = 0xE0 | UInt8(truncatingIfNeeded: count &>> 8)
      place[1] = UInt8(truncatingIfNeeded: count)
    default:
      place[0] = string32
      for index in 0..<4 {
        place[1 &+ index] = UInt8(truncatingIfNeeded: count &>> (8 &* index))
      }
    }
    if count > 0 { (place + head).update(from: bytes.base, count: count) }
  }

  @inline(__always)
  private static func writeTrailer(_ body: Int, to place: UnsafeMutablePointer<UInt8>) {
    let count = trailerByteCount(body)
    for index in 0..<count {
      let bits = UInt8(truncatingIfNeeded: body &>> (7 &* (count &- 1 &- index))) & 0x7F
      place[index] = index == 0 ? bits : bits | 0x80
    }
  }

  // MARK: Reading

  /// Bytes of encoding and data of the entry at `place`, which is a valid one.
  @inline(__always)
  static func bodyByteCount(at place: UnsafePointer<UInt8>) -> Int {
    let first = place[0]
    if first < 0x80 { return 1 }
    if first < 0xC0 { return 1 &+ Int(first & 0x3F) }
    if first < 0xE0 { return 2 }
    if first < 0xF0 { return 2 &+ (Int(first & 0x0F) &<< 8 | Int(place[1])) }
    switch first {
    case string32: return 5 &+ stringLength32(place)
    case integer16: return 3
    case integer24: return 4
    case integer32: return 5
    default: return 9
    }
  }

  @inline(__always)
  private static func stringLength32(_ place: UnsafePointer<UInt8>) -> Int {
    Int(place[1]) | Int(place[2]) &<< 8 | Int(place[3]) &<< 16 | Int(place[4]) &<< 24
  }

  /// Bytes of the whole entry at `place`, which is a valid one.
  @inline(__always)
  static func byteCount(at place: UnsafePointer<UInt8>) -> Int {
    let body = bodyByteCount(at: place)
    return body &+ trailerByteCount(body)
  }

  /// The element of the valid entry at `place`. Its bytes lie in the listpack.
  @inline(__always)
  static func element(at place: UnsafePointer<UInt8>) -> ListpackElement {
    let first = place[0]
    if first < 0x80 { return .integer(Int64(first)) }
    if first < 0xC0 { return .bytes(ByteView(place + 1, count: Int(first & 0x3F))) }
    if first < 0xE0 {
      // Thirteen bits: the sign is moved to the top and back.
      let bits = UInt16(first & 0x1F) &<< 8 | UInt16(place[1])
      return .integer(Int64(Int16(bitPattern: bits &<< 3) &>> 3))
    }
    if first < 0xF0 {
      return .bytes(ByteView(place + 2, count: Int(first & 0x0F) &<< 8 | Int(place[1])))
    }
    if first == string32 { return .bytes(ByteView(place + 5, count: stringLength32(place))) }
    return .integer(wideInteger(place, byteCount: bodyByteCount(at: place) &- 1))
  }

  @inline(__always)
  private static func wideInteger(_ place: UnsafePointer<UInt8>, byteCount: Int) -> Int64 {
    var bits: UInt64 = 0
    for index in 0..<byteCount { bits |= UInt64(place[1 &+ index]) &<< UInt64(8 &* index) }
    let unused = Int64(64 &- 8 &* byteCount)
    return Int64(bitPattern: bits &<< UInt64(unused)) &>> unused
  }

  /// The body's length as the trailing length says that ends just before `place`; nil for one that
  /// no listpack holds. Reads at most `trailerByteCountMax` bytes, and none before `start`.
  @inline(__always)
  static func trailer(before place: UnsafePointer<UInt8>, start: UnsafePointer<UInt8>) -> Int? {
    var byte = place - 1
    var value = 0
    var shift = 0
    while byte >= start && shift < 7 &* trailerByteCountMax {
      value |= Int(byte.pointee & 0x7F) &<< shift
      if byte.pointee & 0x80 == 0 { return value }
      shift &+= 7
      byte -= 1
    }
    return nil
  }

  /// How many bytes the valid or invalid entry at the beginning of `bytes` takes; nil when it does
  /// not lie wholly inside, or when its two lengths disagree.
  static func validatedByteCount(_ bytes: ByteView) -> Int? {
    guard bytes.count > 0, let head = headByteCount(bytes[0]), bytes.count >= head else {
      return nil
    }
    let body = bodyByteCount(at: bytes.base)
    let trailer = trailerByteCount(body)
    guard body <= bytes.count &- trailer else { return nil }
    let whole = body &+ trailer
    guard Self.trailer(before: bytes.base + whole, start: bytes.base + body) == body else {
      return nil
    }
    return whole
  }

  /// Bytes that have to be there before the length of an entry can be told; nil for what begins no
  /// entry.
  private static func headByteCount(_ first: UInt8) -> Int? {
    if first < 0xE0 { return 1 }
    if first < 0xF0 { return 2 }
    if first == string32 { return 5 }
    return first <= integer64 ? 1 : nil
  }
}
