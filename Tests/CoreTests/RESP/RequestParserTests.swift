import Testing

@testable import Core

@Suite struct RequestParserTests {
  private static let limit = RequestParser.inlineByteCountMax

  @Test func cutsAPipeline() {
    let parsed = ParsedRequests(
      "*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$12\r\nkey:00000001\r\n*0\r\n")
    #expect(parsed == ParsedRequests(requests: [["PING"], ["GET", "key:00000001"]]))
  }

  @Test(arguments: [
    ("*abc\r\n", ProtocolError.invalidMultibulkLength), ("*\r\n", .invalidMultibulkLength),
    ("*2147483648\r\n", .invalidMultibulkLength), ("*+1\r\n", .invalidMultibulkLength),
    ("*01\r\n", .invalidMultibulkLength), ("*-0\r\n", .invalidMultibulkLength),
    ("* 1\r\n", .invalidMultibulkLength), ("*9223372036854775808\r\n", .invalidMultibulkLength),
    ("*1\r\n$-1\r\n", .invalidBulkLength), ("*1\r\n$536870913\r\n", .invalidBulkLength),
    ("*1\r\n$\r\n", .invalidBulkLength), ("*1\r\n$04\r\n", .invalidBulkLength),
    ("*1\r\n$4\nPING\r\n", .invalidBulkLength),
    ("*1\r\n$99999999999999999999\r\n", .invalidBulkLength),
    ("*1\r\nXfoo\r\n", .expectedDollar), ("*1\r\n\r\n", .expectedDollar),
    ("*2\r\n$4\r\nPING\r\n*abc\r\n", .expectedDollar),
  ])
  func refuses(_ sample: (String, ProtocolError)) {
    #expect(ParsedRequests(sample.0).failure == sample.1)
  }

  @Test func tellsTheByteThatIsNoDollar() {
    #expect(ParsedRequests("*1\r\nXfoo\r\n").failureByte == UInt8(ascii: "X"))
    #expect(ParsedRequests(Array("*1\r\n".utf8) + [0xff, 13, 10]).failureByte == 0xff)
  }

  @Test(arguments: [
    "*2147483647\r\n", "*1\r\n$536870912\r\n", "*1\r\nXfoo", "*1\r", "*1\n$4\nPING\n",
    "*1\r\n\0\r\n", "*1\0\r\n", "*1\r\n$4\0\r\n", "*3\r\n$4\r\nPING\r\n", "*1\r\n$4\r\nPING\r",
  ])
  func waits(_ text: String) { #expect(ParsedRequests(text) == ParsedRequests()) }

  @Test(arguments: ["*-5\r\n", "*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n"])
  func takesNoArgumentsForNothing(_ text: String) {
    #expect(ParsedRequests(text + "PING\r\n").requests == [["PING"]])
  }

  /// Redis looks neither at the byte behind CR nor at the two behind a bulk string.
  @Test(arguments: ["*1\rX$4\r\nPING\r\n", "*1\r\n$4\rXPING\r\n", "*1\r\n$4\r\nPINGXX"])
  func looksNotAtEveryLineEnd(_ text: String) {
    #expect(ParsedRequests(text + "*1\r\n$1\r\na\r\n").requests == [["PING"], ["a"]])
  }

  @Test func boundsCountLines() {
    let digits = String(repeating: "1", count: Self.limit - 1)
    #expect(ParsedRequests("*" + digits).failure == nil)
    #expect(ParsedRequests("*1" + digits).failure == .bigMultibulkCount)
    #expect(ParsedRequests("*" + digits + "\r\n").failure == .invalidMultibulkLength)
    #expect(ParsedRequests("*1\r\n$" + digits).failure == nil)
    #expect(ParsedRequests("*1\r\n$1" + digits).failure == .bigBulkCount)
    #expect(ParsedRequests("*1\r\nx1" + digits + "\r\n").failure == .bigBulkCount)
  }

  @Test func boundsTheUnauthenticated() {
    var limits = RequestParser.Limits()
    limits.isAuthenticated = false
    func failure(_ text: String) -> ProtocolError? {
      ParsedRequests(text, limits: limits).failure
    }
    #expect(failure("*10\r\n") == nil)
    #expect(failure("*11\r\n") == .unauthenticatedMultibulkLength)
    #expect(failure("*2147483648\r\n") == .invalidMultibulkLength)
    #expect(failure("*1\r\n$16384\r\n") == nil)
    #expect(failure("*1\r\n$16385\r\n") == .unauthenticatedBulkLength)
    #expect(failure("*1\r\n$536870913\r\n") == .invalidBulkLength)
  }

  @Test func noLimitLetsLengthsOverflow() {
    var limits = RequestParser.Limits()
    limits.bulkByteCountMax = .max
    let text = "*1\r\n$9223372036854775807\r\nabc"
    #expect(ParsedRequests(text, limits: limits).failure == .invalidBulkLength)
  }

  static let mixture = Array(
    ("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*0\r\n\r\nPING a  b\r\n*1\r\n$10\r\nhello\r\nwor\r\n"
      + "*12\r\n" + String(repeating: "$1\r\nx\r\n", count: 12) + "PING \"q\"\n*-1\r\n*1\r\nX\r\n")
      .utf8)

  @Test func cutAtAnyTwoPlacesIsTheSame() {
    let whole = ParsedRequests(Self.mixture)
    #expect(whole.requests.count == 5 && whole.failure == .expectedDollar)
    for first in 0...Self.mixture.count {
      for second in first...Self.mixture.count {
        if ParsedRequests(Self.mixture, cuts: [first, second]) != whole {
          Issue.record("cut at \(first) and \(second)")
        }
      }
    }
    #expect(ParsedRequests(Self.mixture, cuts: Array(0..<Self.mixture.count)) == whole)
  }

  @Test func cutLongLinesAreTheSame() {
    for excess in -2...3 {
      for head in ["", "*", "*1\r\n$"] {
        let line = Array((head + String(repeating: "7", count: Self.limit + excess) + "\r\n").utf8)
        let whole = ParsedRequests(line)
        for cut in (line.count - 8)...line.count {
          #expect(ParsedRequests(line, cuts: [cut]) == whole, "\(head) \(excess) \(cut)")
        }
      }
    }
  }

  @Test func claimsReserveNothing() {
    var parser = RequestParser()
    var list = ArgumentList(capacity: 16)
    defer { list.destroy() }
    var position = 0
    Array("*2147483647\r\n".utf8).withView {
      _ = parser.parse($0, &position, limits: .init(), into: &list)
    }
    #expect(parser.argumentsMissing == 2_147_483_647 && list.count == 0)
  }
}
