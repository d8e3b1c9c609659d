import Testing

@testable import Core

@Suite struct HexadecimalTests {
  @Test func everyByteComesBack() {
    for byte in UInt8.min...UInt8.max {
      let digits = Hexadecimal.digits(byte)
      #expect(digits.compactMap(\.hexadecimalValue) == [byte >> 4, byte & 15])
    }
    #expect(Hexadecimal.digits(0xa9) == Array("a9".utf8))
  }

  @Test func digitsAreTakenInEitherCaseAndNothingElse() {
    let digits = Array("0123456789abcdefABCDEF".utf8)
    for byte in UInt8.min...UInt8.max {
      #expect((byte.hexadecimalValue != nil) == digits.contains(byte))
    }
    #expect(UInt8(ascii: "F").hexadecimalValue == 15)
  }
}
