/// The arguments of the commands of one batch, back to back: a growing buffer of views.
///
/// Commands refer to their arguments by index, because growth moves the buffer.
/// Ownership: owns the buffer, not the bytes that the views point to.
package struct ArgumentList {
  package private(set) var base: UnsafeMutablePointer<ByteView>
  package private(set) var count = 0
  private var capacity: Int

  package init(capacity: Int = 256) {
    self.capacity = capacity
    base = Self.storage(capacity)
  }

  private static func storage(_ capacity: Int) -> UnsafeMutablePointer<ByteView> {
    Allocation.allocate(capacity * MemoryLayout<ByteView>.stride)
      .assumingMemoryBound(to: ByteView.self)
  }

  @inline(__always)
  package mutating func append(_ argument: ByteView) {
    if count == capacity { grow() }
    (base + count).initialize(to: argument)
    count += 1
  }

  @inline(never)
  private mutating func grow() {
    let stride = MemoryLayout<ByteView>.stride
    base = Allocation.reallocate(base, from: capacity * stride, to: 2 * capacity * stride)
      .assumingMemoryBound(to: ByteView.self)
    capacity *= 2
  }

  /// Drops all arguments from `count` on; gives memory back after an exceptionally long command.
  package mutating func truncate(to newCount: Int) {
    count = newCount
    if newCount == 0, capacity > 65536 {
      Allocation.free(base, capacity * MemoryLayout<ByteView>.stride)
      capacity = 256
      base = Self.storage(capacity)
    }
  }

  /// Moves the views that lie in `byteCount` bytes from `old` on to the same place behind `new`.
  package func rebase(
    from old: UnsafePointer<UInt8>, byteCount: Int, to new: UnsafePointer<UInt8>
  ) {
    for index in 0..<count {
      let view = base[index]
      let offset = view.base - old
      if offset >= 0, offset <= byteCount {
        base[index] = ByteView(new + offset, count: view.count)
      }
    }
  }

  package func destroy() { Allocation.free(base, capacity * MemoryLayout<ByteView>.stride) }
}
