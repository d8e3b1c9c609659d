import Testing

@testable import LoadGenerator

@Suite struct ExpectationTests {
  @Test(arguments: [
    ("ok", true), ("$64", false), ("+OK", false), ("+OK\\r\\n", true), ("$1\\r\\na\\r\\n", true),
    ("$-1\\r\\n", false),
  ])
  func aWholeReplyIsKnownAsSuch(text: String, isWhole: Bool) throws {
    #expect(try Expectation(text: text).isWhole == isWhole)
  }

  @Test func errorsAreNeverExpectedUnlessSaid() throws {
    for text in ["ok", "int", "bulk", "array", "any"] {
      #expect(try !Expectation(text: text).kinds.contains(.error))
    }
    for name in ["SET", "GET", "INCR", "PING", "FOO"] {
      #expect(!Expectation(command: [name]).kinds.contains(.error))
    }
    #expect(try Expectation(text: "-ERR").kinds.contains(.error))
  }

  @Test(arguments: [
    ("SET k v", true), ("set k v EX 10", true), ("SET k v NX", false), ("SET k v GET", false),
    ("SET k v IFEQ x", false), ("SET GET NX", true), ("MSET k v", true), ("SETEX k 1 v", true),
  ])
  func setsAreAnsweredOK(text: String, isAlwaysOK: Bool) {
    let expectation = Expectation(command: text.split(separator: " ").map(String.init))
    #expect(expectation.isWhole == isAlwaysOK)
  }

  @Test(arguments: ["", "okay", "64"])
  func unknownWordsAreRefused(text: String) {
    #expect(throws: LoadError.self) { try Expectation(text: text) }
  }
}
