import Testing

@testable import LoadGenerator

@Suite struct ReplyScannerTests {
  private func scan(_ text: String) -> ReplyScanner.Outcome { scan(Array(text.utf8)) }

  private func scan(_ bytes: [UInt8]) -> ReplyScanner.Outcome {
    bytes.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return .incomplete }
      return ReplyScanner.scan(base, base + buffer.count)
    }
  }

  private static let replies: [(String, ReplyKinds)] = [
    ("+OK\r\n", .status), ("-ERR no\r\n", .error), (":-12\r\n", .integer), ("$0\r\n\r\n", .bulk),
    ("$5\r\na\r\nbc\r\n", .bulk), ("=7\r\ntxt:abc\r\n", .bulk), ("!5\r\nERR x\r\n", .error),
    ("*0\r\n", .array), ("*2\r\n$1\r\na\r\n*1\r\n:1\r\n", .array),
    ("*3\r\n$-1\r\n*-1\r\n_\r\n", .array), ("%1\r\n+k\r\n,1.5\r\n", .array),
    ("~2\r\n#t\r\n(123\r\n", .array), (">2\r\n+pubsub\r\n+x\r\n", .array),
    ("|1\r\n+ttl\r\n:5\r\n$1\r\na\r\n", .bulk), (",inf\r\n", .scalar),
    (",-1.5e10\r\n", .scalar), ("(-123\r\n", .scalar), ("#f\r\n", .scalar),
  ]

  @Test(arguments: replies)
  func aReplyEndsWhereItEnds(text: String, kind: ReplyKinds) {
    let count = text.utf8.count
    #expect(scan(text) == .reply(byteCount: count, kind: kind, isNull: false))
    #expect(scan(text + "+next\r\n") == .reply(byteCount: count, kind: kind, isNull: false))
  }

  @Test(arguments: replies)
  func aReplyCutAnywhereIsIncomplete(text: String, kind: ReplyKinds) {
    let bytes = Array(text.utf8)
    for count in 0..<bytes.count { #expect(scan(Array(bytes.prefix(count))) == .incomplete) }
  }

  @Test(arguments: ["*2\r\n+OK\r\n-ERR a\r\n", "*1\r\n*1\r\n!3\r\nERR\r\n"])
  func anArrayThatHoldsAnErrorIsOne(text: String) {
    #expect(scan(text) == .reply(byteCount: text.utf8.count, kind: .error, isNull: false))
  }

  @Test(arguments: ["$-1\r\n", "_\r\n", "*-1\r\n"])
  func nullsAreSeen(text: String) {
    guard case .reply(text.utf8.count, _, isNull: true) = scan(text) else {
      Issue.record("\(scan(text))")
      return
    }
  }

  @Test(arguments: [
    "HTTP/1.1 400\r\n", "\r\n", "$x\r\n", "$-2\r\n", "$3\r\nabcd\r\n", "$3x\r\n", "*\r\n",
    "*-2\r\n", ":nonsense\r\n", ":\r\n", "|0\r\n|0\r\n+OK\r\n", "$99999999999999999999\r\n",
    "$536870913\r\n", "+OK\n", ":1\n", "_zzz\r\n", "#zzz\r\n", "#\r\n", ",zzz\r\n", ",\r\n",
    "(\r\n", "(1x\r\n", "*1\r\n+OK\n", "*1\r\nx",
    "+" + String(repeating: "a", count: 70_000),
  ])
  func whatIsNoReplyIsGarbage(text: String) {
    #expect(scan(text) == .garbage)
  }
}
