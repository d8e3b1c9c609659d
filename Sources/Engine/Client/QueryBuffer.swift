import CPrimitives
import Core

/// What a client has sent and not finished: bytes of an incomplete request, or requests that wait
/// because the client is blocked, paused or over its share of the turn.
///
/// Most clients own none most of the time: whole requests are parsed where they were read, in the
/// turn's shared buffer, and only what is left over is copied here.
///
///     | dropped | count bytes | free |
///     ^ memory  ^ base               ^ capacity
///
/// A long backlog is worked off a few requests a turn, so what is dropped from its front only moves
/// the front; the bytes move when there is no room behind them. Both ends cost constant time.
///
/// Ownership: owns its memory. INVALIDATES: `append` and `reserve` may move the bytes.
struct QueryBuffer {
  private var memory: UnsafeMutablePointer<UInt8>?
  private var dropped = 0
  var count = 0
  private(set) var capacity = 0

  var isEmpty: Bool { count == 0 }

  var base: UnsafeMutablePointer<UInt8>? { memory.map { $0 + dropped } }

  /// Room behind the bytes.
  var free: Int { capacity - dropped - count }

  /// Makes room for `additional` bytes behind the present ones, doubling so that growth is linear.
  mutating func reserve(_ additional: Int) {
    if additional <= free { return }
    // At least half is free at the front: each byte that moves was paid for by one dropped.
    if let memory, dropped >= count, count + additional <= capacity {
      memory.update(from: memory + dropped, count: count)
    } else {
      moveToMemory(ofByteCount: max(count + additional, 2 * capacity, 1024))
    }
    dropped = 0
  }

  private mutating func moveToMemory(ofByteCount newCapacity: Int) {
    let new = Allocation.allocate(newCapacity).assumingMemoryBound(to: UInt8.self)
    if let memory {
      apus_copy(new, memory + dropped, count)
      Allocation.free(memory, capacity)
    }
    memory = new
    capacity = newCapacity
  }

  mutating func append(_ bytes: ByteView) {
    if bytes.isEmpty { return }
    reserve(bytes.count)
    if let base { apus_copy(base + count, bytes.base, bytes.count) }
    count += bytes.count
  }

  /// Drops `number` bytes from the front.
  mutating func dropFirst(_ number: Int) {
    if number == count { return removeAll() }
    dropped += number
    count -= number
  }

  mutating func removeAll() {
    if let memory { Allocation.free(memory, capacity) }
    memory = nil
    dropped = 0
    count = 0
    capacity = 0
  }
}
