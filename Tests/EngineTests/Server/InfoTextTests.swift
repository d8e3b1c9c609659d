import Testing

@testable import Engine

@Suite struct InfoTextTests {
  @Test func fixedDecimals() {
    #expect(NumberText.fixed(1.005, 2) == "1.00")
    #expect(NumberText.fixed(0.049, 2) == "0.05")
    #expect(NumberText.fixed(-1.5, 2) == "-1.50")
    #expect(NumberText.fixed(-0.05, 2) == "-0.05")
    #expect(NumberText.fixed(12, 0) == "12")
    #expect(NumberText.fixed(.infinity, 2) == "0.00")
    #expect(NumberText.fixed(.nan, 2) == "0.00")
    #expect(NumberText.fixed(1e300, 6) == "0.000000")
  }

  @Test func bytesForPeople() {
    #expect(NumberText.bytes(0) == "0B")
    #expect(NumberText.bytes(1023) == "1023B")
    #expect(NumberText.bytes(1024) == "1.00K")
    #expect(NumberText.bytes(1536 * 1024) == "1.50M")
    #expect(NumberText.bytes(25_276_514_304) == "23.54G")
    #expect(NumberText.bytes(.max) == "8192.00P")
  }

  @Test func sectionsAreApart() {
    var text = InfoText()
    text.section("A")
    text.field("x", 1)
    text.section("B")
    #expect(String(decoding: text.bytes, as: UTF8.self) == "# A\r\nx:1\r\n\r\n# B\r\n")
  }
}
