import Glibc

/// Finds where replies end, without decoding them: RESP2 and RESP3, nested, in any pieces.
enum ReplyScanner {
  enum Outcome: Equatable {
    /// More bytes are needed.
    case incomplete
    /// A reply of so many bytes; `isNull` where it says that there is no such value.
    case reply(byteCount: Int, kind: ReplyKinds, isNull: Bool)
    /// These bytes are no RESP.
    case garbage
  }

  /// The longest bulk string that is believed: Redis' own limit is 512 MiB.
  static let bulkByteCountMax = 512 << 20
  /// A length with sign takes at most so many digits.
  private static let lengthDigitsMax = 20
  private static let lineByteCountMax = 64 * 1024

  /// Whether the bytes are one reply, with a value.
  static func isWhole(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return false }
      guard case .reply(let count, _, let isNull) = scan(base, base + buffer.count) else {
        return false
      }
      return count == buffer.count && !isNull
    }
  }

  /// The reply that begins at `start`; the readable bytes end before `end`.
  static func scan(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Outcome {
    guard start < end else { return .incomplete }
    let kind = ReplyKinds(marker: start[0])
    if kind == [] { return .garbage }
    if kind == .bulk || start[0] == UInt8(ascii: "!") { return scanBulk(start, end, kind) }
    if start[0] == UInt8(ascii: "|") { return scanAttributed(start, end) }
    if kind == .array { return scanArray(start, end) }
    guard let after = endOfLine(start, end) else {
      return end - start > lineByteCountMax ? .garbage : .incomplete
    }
    guard after - start >= 3, after[-2] == 13, isProper(start, after) else { return .garbage }
    return .reply(byteCount: after - start, kind: kind, isNull: kind == .null)
  }

  /// Whether the text between the marker and CR LF is one of its type.
  private static func isProper(
    _ start: UnsafePointer<UInt8>, _ after: UnsafePointer<UInt8>
  ) -> Bool {
    let text = UnsafeBufferPointer(start: start + 1, count: after - start - 3)
    switch start[0] {
    case UInt8(ascii: ":"):
      if case .garbage = length(start, after) { return false }
      return true
    case UInt8(ascii: "_"): return text.isEmpty
    case UInt8(ascii: "#"): return text.elementsEqual("t".utf8) || text.elementsEqual("f".utf8)
    case UInt8(ascii: ","): return Double(String(decoding: text, as: UTF8.self)) != nil
    case UInt8(ascii: "("):
      let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text[...]
      return !digits.isEmpty && digits.allSatisfy { (48...57).contains($0) }
    default: return true
    }
  }

  /// After the LF that ends the line.
  @inline(__always)
  private static func endOfLine(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    guard let found = memchr(start, 10, end - start) else { return nil }
    return UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) + 1
  }

  private enum Length {
    case incomplete
    case garbage
    /// The number, and where the bytes after its line begin.
    case found(Int, UnsafePointer<UInt8>)
  }

  /// The decimal number between the marker and CR LF.
  @inline(__always)
  private static func length(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Length {
    var place = start + 1
    guard place < end else { return .incomplete }
    let isNegative = place[0] == UInt8(ascii: "-")
    if isNegative { place += 1 }
    var number = 0
    let digits = place
    while place < end {
      let digit = Int(place[0]) - 48
      if digit < 0 || digit > 9 { break }
      if place - digits >= lengthDigitsMax - 2 { return .garbage }
      number = number * 10 + digit
      place += 1
    }
    guard end - place >= 2 else { return .incomplete }
    guard place > digits, place[0] == 13, place[1] == 10 else { return .garbage }
    return .found(isNegative ? -number : number, place + 2)
  }

  @inline(__always)
  private static func scanBulk(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ kind: ReplyKinds
  ) -> Outcome {
    switch length(start, end) {
    case .incomplete: return .incomplete
    case .garbage: return .garbage
    case .found(-1, let after):
      return .reply(byteCount: after - start, kind: .null, isNull: true)
    case .found(let count, let after):
      guard count >= 0, count <= bulkByteCountMax else { return .garbage }
      guard end - after >= count + 2 else { return .incomplete }
      guard after[count] == 13, after[count + 1] == 10 else { return .garbage }
      return .reply(byteCount: after - start + count + 2, kind: kind, isNull: false)
    }
  }

  /// An attribute, and behind it the reply that it describes.
  private static func scanAttributed(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Outcome {
    let attribute = scanArray(start, end)
    guard case .reply(let count, _, _) = attribute else { return attribute }
    // One is enough: a chain of attributes describes nothing.
    guard start + count < end else { return .incomplete }
    if start[count] == UInt8(ascii: "|") { return .garbage }
    let described = scan(start + count, end)
    guard case .reply(let rest, let kind, let isNull) = described else { return described }
    return .reply(byteCount: count + rest, kind: kind, isNull: isNull)
  }

  /// Walks over the elements, nested ones too, by counting what is still owed: no recursion. An
  /// array that holds an error is one.
  private static func scanArray(
    _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Outcome {
    var place = start
    var owed = 1
    var kind = ReplyKinds.array
    while owed > 0 {
      guard place < end else { return .incomplete }
      owed -= 1
      if ReplyKinds(marker: place[0]) == .array {
        switch length(place, end) {
        case .incomplete: return .incomplete
        case .garbage: return .garbage
        case .found(let count, let after):
          let factor = place[0] == UInt8(ascii: "%") || place[0] == UInt8(ascii: "|") ? 2 : 1
          guard count >= -1, count <= bulkByteCountMax else { return .garbage }
          if count == -1 && place == start {
            return .reply(byteCount: after - start, kind: .null, isNull: true)
          }
          // Inside, an attribute comes before the value that it describes.
          if place[0] == UInt8(ascii: "|") && place != start { owed += 1 }
          owed += max(count, 0) * factor
          place = after
        }
      } else {
        switch scan(place, end) {
        case .incomplete: return .incomplete
        case .garbage: return .garbage
        case .reply(let count, let found, _):
          if found == .error { kind = .error }
          place += count
        }
      }
    }
    return .reply(byteCount: place - start, kind: kind, isNull: false)
  }
}
