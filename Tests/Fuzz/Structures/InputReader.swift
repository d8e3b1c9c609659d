import Core

/// Takes what operations need from the input; zeros when there is no more.
struct InputReader {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// A number below `bound`, from two bytes.
  mutating func index(below bound: Int) -> Int {
    let number = Int(byte()) << 8 | Int(byte())
    return bound > 0 ? number % bound : 0
  }

  mutating func take(_ count: Int) -> [UInt8] {
    let end = min(position + count, bytes.count)
    defer { position = end }
    return Array(bytes[position..<end])
  }

  mutating func word() -> UInt64 { take(8).reduce(0) { $0 << 8 | UInt64($1) } }

  /// An integer of any width, most of them short or near a bound.
  mutating func integer() -> Int64 {
    let kind = byte()
    switch kind % 4 {
    case 0: return Int64(Int8(bitPattern: byte()))
    case 1: return Int64(truncatingIfNeeded: index(below: 65536) - 32768)
    case 2:
      let bound = Int64(1) << Int64(kind >> 2)
      return (byte() & 1 == 0 ? bound : 0 &- bound) &+ Int64(Int8(bitPattern: byte()))
    default: return Int64(bitPattern: word())
    }
  }

  private static let byteCounts = [
    0, 1, 62, 63, 64, 65, 125, 126, 127, 128, 4094, 4095, 4096, 16376, 16377, 16378,
  ]

  /// Text for an element of a listpack: of the input, an integer, or long.
  mutating func text() -> [UInt8] {
    let kind = byte()
    switch kind & 3 {
    case 0, 1: return take(Int(kind >> 2) % 24)
    case 2: return Array(String(integer()).utf8)
    default:
      return [UInt8](repeating: byte(), count: Self.byteCounts[Int(kind >> 2) % 16])
    }
  }

  private static let scores: [Double] = [
    0, -0.0, 1, -1, .infinity, -.infinity, 0.1, -2.5, 1e17, 9_007_199_254_740_992, 0x1p62, -0x1p62,
    0x1p63, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 3.0e-5,
  ]

  /// A score, most often one of few.
  mutating func score() -> Double {
    let kind = byte()
    switch kind & 3 {
    case 0: return Double(Int8(bitPattern: kind) >> 5)
    case 1: return Self.scores[Int(kind >> 4)]
    case 2: return Double(index(below: 65536) - 32768) / (kind & 4 == 0 ? 1 : 1000)
    default:
      let score = Double(bitPattern: word())
      return score.isNaN ? 0 : score
    }
  }

  /// Calls `body` with the bytes in a block of their size, whose ends a sanitizer watches.
  static func withBlock<Result>(_ bytes: [UInt8], _ body: (ByteView) -> Result) -> Result {
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    defer { block.deallocate() }
    block.initialize(from: bytes, count: bytes.count)
    return body(ByteView(block, count: bytes.count))
  }
}

extension ListpackElement {
  /// As a command would answer it.
  var text: [UInt8] {
    switch self {
    case .integer(let number): Array(String(number).utf8)
    case .bytes(let bytes): Array(bytes)
    }
  }

  func reads(as text: [UInt8]) -> Bool {
    switch self {
    case .integer: self.text == text
    case .bytes(let bytes): text.withView { $0 == bytes }
    }
  }
}
