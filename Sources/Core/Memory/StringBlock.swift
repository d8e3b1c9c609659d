import CPrimitives

/// A long string in a block of its own.
///
///     | count 8 | capacity 8 | other holders 8 | bytes ... |
///
/// A large argument is read from the socket straight into such a block, and SET makes the block the
/// value: the bytes are copied once, by the kernel. A reply holds the value's block until the
/// socket has taken its bytes, which again are copied once, by the kernel. The header travels with
/// the bytes, so a payload of eight bytes in an entry is enough to hold it.
///
/// Ownership: one holder at first; `hold` adds one, and each calls `free`, on any thread.
/// Invariants: count <= capacity; while several hold it nobody changes it.
package struct StringBlock {
  package private(set) var base: UnsafeMutableRawPointer

  package static let headerByteCount = 24

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
    base.storeBytes(of: 0, toByteOffset: 16, as: UInt64.self)
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

  private var otherHolders: UnsafeMutablePointer<UInt64> {
    (base + 16).assumingMemoryBound(to: UInt64.self)
  }

  /// Whether it has to be copied to be changed.
  package var isShared: Bool { apus_hold_is_shared(otherHolders) }

  /// One more holder. OWNERSHIP: who calls `free`, as the first one does.
  package func hold() { apus_hold_add(otherHolders) }

  /// Changes the room for bytes. REQUIRES: not shared. INVALIDATES views of the block.
  package mutating func resize(to newCapacity: Int) {
    base = Allocation.reallocate(
      base, from: Self.headerByteCount + capacity, to: Self.headerByteCount + newCapacity)
    base.storeBytes(of: newCapacity, toByteOffset: 8, as: Int.self)
  }

  /// Ends the caller's hold; the last one frees the memory.
  package func free() { free { Allocation.free($0, $1) } }

  /// As `free()`, by `free`, which takes a piece of memory and its size.
  @inline(__always)
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    let byteCount = Self.headerByteCount + capacity
    if apus_hold_drop(otherHolders) { free(base, byteCount) }
  }
}
