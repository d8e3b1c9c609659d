import CPrimitives

/// A small set of integers: sorted, in one block, as wide as the widest of them. Byte for byte the
/// intset of Redis, so that RDB and DUMP copy it.
///
///     | width 4 | count 4 | integer | integer | ... |      width: 2, 4 or 8 bytes for each integer
///
/// All numbers have the low byte first, and the integers rise. The set widens when an integer comes
/// that does not fit, and never narrows.
///
/// Invariants: integers rise strictly; the block's size class is that of `byteCount`.
///
/// Ownership: exactly one owner, who calls `free`. An edit INVALIDATES views of the block.
///
/// Complexity: O(log n) to find, O(n) to insert and remove, which move what lies behind;
/// `set-max-intset-entries` bounds n.
///
/// The alternative that lost: bytes behind a hash index, which every larger set has, take five
/// times the memory at this size.
package struct Intset {
  package private(set) var base: UnsafeMutableRawPointer

  package static let headerByteCount = 8

  /// The bytes of an integer of the set.
  package enum Width: UInt32 {
    case two = 2
    case four = 4
    case eight = 8

    /// The narrowest that holds `number`.
    @inline(__always)
    init(_ number: Int64) {
      if number == Int64(Int16(truncatingIfNeeded: number)) {
        self = .two
      } else if number == Int64(Int32(truncatingIfNeeded: number)) {
        self = .four
      } else {
        self = .eight
      }
    }

    var byteCount: Int { Int(rawValue) }
  }

  /// An empty one.
  package init() {
    base = Allocation.allocate(Self.headerByteCount)
    setHeader(.two, count: 0)
  }

  /// A copy of bytes that `isValid` accepts.
  package init(copying bytes: ByteView) {
    base = Allocation.allocate(bytes.count)
    base.copyMemory(from: bytes.base, byteCount: bytes.count)
  }

  /// One that was stored as a number.
  package init(payload: UInt64) {
    base = UnsafeMutableRawPointer(bitPattern: UInt(payload)).unsafelyUnwrapped
  }

  /// One that lies where `bytes` do, at any address, only to be read. REQUIRES: `isValid`.
  package init(borrowing bytes: ByteView) {
    base = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bytes.base))
  }

  package var payload: UInt64 { UInt64(UInt(bitPattern: base)) }

  package func free() { free { Allocation.free($0, $1) } }

  /// As `free()`, by `free`, which takes a block and its size.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) { free(base, byteCount) }

  package var allocatedByteCount: Int { Allocation.sizeClass(byteCount) }

  /// All bytes, as they stand in a file.
  package var view: ByteView {
    ByteView(base.assumingMemoryBound(to: UInt8.self), count: byteCount)
  }

  // MARK: Header

  @inline(__always)
  package var width: Width {
    // Nothing but these three has been let in.
    Width(rawValue: base.loadUnaligned(as: UInt32.self)) ?? .eight
  }

  @inline(__always)
  package var count: Int { Int(base.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) }

  @inline(__always)
  private func setHeader(_ width: Width, count: Int) {
    base.storeBytes(of: width.rawValue, as: UInt32.self)
    base.storeBytes(of: UInt32(truncatingIfNeeded: count), toByteOffset: 4, as: UInt32.self)
  }

  @inline(__always)
  package var byteCount: Int { Self.byteCount(width, count) }

  @inline(__always)
  private static func byteCount(_ width: Width, _ count: Int) -> Int {
    headerByteCount &+ count &* width.byteCount
  }

  // MARK: Integers

  /// The integer of rank `index`, the least having rank 0. REQUIRES: 0 <= index < count.
  @inline(__always)
  package subscript(index: Int) -> Int64 {
    assert(index >= 0 && index < count)
    return load(index, width)
  }

  @inline(__always)
  private func load(_ index: Int, _ width: Width) -> Int64 {
    let offset = Self.headerByteCount &+ index &* width.byteCount
    switch width {
    case .two: return Int64(base.loadUnaligned(fromByteOffset: offset, as: Int16.self))
    case .four: return Int64(base.loadUnaligned(fromByteOffset: offset, as: Int32.self))
    case .eight: return base.loadUnaligned(fromByteOffset: offset, as: Int64.self)
    }
  }

  @inline(__always)
  private func store(_ number: Int64, _ index: Int, _ width: Width) {
    let offset = Self.headerByteCount &+ index &* width.byteCount
    switch width {
    case .two:
      base.storeBytes(of: Int16(truncatingIfNeeded: number), toByteOffset: offset, as: Int16.self)
    case .four:
      base.storeBytes(of: Int32(truncatingIfNeeded: number), toByteOffset: offset, as: Int32.self)
    case .eight: base.storeBytes(of: number, toByteOffset: offset, as: Int64.self)
    }
  }

  /// How many integers are less than `number`.
  @inline(__always)
  package func rank(of number: Int64) -> Int {
    let width = width
    var low = 0
    var high = count
    // Most sets are filled in order.
    if high > 0, load(high &- 1, width) < number { return high }
    while low < high {
      let middle = (low &+ high) &>> 1
      if load(middle, width) < number { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  @inline(__always)
  package func contains(_ number: Int64) -> Bool {
    let rank = rank(of: number)
    return rank < count && load(rank, width) == number
  }

  // MARK: Editing

  /// Adds an integer. Returns false when it was there.
  @discardableResult
  package mutating func insert(_ number: Int64) -> Bool {
    let needed = Width(number)
    if needed.rawValue > width.rawValue {
      widen(to: needed, adding: number)
      return true
    }
    let width = width
    let count = count
    let rank = rank(of: number)
    if rank < count && load(rank, width) == number { return false }
    resize(width, from: count, to: count &+ 1)
    move(width, from: rank, to: rank &+ 1, count: count &- rank)
    store(number, rank, width)
    setHeader(width, count: count &+ 1)
    return true
  }

  /// Removes an integer. Returns false when it was not there.
  @discardableResult
  package mutating func remove(_ number: Int64) -> Bool {
    let width = width
    let count = count
    let rank = rank(of: number)
    guard rank < count, load(rank, width) == number else { return false }
    move(width, from: rank &+ 1, to: rank, count: count &- rank &- 1)
    resize(width, from: count, to: count &- 1)
    setHeader(width, count: count &- 1)
    return true
  }

  /// Makes all integers wider and adds one that did not fit, which is the least or the greatest.
  private mutating func widen(to wide: Width, adding number: Int64) {
    let narrow = width
    let count = count
    base = Allocation.reallocate(
      base, from: Self.byteCount(narrow, count), to: Self.byteCount(wide, count &+ 1))
    let shift = number < 0 ? 1 : 0
    // From behind, so that none is overwritten before it is read.
    var index = count
    while index > 0 {
      index &-= 1
      store(load(index, narrow), index &+ shift, wide)
    }
    store(number, number < 0 ? 0 : count, wide)
    setHeader(wide, count: count &+ 1)
  }

  @inline(__always)
  private mutating func resize(_ width: Width, from oldCount: Int, to newCount: Int) {
    let old = Self.byteCount(width, oldCount)
    let new = Self.byteCount(width, newCount)
    if Allocation.sizeClass(old) == Allocation.sizeClass(new) { return }
    base = Allocation.reallocate(base, from: old, to: new)
  }

  @inline(__always)
  private func move(_ width: Width, from source: Int, to target: Int, count: Int) {
    let bytes = base + Self.headerByteCount
    (bytes + target &* width.byteCount).copyMemory(
      from: bytes + source &* width.byteCount, byteCount: count &* width.byteCount)
  }
}

extension Intset {
  /// Whether bytes from a file or a peer are an intset: a known width, as many integers as the
  /// header says, at least one, all rising.
  package static func isValid(_ bytes: ByteView) -> Bool {
    guard bytes.count > headerByteCount,
      let width = Width(rawValue: apus_load_u32(bytes.base))
    else { return false }
    let count = Int(apus_load_u32(bytes.base + 4))
    guard count > 0, count == (bytes.count &- headerByteCount) / width.byteCount,
      byteCount(width, count) == bytes.count
    else { return false }
    let set = Intset(borrowing: bytes)
    for index in 1..<max(count, 1) where set.load(index &- 1, width) >= set.load(index, width) {
      return false
    }
    return true
  }
}
