import Core
import Testing

@Suite struct BitFieldTests {
  private static func field(_ name: StaticString) throws -> BitField {
    try #require(BitField(ByteView(name)))
  }

  private static let all: [(name: String, field: BitField)] =
    ((1...64).map { "i\($0)" } + (1...63).map { "u\($0)" }).compactMap { name in
      Array(name.utf8).withView { BitField($0) }.map { (name, $0) }
    }

  @Test func names() {
    #expect(Self.all.count == 127)
    let wrong: [StaticString] = [
      "", "u", "i", "8", "u0", "u64", "i0", "i65", "U8", "I8", "u08", "u+8", "u-8", "u8 ", " u8",
      "u8.0", "ux", "x8", "u18446744073709551624", "i9223372036854775807",
    ]
    for name in wrong { #expect(BitField(ByteView(name)) == nil, "\(name)") }
  }

  /// Every field at every place in a few bytes, against a model of single bits.
  @Test func readAndWrite() {
    var random = SplitMixGenerator(seed: 8)
    for (name, field) in Self.all {
      for offset in 0..<20 {
        var bytes = (0..<11).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        var bits = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
        let range = offset..<(offset + field.width)
        var expected = bits[range].reduce(UInt64(0)) { $0 << 1 | UInt64($1) }
        if field.isSigned, bits[offset] == 1, field.width < 64 {
          expected |= .max << UInt64(field.width)
        }
        let value = bytes.withView { field.read($0, at: offset) }
        #expect(value == Int64(bitPattern: expected), "\(name) at \(offset)")

        let written = Int64(truncatingIfNeeded: random.next())
        for (index, bit) in range.enumerated() {
          bits[bit] = UInt8(truncatingIfNeeded: written >> Int64(field.width - 1 - index)) & 1
        }
        bytes.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { field.write(written, to: base, at: offset) }
        }
        let after = bytes.flatMap { byte in (0..<8).map { byte >> UInt8(7 - $0) & 1 } }
        #expect(after == bits, "\(name) at \(offset)")
      }
    }
  }

  @Test func bitsBehindTheEndAreClear() throws {
    let bytes: [UInt8] = [0xff, 0xff]
    let (u8, i8, i64) = (try Self.field("u8"), try Self.field("i8"), try Self.field("i64"))
    bytes.withView { view in
      #expect(u8.read(view, at: 12) == 0xf0)
      #expect(i8.read(view, at: 12) == -16)
      #expect(i64.read(view, at: 8) == -0x0100_0000_0000_0000)
      #expect(i64.read(view, at: 16) == 0)
      #expect(i64.read(view, at: .max) == 0)
    }
    #expect(i64.lastByte(at: .max) == .max >> 3 + 8)
  }

  private static let extremes: [Int64] = [
    .min, .min + 1, .min + 127, .min + 128, -1 << 32, -257, -256, -129, -128, -127, -2, -1, 0, 1, 2,
    126, 127, 128, 255, 256, 1 << 32, .max - 1, .max,
  ]

  /// Wide arithmetic says what is right; sums of a value that the field can hold.
  @Test func sums() {
    for (name, field) in Self.all {
      let low: Int128 = field.isSigned ? -(1 << Int128(field.width - 1)) : 0
      let high: Int128 = (1 << Int128(field.width - (field.isSigned ? 1 : 0))) - 1
      for value in Self.extremes where Int128(value) >= low && Int128(value) <= high {
        for increment in Self.extremes {
          let sum = Int128(value) + Int128(increment)
          let fits = sum >= low && sum <= high
          lazy var note = "\(name): \(value) + \(increment)"
          let failing = field.sum(value, increment, .fail)
          if failing != (fits ? Int64(sum) : nil) { Issue.record("\(note) fails") }
          let saturated = Int64(min(max(sum, low), high))
          let result = field.sum(value, increment, .saturate)
          if result != saturated { Issue.record("\(note) saturates to \(result ?? 0)") }
          var wrapped = sum & ((1 << Int128(field.width)) - 1)
          if wrapped > high { wrapped -= 1 << Int128(field.width) }
          let around = field.sum(value, increment, .wrap)
          if around != Int64(wrapped) { Issue.record("\(note) wraps to \(around ?? 0)") }
        }
      }
    }
  }

  @Test func storedValues() throws {
    let signed = try Self.field("i8")
    let unsigned = try Self.field("u8")
    #expect(signed.stored(127, .fail) == 127)
    #expect(signed.stored(-128, .fail) == -128)
    #expect(signed.stored(128, .fail) == nil)
    #expect(signed.stored(-129, .fail) == nil)
    #expect(signed.stored(200, .saturate) == 127)
    #expect(signed.stored(-200, .saturate) == -128)
    #expect(signed.stored(200, .wrap) == -56)
    #expect(signed.stored(.max, .saturate) == 127)
    // Redis' answers, because its subtraction wraps.
    #expect(signed.stored(.min, .saturate) == 127)
    #expect(signed.stored(.min + 127, .saturate) == 127)
    #expect(signed.stored(.min + 128, .saturate) == -128)
    #expect(unsigned.stored(-1, .saturate) == 255)
    #expect(unsigned.stored(-1, .wrap) == 255)
    #expect(unsigned.stored(-1, .fail) == nil)
    #expect(unsigned.stored(256, .saturate) == 255)
    #expect(unsigned.stored(256, .wrap) == 0)
    let whole = try Self.field("i64")
    for value in Self.extremes { #expect(whole.stored(value, .fail) == value) }
  }
}
