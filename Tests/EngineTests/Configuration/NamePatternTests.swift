import Testing

@testable import Engine

@Suite("Configuration name patterns") struct NamePatternTests {
  @Test(arguments: [
    ("*", "port", true), ("p*t", "port", true), ("P?RT", "port", true), ("p?t", "port", false),
    ("[m-p]ort", "port", true), ("[^p]ort", "port", false), ("[p", "p", true), ("", "", true),
    ("*max*listpack*", "hash-max-listpack-value", true), ("*x", "port", false),
    ("\\*", "*", true), ("\\*", "a", false), ("port*", "port", true), ("port?", "port", false),
  ])
  func matches(pattern: String, name: String, expected: Bool) {
    #expect(NamePattern(Array(pattern.utf8)).matches(name) == expected)
  }

  /// The recursive matcher would not come back from this within the life of a test machine.
  @Test(.timeLimit(.minutes(1))) func manyStarsAreCheap() {
    let pattern = Array(String(repeating: "*a", count: 5000).utf8)
    #expect(!NamePattern(pattern).matches(String(repeating: "a", count: 4000) + "b"))
  }
}
