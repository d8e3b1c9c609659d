import Testing

@testable import Core

@Suite struct ReplyWriterTests {
  typealias Sample = (
    write: @Sendable (ReplyWriter) -> Void, RESP2: String, RESP3: String, owed: Int
  )

  /// Every call, what it writes, and how it changes the number of values owed.
  static let samples: [Sample] = [
    ({ $0.ok() }, "+OK\r\n", "+OK\r\n", -1),
    ({ $0.simple("QUEUED") }, "+QUEUED\r\n", "+QUEUED\r\n", -1),
    ({ $0.simple(ByteView("a\r\nb")) }, "+a  b\r\n", "+a  b\r\n", -1),
    ({ $0.bulk(ByteView("a\r\nb")) }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n", -1),
    ({ $0.bulk("") }, "$0\r\n\r\n", "$0\r\n\r\n", -1),
    ({ $0.bulk([UInt8]()) }, "$0\r\n\r\n", "$0\r\n\r\n", -1),
    ({ $0.bulk(String("é")) }, "$2\r\né\r\n", "$2\r\né\r\n", -1),
    ({ $0.bulk(String("")) }, "$0\r\n\r\n", "$0\r\n\r\n", -1),
    ({ $0.bulk(decimal: -12) }, "$3\r\n-12\r\n", "$3\r\n-12\r\n", -1),
    (
      { $0.bulk(decimal: .min) }, "$20\r\n-9223372036854775808\r\n",
      "$20\r\n-9223372036854775808\r\n", -1
    ),
    ({ $0.verbatim("x\r\n") }, "$3\r\nx\r\n\r\n", "=7\r\ntxt:x\r\n\r\n", -1),
    ({ $0.verbatim("", format: "mkd") }, "$0\r\n\r\n", "=4\r\nmkd:\r\n", -1),
    ({ $0.integer(0) }, ":0\r\n", ":0\r\n", -1),
    ({ $0.integer(Int64.min) }, ":-9223372036854775808\r\n", ":-9223372036854775808\r\n", -1),
    ({ $0.boolean(true) }, ":1\r\n", "#t\r\n", -1),
    ({ $0.boolean(false) }, ":0\r\n", "#f\r\n", -1),
    ({ $0.null() }, "$-1\r\n", "_\r\n", -1),
    ({ $0.nullArray() }, "*-1\r\n", "_\r\n", -1),
    ({ $0.double(text: ByteView("1.5")) }, "$3\r\n1.5\r\n", ",1.5\r\n", -1),
    ({ $0.bigNumber(ByteView("123")) }, "$3\r\n123\r\n", "(123\r\n", -1),
    ({ $0.array(0) }, "*0\r\n", "*0\r\n", -1),
    ({ $0.array(3) }, "*3\r\n", "*3\r\n", 2),
    ({ $0.map(2) }, "*4\r\n", "%2\r\n", 3),
    ({ $0.set(2) }, "*2\r\n", "~2\r\n", 1),
    ({ $0.push(2) }, "*2\r\n", ">2\r\n", 1),
    ({ $0.error("ERR x\r\ny") }, "-ERR x  y\r\n", "-ERR x  y\r\n", -1),
    ({ $0.error(String("ERR \r")) }, "-ERR  \r\n", "-ERR  \r\n", -1),
    ({ $0.error(ByteView("\n")) }, "- \r\n", "- \r\n", -1),
  ]

  @Test(arguments: samples.indices) func writes(_ index: Int) {
    let sample = Self.samples[index]
    for version in [2, 3] as [UInt8] {
      let reply = TestReply()
      reply.buffer.pointee.protocolVersion = version
      sample.write(reply.writer)
      #expect(reply.text == (version == 3 ? sample.RESP3 : sample.RESP2))
      #expect(reply.buffer.pointee.valuesOwed == sample.owed)
      let isError = sample.RESP2.hasPrefix("-")
      #expect(reply.buffer.pointee.errorCount == (isError ? 1 : 0))
    }
  }

  @Test func anAttributeIsNoValue() {
    let reply = TestReply()
    reply.buffer.pointee.protocolVersion = 3
    reply.writer.attribute(1)
    #expect(reply.text == "|1\r\n" && reply.buffer.pointee.valuesOwed == 2)
  }

  @Test func everythingFitsAtTheEndOfABlock() {
    for sample in Self.samples {
      for free in 0...32 {
        let reply = TestReply()
        let filler = [UInt8](repeating: 46, count: ReplyChunk.standardCapacity - free)
        filler.withView { reply.buffer.pointee.append($0.base, $0.count) }
        sample.write(reply.writer)
        #expect(Array(reply.bytes.dropFirst(filler.count)) == Array(sample.RESP2.utf8))
      }
    }
  }
}
