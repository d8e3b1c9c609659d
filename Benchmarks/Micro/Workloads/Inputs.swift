import Core

/// Texts that lie one behind the other and live until the process ends.
///
/// Loops go round them: many different inputs keep the compiler from doing the work once, and the
/// processor from learning one by heart. Their number is a power of two.
struct Texts {
  private let views: UnsafeMutablePointer<ByteView>
  private let mask: Int

  var count: Int { mask + 1 }

  /// `text` gives the bytes of each. REQUIRES: `count` is a power of two.
  init(_ count: Int, _ text: (Int) -> String) {
    self.init((0..<count).map { Array(text($0).utf8) })
  }

  init(_ texts: [[UInt8]]) {
    precondition(texts.count.nonzeroBitCount == 1, "the number of texts is a power of two")
    views = .allocate(capacity: texts.count)
    mask = texts.count - 1
    let bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: texts.reduce(8) { $0 + $1.count })
    var used = 0
    for (index, text) in texts.enumerated() {
      (bytes + used).update(from: text, count: text.count)
      (views + index).initialize(to: ByteView(bytes + used, count: text.count))
      used += text.count
    }
  }

  /// Number `index`, counted round and round.
  @inline(__always)
  subscript(index: Int) -> ByteView { views[index & mask] }
}

/// Keys of sixteen bytes, `key:000000000042`, packed so that reading them in order costs little
/// even when there are millions.
struct Keys {
  static let byteCount = 16
  let count: Int
  private let bytes: UnsafeMutablePointer<UInt8>

  /// REQUIRES: `count` is a power of two, `prefix` has four bytes.
  init(_ count: Int, prefix: StaticString = "key:") {
    precondition(count.nonzeroBitCount == 1 && prefix.utf8CodeUnitCount == 4)
    self.count = count
    bytes = .allocate(capacity: count * Self.byteCount)
    for number in 0..<count {
      let key = bytes + number * Self.byteCount
      key.update(from: prefix.utf8Start, count: 4)
      var rest = number
      for place in stride(from: Self.byteCount - 1, to: 3, by: -1) {
        key[place] = UInt8(ascii: "0") + UInt8(rest % 10)
        rest /= 10
      }
    }
  }

  /// Number `index`, counted round and round.
  @inline(__always)
  subscript(index: Int) -> ByteView {
    ByteView(bytes + (index & (count &- 1)) &* Self.byteCount, count: Self.byteCount)
  }

  /// Number `index` in an order that has nothing to do with the texts', each key once.
  func shuffled(_ index: Int) -> ByteView { self[index &* 0x1e37_79b9_7f4a_7c15] }
}

/// The same numbers at every run (SplitMix64).
struct RepeatableRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

/// A client's request as it arrives.
func encodedRequest(_ words: [[UInt8]]) -> [UInt8] {
  var bytes = Array("*\(words.count)\r\n".utf8)
  for word in words { bytes += Array("$\(word.count)\r\n".utf8) + word + [13, 10] }
  return bytes
}

/// Bytes that live until the process ends.
func permanent(_ bytes: [UInt8]) -> ByteView { Texts([bytes])[0] }
