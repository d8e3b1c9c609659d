import Testing

@testable import Core

@Suite struct InlineRequestTests {
  @Test(arguments: [
    ("PING\n", [["PING"]]), ("PING\r\n", [["PING"]]), ("PING\r\r\n", [["PING"]]),
    ("\r\nPING\r\n", [["PING"]]), ("   \r\n \t PING  a \n", [["PING", "a"]]),
    ("PING\rPING\n", [["PING", "PING"]]), ("PING \u{b} x\n", [["PING", "x"]]),
    // Only blank, tab, CR and LF end a word that has begun.
    ("PING\u{b}x\u{c}y\n", [["PING\u{b}x\u{c}y"]]), ("a\nb\n", [["a"], ["b"]]), ("PING", []),
    ("PING \"a b\"\r\n", [["QUOTED", "PING \"a b\"\r"]]), ("'\n", [["QUOTED", "'"]]),
  ] as [(String, [[String]])])
  func words(_ sample: (String, [[String]])) {
    #expect(ParsedRequests(sample.0) == ParsedRequests(requests: sample.1))
  }

  /// Redis finds no line end behind a zero byte.
  @Test(arguments: ["PING\0x\r\n", "\0PING\r\n", "PING a\0b\r\nPING\r\n"])
  func zeroByteKeepsALineFromEnding(_ text: String) {
    #expect(ParsedRequests(text) == ParsedRequests())
    let filled = text + String(repeating: "x", count: RequestParser.inlineByteCountMax)
    #expect(ParsedRequests(filled).failure == nil)
    let endless = "\0" + String(repeating: "x", count: RequestParser.inlineByteCountMax)
    #expect(ParsedRequests(endless).failure == .bigInlineRequest)
  }

  @Test func boundsTheLine() {
    let line = String(repeating: "x", count: RequestParser.inlineByteCountMax)
    #expect(ParsedRequests(line) == ParsedRequests())
    #expect(ParsedRequests(line + "\n").requests == [[line]])
    #expect(ParsedRequests(line + "x").failure == .bigInlineRequest)
    #expect(ParsedRequests(line + "x\n").failure == .bigInlineRequest)
  }
}
