import Testing

@testable import Core

@Suite struct RDBWriterTests {
  @Test func numbersAreAsShortAsTheyCanBe() {
    let forms: [(Int, [UInt8])] = [
      (0, [0]), (63, [0x3F]), (64, [0x40, 0x40]), (16383, [0x7F, 0xFF]),
      (16384, [0x80, 0, 0, 0x40, 0]), (0xFFFF_FFFF, [0x80, 255, 255, 255, 255]),
      (1 << 32, [0x81, 0, 0, 0, 1, 0, 0, 0, 0]),
      (.max, [0x81, 0x7F, 255, 255, 255, 255, 255, 255, 255]),
    ]
    for (number, form) in forms { #expect(rdbBytes { $0.number(number) } == form) }
  }

  /// Byte for byte as Redis writes them.
  @Test func stringsInTheirShortestForm() {
    let forms: [(String, [UInt8])] = [
      ("", [0]), ("0", [0xC0, 0]), ("-128", [0xC0, 0x80]), ("127", [0xC0, 0x7F]),
      ("128", [0xC1, 0x80, 0]), ("-32768", [0xC1, 0, 0x80]), ("32768", [0xC2, 0, 0x80, 0, 0]),
      ("2147483647", [0xC2, 255, 255, 255, 127]), ("-2147483648", [0xC2, 0, 0, 0, 128]),
    ]
    for (text, form) in forms {
      #expect(rdbBytes { writer in Array(text.utf8).withView { writer.string($0) } } == form)
      if let number = Int64(text) { #expect(rdbBytes { $0.string(number) } == form) }
    }
    for text in ["2147483648", "-2147483649", "01", "+1", "-0", " 1", "1 ", "1.0", "abc"] {
      let form = [UInt8(text.utf8.count)] + Array(text.utf8)
      #expect(rdbBytes { writer in Array(text.utf8).withView { writer.string($0) } } == form)
    }
    for number in [Int64.max, .min, 1 << 40, -(1 << 40)] {
      let text = Array(String(number).utf8)
      #expect(rdbBytes { $0.string(number) } == [UInt8(text.count)] + text)
    }
  }

  @Test func compressesOnlyWhatGainsByIt() {
    func form(_ count: Int, compresses: Bool) -> [UInt8] {
      rdbBytes(compresses: compresses) { writer in
        [UInt8](repeating: 0x61, count: count).withView { writer.string($0) }
      }
    }
    #expect(form(20, compresses: true).count == 21)
    #expect(form(21, compresses: true)[0] == 0xC3)
    #expect(form(21, compresses: false)[0] == 21)
    #expect(form(70_000, compresses: true).count < 1200)
    var random = SplitMixGenerator(seed: 3)
    let noise = (0..<200).map { _ in UInt8.random(in: 0...255, using: &random) }
    let bytes = rdbBytes { writer in noise.withView { writer.string($0) } }
    #expect(bytes == [0x40, 200] + noise)
  }

  /// Everything that can be written, through a buffer and into memory.
  private func writeAll(_ writer: inout RDBWriter) {
    for count in [
      0, 1, 11, 12, 63, 64, 300, 16_383, 16_384, 65_535, 65_536, 70_000, 262_144, 600_000,
    ] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
      bytes.withView { writer.string($0) }
      writer.number(count)
      writer.integer(UInt32(count))
      writer.double(Double(count) + 0.5)
      writer.string(ListpackElement.integer(Int64(count) << 20))
      bytes.withView { writer.raw($0) }
      writer.byte(0xEE)
    }
  }

  private func readAll(_ reader: inout RDBReader) throws {
    for count in [
      0, 1, 11, 12, 63, 64, 300, 16_383, 16_384, 65_535, 65_536, 70_000, 262_144, 600_000,
    ] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
      expectEqual([UInt8](try reader.string()), bytes)
      expectEqual(try reader.number(), UInt64(count))
      expectEqual(try reader.integer(UInt32.self), UInt32(count))
      expectEqual(try reader.double(), Double(count) + 0.5)
      expectEqual([UInt8](try reader.string()), Array(String(count << 20).utf8))
      expectEqual([UInt8](try reader.bytes(count)), bytes)
      expectEqual(try reader.byte(), 0xEE)
    }
  }

  @Test(arguments: [false, true]) func buffersAndMemoryAreTheSame(_ compresses: Bool) throws {
    let expected = rdbBytes(compresses: compresses) { writeAll(&$0) }
    var drained: [UInt8] = []
    var writer = RDBWriter(compresses: compresses, checksums: true) { base, count in
      drained += UnsafeRawBufferPointer(start: base, count: count)
      return true
    }
    writeAll(&writer)
    expectEqual(writer.byteCount, expected.count)
    expectEqual(writer.checksum(), expected.withView { RDBFormat.checksum($0) })
    #expect(drained == expected)
    expectEqual(writer.drainedByteCount, expected.count)
    expectEqual(writer.hasFailed, false)
    try withRDBReaders(expected, sizes: [4096, 1 << 30]) { try readAll(&$0) }
  }

  /// After a failure nothing more is drained, and the writer goes on without it.
  @Test func aDrainThatFails() {
    var calls = 0
    var writer = RDBWriter(compresses: true, checksums: true) { _, _ in
      calls += 1
      return calls < 3
    }
    writeAll(&writer)
    writer.flush()
    expectEqual(writer.hasFailed, true)
    #expect(calls == 3)
  }
}
