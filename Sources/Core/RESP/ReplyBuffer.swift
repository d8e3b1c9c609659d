import CPrimitives

/// The replies of one connection that its socket has not taken yet: a chain of blocks.
///
/// Writing is a bounds check and a store at `cursor`; a new block is taken only when the current
/// one is full, so a reply can span blocks and is never moved. `rewind(to:)` drops everything
/// written since a mark: CLIENT REPLY OFF and a handler whose counts do not add up use it.
///
/// Invariants: `cursor` and `limit` lie in `last`, or all four pointers are nil; bytes before
/// `first.sent` are gone. `valuesOwed` is how many RESP values must still follow for the frame
/// under way to be whole: a command starts at 1 and ends at 0, or its reply is replaced.
/// Ownership: owns its blocks, which go back to `pool`.
package struct ReplyBuffer {
  package var cursor: UnsafeMutablePointer<UInt8>?
  package var limit: UnsafeMutablePointer<UInt8>?
  package var first: UnsafeMutablePointer<ReplyChunk>?
  package var last: UnsafeMutablePointer<ReplyChunk>?
  package let pool: UnsafeMutablePointer<ReplyChunkPool>
  /// Values still missing from the frame being written.
  package var valuesOwed = 0
  /// Error replies written, ever: the dispatcher compares before and after.
  package var errorCount = 0
  /// 2 or 3.
  package var protocolVersion: UInt8 = 2
  /// Bytes in the blocks before `last`, unsent ones only.
  package var filledByteCount = 0

  package init(pool: UnsafeMutablePointer<ReplyChunkPool>) { self.pool = pool }

  package struct Mark {
    let chunk: UnsafeMutablePointer<ReplyChunk>?
    let cursor: UnsafeMutablePointer<UInt8>?
    let filledByteCount: Int
  }

  package var mark: Mark { Mark(chunk: last, cursor: cursor, filledByteCount: filledByteCount) }

  /// Whether there is nothing to send.
  @inline(__always)
  package var isEmpty: Bool { first == nil }

  /// Unsent bytes.
  package var byteCount: Int {
    guard let last, let cursor else { return 0 }
    return filledByteCount + (cursor - last.bytes) - (first == last ? last.pointee.sent : 0)
  }

  /// Memory held, in bytes.
  package var allocatedByteCount: Int {
    var total = 0
    var chunk = first
    while let current = chunk {
      total += current.pointee.capacity + ReplyChunk.headerByteCount
      chunk = current.pointee.next
    }
    return total
  }

  /// Makes room for `count` bytes in one piece and returns where to write them; who does then moves
  /// `cursor` behind them.
  @inline(__always)
  mutating func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if let cursor, let limit, limit - cursor >= count { return cursor }
    return reserveInNewChunk(count)
  }

  @inline(never)
  private mutating func reserveInNewChunk(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    link(pool.pointee.take(count))
  }

  /// Appends the bytes of `block` without copying them.
  mutating func borrow(from block: StringBlock) {
    cursor = link(pool.pointee.borrow(from: block)) + block.count
  }

  /// Makes a block the last one and returns where its bytes lie.
  private mutating func link(
    _ chunk: UnsafeMutablePointer<ReplyChunk>
  ) -> UnsafeMutablePointer<UInt8> {
    settle()
    if let last {
      filledByteCount += last.pointee.count - last.pointee.sent
      last.pointee.next = chunk
    } else {
      first = chunk
    }
    last = chunk
    cursor = chunk.bytes
    limit = chunk.bytes + chunk.pointee.capacity
    return chunk.bytes
  }

  /// Appends bytes, in one piece: many of them get a block of their own size.
  mutating func append(_ source: UnsafePointer<UInt8>, _ count: Int) {
    let target = reserve(count)
    apus_copy(target, source, count)
    cursor = target + count
  }

  /// Brings the last block's `count` up to date, before the chain is read.
  package mutating func settle() {
    if let last, let cursor { last.pointee.count = cursor - last.bytes }
  }

  /// The code of the error line that was written first since `mark`; nil if that was none.
  /// A line is written in one piece and ends in CR LF, so the search for its end is bounded.
  package func errorCode(since mark: Mark) -> ByteView? {
    var start = first.map { UnsafePointer($0.bytes) }
    if let chunk = mark.chunk, let marked = mark.cursor {
      let isFull = chunk != last && marked == chunk.bytes + chunk.pointee.count
      start = isFull ? chunk.pointee.next.map { UnsafePointer($0.bytes) } : UnsafePointer(marked)
    }
    guard let start, first != nil, start.pointee == UInt8(ascii: "-") else { return nil }
    var count = 0
    while start[count + 1] != UInt8(ascii: " "), start[count + 1] != 13 { count += 1 }
    return ByteView(start + 1, count: count)
  }

  /// Drops what was written since `mark`.
  package mutating func rewind(to mark: Mark) {
    guard let chunk = mark.chunk, let markedCursor = mark.cursor else {
      removeAll()
      return
    }
    var extra = chunk.pointee.next
    while let current = extra {
      extra = current.pointee.next
      pool.pointee.give(current)
    }
    chunk.pointee.next = nil
    last = chunk
    cursor = markedCursor
    limit = chunk.bytes + chunk.pointee.capacity
    filledByteCount = mark.filledByteCount
  }

  /// Notes that the socket took `count` bytes from the front and gives back the empty blocks.
  /// More may have been written since the socket was given those bytes.
  /// REQUIRES: count <= byteCount.
  package mutating func didSend(_ count: Int) {
    settle()
    var left = count
    while let chunk = first {
      let unsent = chunk.pointee.count - chunk.pointee.sent
      if left < unsent {
        chunk.pointee.sent += left
        if chunk != last { filledByteCount -= left }
        return
      }
      left -= unsent
      if chunk == last {
        removeAll()
        return
      }
      filledByteCount -= unsent
      first = chunk.pointee.next
      pool.pointee.give(chunk)
    }
  }

  /// Gives every block back.
  package mutating func removeAll() {
    var chunk = first
    while let current = chunk {
      chunk = current.pointee.next
      pool.pointee.give(current)
    }
    first = nil
    last = nil
    cursor = nil
    limit = nil
    filledByteCount = 0
  }
}
