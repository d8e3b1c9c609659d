import CPrimitives

/// A block that grows to what is asked for, and whose content lasts until then.
package struct ScratchBlock {
  private var base: UnsafeMutablePointer<UInt8>?
  private var capacity = 0

  package init() {}

  package mutating func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if let base, capacity >= count { return base }
    free()
    capacity = max(count, 64)
    let block = Allocation.allocate(capacity).assumingMemoryBound(to: UInt8.self)
    base = block
    return block
  }

  /// A copy of bytes, which may lie anywhere but in the block.
  package mutating func copy(of bytes: ByteView) -> ByteView {
    let target = room(bytes.count)
    apus_copy(target, bytes.base, bytes.count)
    return ByteView(target, count: bytes.count)
  }

  mutating func text(of number: Int64) -> ByteView {
    let target = room(IntegerText.maximumCount)
    return ByteView(target, count: IntegerText.write(number, to: target))
  }

  package func free() {
    if let base { Allocation.free(base, capacity) }
  }
}
