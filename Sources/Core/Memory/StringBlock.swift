import CPrimitives

/// A long string in a block of its own.
///
///     | count 8 | capacity 8 | bytes ... |
///
/// A large argument is read from the socket straight into such a block, and SET makes the block the
/// value: the bytes are copied once, by the kernel. The header travels with the bytes, so a payload
/// of eight bytes in an entry is enough to own it.
///
/// Ownership: exactly one owner, who calls `free`. Invariant: count <= capacity.
package struct StringBlock {
  package private(set) var base: UnsafeMutableRawPointer

  package static let headerByteCount = 16

  /// A block that was stored as a number.
  package init(payload: UInt64) {
    base = UnsafeMutableRawPointer(bitPattern: UInt(payload)).unsafelyUnwrapped
  }

  package var payload: UInt64 { UInt64(UInt(bitPattern: base)) }

  /// An empty block with room for `capacity` bytes.
  package init(capacity: Int) {
    base = Allocation.allocate(Self.headerByteCount + capacity)
    base.storeBytes(of: 0, as: Int.self)
    base.storeBytes(of: capacity, toByteOffset: 8, as: Int.self)
  }

  /// An empty block with room for `capacity` bytes, which are zero.
  package init(zeroedCapacity capacity: Int) {
    base = Allocation.allocateZeroed(Self.headerByteCount + capacity)
    base.storeBytes(of: capacity, toByteOffset: 8, as: Int.self)
  }

  package init(copying bytes: ByteView) {
    self.init(capacity: bytes.count)
    self.bytes.update(from: bytes.base, count: bytes.count)
    count = bytes.count
  }

  package var count: Int {
    get { base.load(as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Int.self) }
  }

  package var capacity: Int { base.load(fromByteOffset: 8, as: Int.self) }

  package var bytes: UnsafeMutablePointer<UInt8> {
    (base + Self.headerByteCount).assumingMemoryBound(to: UInt8.self)
  }

  package var view: ByteView { ByteView(bytes, count: count) }

  package var allocatedByteCount: Int {
    Allocation.sizeClass(Self.headerByteCount + capacity)
  }

  /// Changes the room for bytes. INVALIDATES views of the block.
  package mutating func resize(to newCapacity: Int) {
    base = Allocation.reallocate(
      base, from: Self.headerByteCount + capacity, to: Self.headerByteCount + newCapacity)
    base.storeBytes(of: newCapacity, toByteOffset: 8, as: Int.self)
  }

  package func free() { Allocation.free(base, Self.headerByteCount + capacity) }
}
