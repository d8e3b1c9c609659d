import Testing

@testable import Core

@Suite struct ProtocolErrorTests {
  @Test func textsAreThoseOfRedis() {
    let texts = (0...UInt8.max).compactMap { ProtocolError(rawValue: $0)?.text.description }
    #expect(
      texts == [
        "too big inline request", "unbalanced quotes in request", "too big mbulk count string",
        "invalid multibulk length", "unauthenticated multibulk length",
        "too big bulk count string", "expected '$', got '", "invalid bulk length",
        "unauthenticated bulk length",
      ])
  }
}
