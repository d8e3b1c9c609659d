import Testing

@testable import Core

@Suite struct IntegerTextTests {
  private func text(_ body: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
    var bytes = [UInt8](repeating: 0xee, count: IntegerText.maximumCount + 1)
    let count = bytes.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map(body) ?? 0
    }
    // What lies behind the text is left alone.
    #expect(bytes[count] == 0xee)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func check(_ value: Int64) {
    #expect(text { IntegerText.write(value, to: $0) } == "\(value)")
    #expect(IntegerText.decimalDigitCount(value) == "\(value)".utf8.count)
  }

  private func check(_ value: UInt64) {
    #expect(text { IntegerText.write(value, to: $0) } == "\(value)")
    #expect(IntegerText.decimalDigitCount(value) == "\(value)".utf8.count)
  }

  @Test func writesTheBounds() {
    for value in [0, 1, -1, .max, .min, .min + 1] as [Int64] { check(value) }
    check(UInt64.max)
  }

  @Test func writesEachSideOfEachPowerOfTen() {
    var power: UInt64 = 1
    while true {
      check(power - 1)
      check(power)
      check(power + 1)
      if let signed = Int64(exactly: power) { check(-signed) }
      let (next, overflow) = power.multipliedReportingOverflow(by: 10)
      if overflow { break }
      power = next
    }
  }

  @Test func writesAllSmallAndManyRandomNumbers() {
    for value in Int64(-1100)...11_000 { check(value) }
    for _ in 0..<10_000 {
      check(Int64.random(in: .min ... .max) >> Int64.random(in: 0...63))
      check(UInt64.random(in: .min ... .max))
    }
  }
}
