import Testing

@testable import Core

@Suite struct GlobPatternTests {
  private func matches(_ pattern: [UInt8], _ text: [UInt8], ignoringCase: Bool = false) -> Bool {
    pattern.withView { pattern in
      text.withView { GlobPattern(pattern, ignoringCase: ignoringCase).matches($0) }
    }
  }

  private func matches(_ pattern: String, _ text: String, ignoringCase: Bool = false) -> Bool {
    matches(Array(pattern.utf8), Array(text.utf8), ignoringCase: ignoringCase)
  }

  @Test(arguments: [
    ("h?llo", "hello"), ("h*llo", "hllo"), ("h*llo", "heeello"), ("h[ae]llo", "hallo"),
    ("h[^e]llo", "hbllo"), ("h[a-b]llo", "hbllo"), ("h[b-a]llo", "hallo"), ("*", "x"),
    ("**", "x"), ("a*", "a"), ("a***", "a"), ("*a*b*", "xxaxxbxx"), ("\\*", "*"), ("a\\", "a\\"),
    ("[\\]]", "]"), ("[^", "x"), ("[abc", "c"), ("[a-", "-"), ("[^]", "x"), ("", ""),
    ("[a-]", "]"), ("[a-]", "^"), ("\\a", "a"), ("*[0-9]", "key7"), ("*abc", "ababcabc"),
    ("[\\", "\\"), ("a*b?c*d", "aXXbYcZZd"),
  ])
  func accepts(_ sample: (String, String)) { #expect(matches(sample.0, sample.1)) }

  @Test(arguments: [
    ("h[^e]llo", "hello"), ("h?llo", "hllo"), ("", "a"), ("a", ""), ("*", ""), ("**", ""),
    ("[", "["), ("[]", "]"), ("[]a]", "a]"), ("a*b", "abc"), ("*a", "b"), ("\\?", "a"),
    ("abc", "ab"), ("ab", "abc"), ("A", "a"), ("?", ""), ("*?*?", "a"), ("[a-c]", "d"),
  ])
  func refuses(_ sample: (String, String)) { #expect(!matches(sample.0, sample.1)) }

  @Test func ignoresCaseWhereRedisDoes() {
    #expect(matches("HeL*[a-c]", "hElloB", ignoringCase: true))
    #expect(matches("[X]", "x", ignoringCase: true))
    #expect(matches("\\X", "x", ignoringCase: true))
    #expect(!matches("[\\X]", "x", ignoringCase: true))
    // The ends are put in order first and lowered then, which leaves nothing between them.
    #expect(!matches("[Z-a]", "b", ignoringCase: true))
  }

  @Test func comparesRangesAsSignedBytes() {
    #expect(matches([0x5b, 0x61, 0x2d, 0xff, 0x5d], [0x00]))
    #expect(!matches([0x5b, 0x61, 0x2d, 0xff, 0x5d], [0x62]))
    #expect(matches([0x5b, 0x80, 0x2d, 0xff, 0x5d], [0x90]))
  }

  @Test func agreesWithRecursion() {
    let alphabet = Array("ab*?[]^-\\B".utf8)
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<50_000 {
      let pattern = (0..<Int.random(in: 0...9)).map { _ in
        alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      let text = (0..<Int.random(in: 0...6)).map { _ in
        Array("abAB]-".utf8)[Int.random(in: 0..<6, using: &generator)]
      }
      for ignoringCase in [false, true] {
        let expected =
          text.isEmpty ? pattern.isEmpty : recursive(pattern[...], text[...], ignoringCase)
        let result = matches(pattern, text, ignoringCase: ignoringCase)
        let note = String(decoding: pattern + [0x20] + text, as: UTF8.self)
        #expect(result == expected, "\(note)")
      }
    }
  }

  /// The plain definition: a star tries every length. Tokens are matched by a pattern of one token.
  private func recursive(
    _ pattern: ArraySlice<UInt8>, _ text: ArraySlice<UInt8>, _ ignoringCase: Bool
  ) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    if first == UInt8(ascii: "*") {
      return (text.startIndex...text.endIndex).contains {
        recursive(pattern.dropFirst(), text[$0...], ignoringCase)
      }
    }
    guard let byte = text.first else { return false }
    let end = tokenEnd(pattern)
    return matches(Array(pattern[..<end]), [byte], ignoringCase: ignoringCase)
      && recursive(pattern[end...], text.dropFirst(), ignoringCase)
  }

  private func tokenEnd(_ pattern: ArraySlice<UInt8>) -> Int {
    var at = pattern.startIndex
    if pattern[at] == UInt8(ascii: "\\") { return min(at + 2, pattern.endIndex) }
    guard pattern[at] == UInt8(ascii: "[") else { return at + 1 }
    at += 1
    if at < pattern.endIndex, pattern[at] == UInt8(ascii: "^") { at += 1 }
    while at < pattern.endIndex, pattern[at] != UInt8(ascii: "]") {
      if pattern[at] == UInt8(ascii: "\\"), at + 1 < pattern.endIndex {
        at += 2
      } else if at + 2 < pattern.endIndex, pattern[at + 1] == UInt8(ascii: "-") {
        at += 3
      } else {
        at += 1
      }
    }
    return min(at + 1, pattern.endIndex)
  }

  @Test(.timeLimit(.minutes(1))) func doesNotBlowUp() {
    let stars = Array(String(repeating: "a*", count: 10_000).utf8) + [UInt8(ascii: "b")]
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 20_000)
    #expect(!matches(stars, text))
    #expect(matches([UInt8](repeating: UInt8(ascii: "*"), count: 1_000_000), text))
    #expect(!matches([UInt8](repeating: UInt8(ascii: "["), count: 1_000_000), text))
  }
}
