import Glibc

/// What the values of a load hold.
public enum DataKind: String, CaseIterable, Sendable {
  /// One byte again and again: costs nothing, and compresses as no real data does.
  case same
  /// Bytes that cannot be compressed.
  case random
  /// A text of few words, which compresses as short records do.
  case words
}

/// Where values come from that differ from each other.
///
/// A value is cut out of a long piece of data, at a random place: that costs a copy, while data
/// made for each request would slow the load down. Values of a few dozen bytes that begin at one of
/// a million places are hardly ever the same, and a server compresses each by itself.
///
/// Never freed, as the templates that use it; all copies share one source of places.
public struct DataPool {
  let bytes: UnsafePointer<UInt8>
  let valueByteCount: Int
  /// SplitMix's state, by which places are drawn.
  private let state: UnsafeMutablePointer<UInt64>

  static let placeCount = 1 << 20

  /// Nothing for data that is always the same, or empty.
  public init?(_ kind: DataKind, valueByteCount: Int, seed: UInt64) {
    guard kind != .same, valueByteCount > 0 else { return nil }
    var generator = SplitMix(state: ~seed)
    let count = Self.placeCount + valueByteCount
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    if kind == .random {
      Self.fillRandomly(place, count, &generator)
    } else {
      Self.fillWithWords(place, count, &generator)
    }
    bytes = UnsafePointer(place)
    self.valueByteCount = valueByteCount
    state = .allocate(capacity: 1)
    state.initialize(to: generator.next())
  }

  /// Copies a value to `place`, which has room for it.
  @inline(__always)
  func write(to place: UnsafeMutablePointer<UInt8>) {
    let start = SplitMix.next(&state.pointee) & UInt64(Self.placeCount - 1)
    memcpy(place, bytes + Int(start), valueByteCount)
  }

  private static func fillRandomly(
    _ place: UnsafeMutablePointer<UInt8>, _ count: Int, _ generator: inout SplitMix
  ) {
    for index in 0..<count { place[index] = UInt8(truncatingIfNeeded: generator.next()) }
  }

  private static func fillWithWords(
    _ place: UnsafeMutablePointer<UInt8>, _ count: Int, _ generator: inout SplitMix
  ) {
    var filled = 0
    while filled < count {
      // The square makes the first words frequent, as in a language.
      let draw = Double.random(in: 0..<1, using: &generator)
      for byte in words[Int(draw * draw * Double(words.count))].utf8 where filled < count {
        place[filled] = byte
        filled += 1
      }
      if filled < count {
        place[filled] = UInt8(ascii: " ")
        filled += 1
      }
    }
  }

  /// So few that a value of 64 bytes repeats some, and LZF makes 50 bytes of it.
  private static let words: [StaticString] = [
    "order", "customer", "status", "active", "address", "street", "number", "created",
  ]
}

extension StaticString {
  fileprivate var utf8: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
  }
}
