import Testing

@testable import Core

@Suite struct InlineArgumentsTests {
  private func split(_ line: String) -> [String]? {
    var bytes: [UInt8] = [1, 2]
    var ranges: [Range<Int>] = [0..<2]
    let whole = Array(line.utf8).withView {
      InlineArguments.split($0, into: &bytes, ranges: &ranges)
    }
    guard whole else {
      #expect(bytes == [1, 2])
      #expect(ranges == [0..<2])
      return nil
    }
    return ranges.dropFirst().map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  @Test(
    arguments: [
      ("", []), ("   \t\r\n", []), ("PING", ["PING"]), ("  SET a  b ", ["SET", "a", "b"]),
      (#""a b" c"#, ["a b", "c"]), (#"'a b' c"#, ["a b", "c"]), (#""""#, [""]),
      ("'' ''", ["", ""]),
      (#""\x41\x4a\x7E""#, ["AJ~"]), (#""\xg1\x4""#, ["xg1x4"]),
      (#""\n\r\t\b\a""#, ["\n\r\t\u{8}\u{7}"]),
      (#""\"\\\q""#, [#""\q"#]), (#"'\'\n\\ '"#, [#"'\n\\ "#]), (#"foo"bar""#, ["foobar"]),
      ("foo'bar' x", ["foobar", "x"]), ("a\u{0}b c", ["a"]), ("a\\nb", ["a\\nb"]),
      ("\u{b}a\u{b}b", ["a\u{b}b"]), ("\"a\"\tb", ["a", "b"]), ("\"é\"", ["é"]),
      (#"'"'"#, ["\""]), (#""'""#, ["'"]),
    ] as [(String, [String])])
  func splits(_ sample: (String, [String])) { #expect(split(sample.0) == sample.1) }

  @Test(arguments: [
    "\"", "'", "a \"b", "a 'b", #""a"b"#, "'a'b", #""a\"#, #""a\""#, #"'a\'"#, "\"a\u{0}\"",
    #""""""#,
    #"''''"#, "ok \"x\"\"y\"",
  ])
  func refusesUnbalancedQuotes(_ line: String) { #expect(split(line) == nil) }
}
