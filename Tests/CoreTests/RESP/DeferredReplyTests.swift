import Testing

@testable import Core

@Suite struct DeferredReplyTests {
  /// What a body writes, and what is owed afterwards.
  private func written(
    protocolVersion: UInt8 = 2, before: Int = 0, _ body: (ReplyWriter) -> Void
  ) -> (text: [UInt8], owed: Int) {
    let pool = UnsafeMutablePointer<ReplyChunkPool>.allocate(capacity: 1)
    pool.initialize(to: ReplyChunkPool())
    let buffer = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)
    buffer.initialize(to: ReplyBuffer(pool: pool))
    buffer.pointee.protocolVersion = protocolVersion
    for _ in 0..<before { ReplyWriter(buffer).ok() }
    buffer.pointee.valuesOwed = 1
    body(ReplyWriter(buffer))
    buffer.pointee.settle()
    let owed = buffer.pointee.valuesOwed
    let byteCount = buffer.pointee.byteCount
    var text: [UInt8] = []
    while let chunk = buffer.pointee.first {
      text += UnsafeBufferPointer(start: chunk.bytes, count: chunk.pointee.count)
      buffer.pointee.didSend(chunk.pointee.count - chunk.pointee.sent)
    }
    #expect(text.count == byteCount)
    return (Array(text.dropFirst(5 * before)), owed)
  }

  /// Counts of fewer digits than announced close the gap, also when the reply fills many blocks
  /// and wherever in a block it begins.
  @Test(arguments: [0, 1, 9, 10, 99, 1000, 30_000], [0, 1, 3250, 3260, 3265, 3270])
  func headerOfASet(count: Int, before: Int) {
    for (countMax, version) in [(count, 2), (count, 3), (30_000, 2), (Int.max, 3)] as [(Int, UInt8)]
    {
      let (text, owed) = written(protocolVersion: version, before: before) { reply in
        let header = reply.deferredSet(atMost: countMax)
        for number in 0..<count { reply.bulk(decimal: Int64(number)) }
        reply.finish(header, count)
      }
      let (expected, _) = written(protocolVersion: version) { reply in
        reply.set(count)
        for number in 0..<count { reply.bulk(decimal: Int64(number)) }
      }
      #expect(text == expected && owed == 0)
    }
  }

  /// As SSCAN does it: a number before an array, both known at the end.
  @Test(arguments: [0, 3, 5000], [0, 7, 12345, UInt64.max])
  func numberBeforeAnArray(count: Int, number: UInt64) {
    let (text, owed) = written { reply in
      reply.array(2)
      let place = reply.deferredDecimal()
      let header = reply.deferredArray(atMost: 10_000)
      for _ in 0..<count { reply.bulk("x") }
      reply.finish(header, count)
      reply.finish(place, decimal: number)
    }
    let digits = String(number)
    let expected =
      "*2\r\n$\(digits.count)\r\n\(digits)\r\n*\(count)\r\n"
      + String(repeating: "$1\r\nx\r\n", count: count)
    #expect(String(decoding: text, as: UTF8.self) == expected && owed == 0)
  }
}
