import Testing

@testable import Core

/// A buffer with a pool of its own, and a look at its bytes.
final class TestReply {
  let pool = UnsafeMutablePointer<ReplyChunkPool>.allocate(capacity: 1)
  let buffer = UnsafeMutablePointer<ReplyBuffer>.allocate(capacity: 1)

  init() {
    pool.initialize(to: ReplyChunkPool())
    buffer.initialize(to: ReplyBuffer(pool: pool))
  }

  deinit {
    buffer.pointee.removeAll()
    pool.pointee.drain()
    buffer.deallocate()
    pool.deallocate()
  }

  var writer: ReplyWriter { ReplyWriter(buffer) }

  var bytes: [UInt8] {
    buffer.pointee.settle()
    var bytes: [UInt8] = []
    var chunk = buffer.pointee.first
    while let current = chunk {
      let sent = current.pointee.sent
      bytes += UnsafeBufferPointer(
        start: current.bytes + sent, count: current.pointee.count - sent)
      chunk = current.pointee.next
    }
    return bytes
  }

  var text: String { String(decoding: bytes, as: UTF8.self) }
}

@Suite struct ReplyBufferTests {
  private struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state ^ (state >> 29)) &* 0x9e37_79b9_7f4a_7c15
    }
  }

  private static let sizes = [
    0, 1, 2, 100, 5000, ReplyChunk.standardCapacity - 1, ReplyChunk.standardCapacity,
    ReplyChunk.standardCapacity + 1, 40_000,
  ]

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func agreesWithAnArray(_ seed: UInt64) {
    var random = Seeded(state: seed)
    let reply = TestReply()
    var model: [UInt8] = []
    var mark: (ReplyBuffer.Mark, Int)?
    for step in 0..<200 {
      switch Int.random(in: 0..<9, using: &random) {
      case 0:
        mark = (reply.buffer.pointee.mark, model.count)
      case 1:
        if let (at, count) = mark {
          reply.buffer.pointee.rewind(to: at)
          model.removeLast(model.count - count)
        }
        mark = nil
      case 2, 3:
        let count = Int.random(in: 0...model.count, using: &random)
        reply.buffer.pointee.didSend(count)
        model.removeFirst(count)
        mark = nil
      case 4:
        reply.buffer.pointee.settle()
      case 5:
        model += lend(Int.random(in: 1...50_000, using: &random), step, reply)
      default:
        let size = Self.sizes.randomElement(using: &random) ?? 0
        let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &+ step) }
        piece.withView { reply.buffer.pointee.append($0.base, $0.count) }
        model += piece
      }
      check(reply, model)
    }
  }

  /// Lends a block to the reply, whose owner then lets it go. Returns its bytes.
  private func lend(_ count: Int, _ step: Int, _ reply: TestReply) -> [UInt8] {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 3 &+ step) }
    let block = bytes.withView { StringBlock(copying: $0) }
    reply.buffer.pointee.borrow(from: block)
    block.free()
    return bytes
  }

  private func check(_ reply: TestReply, _ model: [UInt8]) {
    let buffer = reply.buffer.pointee
    #expect(buffer.byteCount == model.count)
    #expect(reply.bytes == model)
    #expect((buffer.first == nil) == (buffer.last == nil))
    #expect((buffer.cursor == nil) == (buffer.last == nil))
    if !model.isEmpty { #expect(!buffer.isEmpty) }
    guard let last = buffer.last, let cursor = buffer.cursor, let limit = buffer.limit else {
      return
    }
    #expect(cursor >= last.bytes && cursor <= limit)
    #expect(limit == last.bytes + last.pointee.capacity && last.pointee.next == nil)
  }

  @Test func whatIsWrittenDuringASendStays() {
    let reply = TestReply()
    reply.writer.ok()
    reply.buffer.pointee.settle()
    reply.writer.integer(7)
    reply.buffer.pointee.didSend(5)
    #expect(reply.text == ":7\r\n")
  }
}
