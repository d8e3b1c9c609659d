import Testing

@testable import Core

@Suite struct IntegerParsingTests {
  private func signed(_ text: String) -> Int64? { Array(text.utf8).withView { $0.parseInteger() } }
  private func unsigned(_ text: String) -> UInt64? {
    Array(text.utf8).withView { $0.parseUnsigned() }
  }

  @Test func acceptsEveryLength() {
    var value: Int64 = 0
    for digit in [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8] as [Int64] {
      value = value * 10 + digit
      #expect(signed("\(value)") == value)
      #expect(signed("-\(value)") == -value)
      #expect(unsigned("\(value)") == UInt64(value))
    }
    #expect(signed("0") == 0)
    #expect(unsigned("0") == 0)
  }

  @Test func meetsTheBoundsExactly() {
    #expect(signed("9223372036854775807") == .max)
    #expect(signed("-9223372036854775808") == .min)
    #expect(signed("9223372036854775808") == nil)
    #expect(signed("-9223372036854775809") == nil)
    #expect(signed("18446744073709551615") == nil)
    #expect(unsigned("18446744073709551615") == .max)
    #expect(unsigned("18446744073709551616") == nil)
    #expect(unsigned("99999999999999999999") == nil)
    #expect(unsigned("100000000000000000000") == nil)
  }

  @Test(arguments: [
    "", "-", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1.0", "1e3", "--1", "0x10", "1-", "-+1",
    "12345678a", "1234567890123456x", "123456789012345678901234567890", "1\u{0}", "\u{0}", "1,0",
    "1234567:", "/1", "12:", "1234567890123456:", "٣",
  ])
  func refuses(_ text: String) {
    #expect(signed(text) == nil)
    #expect(unsigned(text) == nil)
  }

  @Test func unsignedRefusesASign() { #expect(unsigned("-1") == nil) }

  @Test func refusesAnyForeignByteAtAnyPlace() {
    for count in 1...20 {
      let digits = [UInt8](repeating: UInt8(ascii: "1"), count: count)
      for place in 0..<count {
        for byte in UInt8.min...UInt8.max where !(UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte) {
          var text = digits
          text[place] = byte
          let result = text.withView { $0.parseUnsigned() }
          #expect(result == nil, "byte \(byte) at \(place) of \(count)")
        }
      }
    }
  }

  @Test func readsBackRandomNumbers() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      let value = Int64(bitPattern: generator.next()) >> Int64.random(in: 0...63)
      #expect(signed("\(value)") == value)
      let positive = UInt64(generator.next()) >> UInt64.random(in: 0...63)
      #expect(unsigned("\(positive)") == positive)
    }
  }
}
