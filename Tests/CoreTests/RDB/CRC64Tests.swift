import CPrimitives
import Testing

@testable import Core

@Suite struct CRC64Tests {
  private static let variants = [APUS_CRC64_TABLES, APUS_CRC64_FOLDING]
    .filter { apus_crc64_supports($0) }

  private static let noise: [UInt8] = {
    var random = SplitMixGenerator(seed: 64)
    return (0..<2100).map { _ in UInt8.random(in: 0...255, using: &random) }
  }()

  private static let starts: [UInt64] = [0, 1, .max, 0x0123_4567_89ab_cdef, 1 << 63]

  private func checksum(
    _ variant: apus_crc64_variant, _ crc: UInt64, _ range: Range<Int>
  ) -> UInt64 {
    Self.noise.withUnsafeBufferPointer {
      apus_crc64(variant, crc, $0.baseAddress.map { $0 + range.lowerBound }, range.count)
    }
  }

  /// Bit by bit, as the polynomial says.
  private func plain(_ crc: UInt64, _ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(crc) { crc, byte in
      (0..<8).reduce(crc ^ UInt64(byte)) { crc, _ in
        crc & 1 == 0 ? crc >> 1 : crc >> 1 ^ 0x95ac_9329_ac4b_c9b5
      }
    }
  }

  @Test func checkValue() {
    let digits = Array("123456789".utf8)
    for variant in Self.variants {
      #expect(apus_crc64(variant, 0, digits, digits.count) == 0xe9c6_d914_c4b8_d9ca)
      #expect(apus_crc64(variant, 7, digits, 0) == 7)
    }
    #expect(digits.withView { RDBFormat.checksum($0) } == 0xe9c6_d914_c4b8_d9ca)
  }

  @Test func isThatOfThePolynomial() {
    for count in Array(0...140) + [255, 256, 257, 1000] {
      for start in Self.starts {
        let expected = plain(start, Self.noise[3..<(3 + count)])
        for variant in Self.variants {
          #expect(checksum(variant, start, 3..<(3 + count)) == expected)
        }
      }
    }
  }

  /// All lengths, wherever in memory they begin.
  @Test func variantsAgree() {
    for count in 0...2000 {
      for offset in 0..<17 {
        let start = Self.starts[(count + offset) % Self.starts.count]
        let range = offset..<(offset + count)
        let expected = checksum(APUS_CRC64_TABLES, start, range)
        let agrees = Self.variants.allSatisfy { checksum($0, start, range) == expected }
        if !agrees { Issue.record("\(count) bytes at offset \(offset)") }
      }
    }
  }

  @Test func mayBeCutAnywhere() {
    let end = 700
    for variant in Self.variants {
      let whole = checksum(variant, 5, 1..<end)
      for cut in 1...end {
        let parts = checksum(variant, checksum(variant, 5, 1..<cut), cut..<end)
        if parts != whole { Issue.record("cut at \(cut)") }
      }
    }
  }

  @Test func bestIsSupported() {
    #expect(apus_crc64_supports(apus_crc64_best()))
    #expect(!apus_crc64_supports(apus_crc64_variant(rawValue: 99)))
  }
}
