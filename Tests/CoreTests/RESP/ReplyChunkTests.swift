import Testing

@testable import Core

@Suite struct ReplyChunkTests {
  @Test func poolLendsTheLastOneFirst() {
    var pool = ReplyChunkPool()
    let first = pool.take(10)
    let second = pool.take(ReplyChunk.standardCapacity)
    first.pointee.count = 9
    first.pointee.sent = 4
    pool.give(second)
    pool.give(first)
    let again = pool.take(1)
    #expect(again == first && again.pointee.count == 0 && again.pointee.sent == 0)
    #expect(again.pointee.next == nil)
    pool.give(again)
    pool.drain()
  }

  @Test func longBlocksAreNotKept() {
    var pool = ReplyChunkPool()
    let long = pool.take(ReplyChunk.standardCapacity + 1)
    #expect(long.pointee.capacity == ReplyChunk.standardCapacity + 1)
    pool.give(long)
    let standard = pool.take(1)
    #expect(standard.pointee.capacity == ReplyChunk.standardCapacity)
    pool.give(standard)
    pool.drain()
  }

  @Test func aBlockFillsOneSizeClass() {
    let whole = ReplyChunk.standardCapacity + ReplyChunk.headerByteCount
    #expect(Allocation.sizeClass(whole) == whole)
  }
}
