import CPrimitives
import Core

/// What a client has sent and not finished: bytes of an incomplete request, or requests that wait
/// because the client is blocked, paused or over its share of the turn.
///
/// Most clients own none most of the time: whole requests are parsed where they were read, in the
/// turn's shared buffer, and only what is left over is copied here.
///
/// Ownership: owns its memory. INVALIDATES: `append` and `reserve` may move the bytes.
struct QueryBuffer {
  private(set) var base: UnsafeMutablePointer<UInt8>?
  var count = 0
  private(set) var capacity = 0

  var isEmpty: Bool { count == 0 }

  /// Room behind the bytes.
  var free: Int { capacity - count }

  /// Makes room for `additional` bytes behind the present ones, doubling so that growth is linear.
  mutating func reserve(_ additional: Int) {
    let needed = count + additional
    if needed <= capacity { return }
    let newCapacity = max(needed, 2 * capacity, 1024)
    if let old = base {
      base = Allocation.reallocate(old, from: capacity, to: newCapacity)
        .assumingMemoryBound(to: UInt8.self)
    } else {
      base = Allocation.allocate(newCapacity).assumingMemoryBound(to: UInt8.self)
    }
    capacity = newCapacity
  }

  mutating func append(_ bytes: ByteView) {
    if bytes.isEmpty { return }
    reserve(bytes.count)
    if let base { apus_copy(base + count, bytes.base, bytes.count) }
    count += bytes.count
  }

  /// Drops `dropped` bytes from the front.
  mutating func dropFirst(_ dropped: Int) {
    if dropped == count { return removeAll() }
    if let base, dropped > 0 {
      base.update(from: base + dropped, count: count - dropped)
      count -= dropped
    }
  }

  mutating func removeAll() {
    if let base { Allocation.free(base, capacity) }
    base = nil
    count = 0
    capacity = 0
  }
}
