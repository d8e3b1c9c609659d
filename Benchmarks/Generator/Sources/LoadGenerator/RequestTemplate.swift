import Glibc

/// A command encoded once, with holes where each request puts a key number.
///
/// A word may hold `__rand_int__`, which becomes twelve digits, as in redis-benchmark; each
/// occurrence gets a number of its own. `__data__` becomes the value: always the same, or another
/// one each time where a pool of data is given.
///
///     *2\r\n$3\r\nGET\r\n$16\r\nkey:............\r\n
///                              hole ^ (offset 26)
///
/// The bytes are copied into the batch and the holes filled there: two requests cost less than one
/// that is encoded anew. Never freed: templates live as long as the process.
public struct RequestTemplate {
  let bytes: UnsafePointer<UInt8>
  let byteCount: Int
  let holes: UnsafePointer<Int32>
  let holeCount: Int
  /// Where each request puts values from the pool, `dataByteCount` bytes each.
  let dataHoles: UnsafePointer<Int32>
  let dataHoleCount: Int
  let pool: DataPool?
  public let words: [String]

  static let placeholder = "__rand_int__"
  static let dataPlaceholder = "__data__"
  static let digitCount = 12

  static let byteCountMax = 1 << 30

  public init(words: [String], data: [UInt8], pool: DataPool? = nil) throws {
    self.words = words
    // Each placeholder becomes the data: known before anything is put together.
    let dataCount = words.reduce(0) { $0 + $1.split(separator: Self.dataPlaceholder).count + 1 }
    guard dataCount <= Self.byteCountMax / max(data.count, 1) else {
      throw LoadError("a request must take at most 1 GiB")
    }
    var encoded = Array("*\(words.count)\r\n".utf8)
    var offsets: [Int32] = []
    var dataOffsets: [Int32] = []
    for word in words {
      let argument = Self.argument(word, data)
      encoded += Array("$\(argument.bytes.count)\r\n".utf8)
      offsets += argument.holes.map { Int32(encoded.count + $0) }
      dataOffsets += argument.dataHoles.map { Int32(encoded.count + $0) }
      encoded += argument.bytes
      encoded += Array("\r\n".utf8)
    }
    bytes = Self.keep(encoded)
    byteCount = encoded.count
    holes = Self.keep(offsets)
    holeCount = offsets.count
    dataHoles = Self.keep(dataOffsets)
    dataHoleCount = pool == nil ? 0 : dataOffsets.count
    self.pool = pool
  }

  /// An inline command, as a person types it.
  public init(inline line: String) {
    words = [line]
    let encoded = Array((line + "\r\n").utf8)
    bytes = Self.keep(encoded)
    byteCount = encoded.count
    holes = Self.keep([])
    holeCount = 0
    dataHoles = holes
    dataHoleCount = 0
    pool = nil
  }

  /// Whether requests differ from each other.
  public var hasHoles: Bool { holeCount + dataHoleCount > 0 }

  private static func keep<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
    let place = UnsafeMutablePointer<Element>.allocate(capacity: max(elements.count, 1))
    place.initialize(from: elements, count: elements.count)
    return UnsafePointer(place)
  }

  /// A word with its placeholders replaced, and where in it the numbers and the values go.
  private struct Argument {
    var bytes: [UInt8] = []
    var holes: [Int] = []
    var dataHoles: [Int] = []
  }

  private static func argument(_ word: String, _ data: [UInt8]) -> Argument {
    var made = Argument()
    var rest = Substring(word)
    while !rest.isEmpty {
      if rest.hasPrefix(placeholder) {
        made.holes.append(made.bytes.count)
        made.bytes += Array(repeating: UInt8(ascii: "0"), count: digitCount)
        rest = rest.dropFirst(placeholder.count)
      } else if rest.hasPrefix(dataPlaceholder) {
        made.dataHoles.append(made.bytes.count)
        made.bytes += data
        rest = rest.dropFirst(dataPlaceholder.count)
      } else {
        made.bytes += Array(String(rest.removeFirst()).utf8)
      }
    }
    return made
  }

  /// Writes a request to `place`, which has room for `byteCount` bytes.
  @inline(__always)
  func write(to place: UnsafeMutablePointer<UInt8>, keys: inout KeySource) {
    memcpy(place, bytes, byteCount)
    for index in 0..<holeCount {
      Self.writeDigits(keys.next(), to: place + Int(holes[index]))
    }
    guard let pool else { return }
    for index in 0..<dataHoleCount {
      pool.write(to: place + Int(dataHoles[index]))
    }
  }

  /// Twelve decimal digits of a number below 10^12, by two at a time.
  @inline(__always)
  static func writeDigits(_ number: UInt64, to place: UnsafeMutablePointer<UInt8>) {
    var rest = number
    var offset = digitCount
    while offset > 0 && rest > 0 {
      let (quotient, pair) = rest.quotientAndRemainder(dividingBy: 100)
      offset &-= 2
      let tens = (pair &* 103) &>> 10
      place[offset] = UInt8(truncatingIfNeeded: 48 &+ tens)
      place[offset &+ 1] = UInt8(truncatingIfNeeded: 48 &+ (pair &- 10 &* tens))
      rest = quotient
    }
  }
}
