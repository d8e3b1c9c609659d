import Core
import Testing

@Suite struct BitsTests {
  private static func bit(_ index: Int, _ bytes: [UInt8]) -> Bool {
    bytes[index / 8] & (128 >> UInt8(index % 8)) != 0
  }

  @Test func bitZeroIsTheHighestOfTheFirstByte() {
    let bytes: [UInt8] = [0x80, 0x01]
    let set = bytes.withView { view in (0..<40).filter { Bits.isSet($0, in: view) } }
    #expect(set == [0, 15])
    #expect(bytes.withView { Bits.isSet(.max, in: $0) } == false)
  }

  /// Every range of a few bytes, of all kinds of bytes.
  @Test func rangesAgreeWithSingleBits() {
    var random = SplitMixGenerator(seed: 5)
    let samples: [[UInt8]] = [
      [0], [0xff], [0, 0, 0], [0xff, 0xff, 0xff], [0, 0x10, 0], [0xff, 0xef, 0xff],
      (0..<4).map { _ in UInt8.random(in: .min ... .max, using: &random) },
    ]
    for bytes in samples {
      let bitCount = bytes.count * 8
      for lower in 0...bitCount {
        for upper in lower...bitCount {
          let inRange = (lower..<upper).filter { Self.bit($0, bytes) }
          let clear = (lower..<upper).first { !Self.bit($0, bytes) }
          bytes.withView { view in
            #expect(Bits.count(lower..<upper, in: view) == inRange.count)
            #expect(Bits.first(true, lower..<upper, in: view) == inRange.first)
            #expect(Bits.first(false, lower..<upper, in: view) == clear)
          }
        }
      }
    }
  }

  @Test func longRanges() {
    var bytes = [UInt8](repeating: 0, count: 3000)
    for index in stride(from: 2999 * 8 + 7, to: 0, by: -701) {
      bytes[index / 8] |= 128 >> UInt8(index % 8)
      let range = 3..<(3000 * 8)
      bytes.withView { #expect(Bits.first(true, range, in: $0) == index) }
      bytes.map(~).withView { #expect(Bits.first(false, range, in: $0) == index) }
    }
    bytes.withView { view in
      #expect(Bits.count(0..<24000, in: view) == 35)
      #expect(Bits.first(true, 23999..<24000, in: view) == 23999)
      #expect(Bits.first(true, 23300..<23999, in: view) == nil)
    }
  }
}
