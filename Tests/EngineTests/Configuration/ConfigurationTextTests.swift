import Testing

@testable import Engine

@Suite("Configuration text") struct ConfigurationTextTests {
  private func words(_ line: String) -> [String]? {
    ConfigurationText.words(of: line.utf8)?.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func wordsAreSeparatedBySpace() {
    #expect(words("save 60  1000\t") == ["save", "60", "1000"])
    #expect(words("") == [])
  }

  @Test func doubleQuotesKnowEscapes() {
    #expect(words(#"a "b c" "\n\r\t\b\a\x41\"\\\q""#) == ["a", "b c", "\n\r\t\u{8}\u{7}A\"\\q"])
    #expect(words(#""\xZZ""#) == ["xZZ"])
  }

  @Test func singleQuotesKnowOnlyTheirOwnEscape() {
    #expect(words(#"'a\'b\n' ''"#) == [#"a'b\n"#, ""])
  }

  @Test(arguments: [#""abc"#, "'abc", #""a"b"#, "'a'b", #""abc\"#])
  func quotesMustEndTheWord(line: String) {
    #expect(words(line) == nil)
  }

  @Test func aQuoteInsideAWordBelongsToIt() {
    #expect(words(#"foo"bar baz""#) == ["foobar baz"])
  }

  @Test func everyByteSurvivesQuoting() {
    let bytes = [UInt8](0...255)
    #expect(ConfigurationText.words(of: ConfigurationText.quoted(bytes)) == [bytes])
  }
}
