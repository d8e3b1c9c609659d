import CPrimitives

/// Blocks of reply bytes, and the pool that lends them.
///
/// A connection holds a block only while it has bytes that the socket has not taken, so ten
/// thousand idle connections hold none. The pool is last in, first out: within a turn each
/// connection writes its replies into the block that the one before has just sent, which is still
/// in the cache. The alternative that lost is Redis' 16 KiB for each client.
///
///     | next 8 | capacity 8 | count 8 | sent 8 | start 8 | lender 8 | bytes ... |
///       own bytes:  start = behind the header, lender = 0
///       lent bytes: start = into the lender's, capacity = count, no bytes behind the header
///
/// A long value is lent instead of copied: its block is held until the socket has taken the bytes,
/// so that a value of 100 KiB costs its reader one copy, by the kernel, and a thousand slow readers
/// of it hold it once. Who changes the value meanwhile changes a copy.
///
/// Invariants: sent <= count <= capacity; `count` of the block being written is only up to date
/// after `ReplyBuffer.settle()`.
/// Ownership: a block belongs to the pool or to one `ReplyBuffer`; it holds its lender.
package struct ReplyChunk {
  package var next: UnsafeMutablePointer<ReplyChunk>?
  /// Bytes that fit behind the header.
  package let capacity: Int
  package var count: Int
  /// Bytes of `count` that the socket has taken.
  package var sent: Int
  package let start: UnsafeMutablePointer<UInt8>
  /// Payload of the `StringBlock` that lends the bytes; 0 for bytes of its own.
  fileprivate let lender: UInt64

  package static let headerByteCount = MemoryLayout<ReplyChunk>.size
  /// A standard block with its header fills one size class of the allocator.
  package static let standardCapacity = 16 * 1024 - headerByteCount
}

extension UnsafeMutablePointer where Pointee == ReplyChunk {
  @inline(__always)
  package var bytes: UnsafeMutablePointer<UInt8> { pointee.start }
}

package struct ReplyChunkPool {
  private var free: UnsafeMutablePointer<ReplyChunk>?
  private var freeCount = 0
  /// Blocks kept for reuse; more go back to the allocator.
  private static let freeCountMax = 64

  package init() {}

  /// A block with room for at least `capacity` bytes. OWNERSHIP: the caller gives it back.
  package mutating func take(_ capacity: Int) -> UnsafeMutablePointer<ReplyChunk> {
    if capacity <= ReplyChunk.standardCapacity, let chunk = free {
      free = chunk.pointee.next
      freeCount -= 1
      chunk.pointee.next = nil
      apus_unpoison(chunk.bytes, chunk.pointee.capacity)
      return chunk
    }
    let room = max(capacity, ReplyChunk.standardCapacity)
    let memory = Allocation.allocate(room + ReplyChunk.headerByteCount)
    let chunk = memory.assumingMemoryBound(to: ReplyChunk.self)
    let start = memory + ReplyChunk.headerByteCount
    chunk.initialize(
      to: ReplyChunk(
        next: nil, capacity: room, count: 0, sent: 0,
        start: start.assumingMemoryBound(to: UInt8.self), lender: 0))
    return chunk
  }

  /// A block whose bytes are `lender`'s. OWNERSHIP: as `take`; holds the lender.
  func borrow(from lender: StringBlock) -> UnsafeMutablePointer<ReplyChunk> {
    let chunk = Allocation.allocate(ReplyChunk.headerByteCount)
      .assumingMemoryBound(to: ReplyChunk.self)
    lender.hold()
    chunk.initialize(
      to: ReplyChunk(
        next: nil, capacity: lender.count, count: lender.count, sent: 0, start: lender.bytes,
        lender: lender.payload))
    return chunk
  }

  package mutating func give(_ chunk: UnsafeMutablePointer<ReplyChunk>) {
    if chunk.pointee.lender != 0 {
      StringBlock(payload: chunk.pointee.lender).free()
      Allocation.free(chunk, ReplyChunk.headerByteCount)
    } else if chunk.pointee.capacity == ReplyChunk.standardCapacity, freeCount < Self.freeCountMax {
      chunk.pointee.next = free
      chunk.pointee.count = 0
      chunk.pointee.sent = 0
      free = chunk
      freeCount += 1
      apus_poison(chunk.bytes, chunk.pointee.capacity)
    } else {
      Allocation.free(chunk, chunk.pointee.capacity + ReplyChunk.headerByteCount)
    }
  }

  /// Frees what the pool holds. Blocks that are lent stay with their borrowers.
  package mutating func drain() {
    while let chunk = free {
      free = chunk.pointee.next
      apus_unpoison(chunk.bytes, chunk.pointee.capacity)
      Allocation.free(chunk, chunk.pointee.capacity + ReplyChunk.headerByteCount)
    }
    freeCount = 0
  }
}
