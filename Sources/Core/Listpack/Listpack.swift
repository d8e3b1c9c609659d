import CPrimitives

/// Small strings and integers in one block, without a pointer between them: the form of small
/// lists, hashes, sets and sorted sets, and the leaves of large lists and streams. Byte for byte
/// the listpack of Redis, so that RDB and DUMP copy it.
///
///     | bytes 4 | elements 2 | entry | entry | ... | 0xFF |
///
/// Both numbers have the low byte first. 65535 elements mean "count them". Entries:
/// `ListpackEntry.swift`.
///
/// A position is the offset of an entry from the block's start. `start...end` are all of them,
/// `end` being that of the closing byte; a listpack is walked in both directions, because each
/// entry ends with its own length.
///
/// Invariants: the block's size class is that of `byteCount`, so that no capacity has to be kept:
/// an edit within the size class moves bytes, one beyond it also the block. `byteCount` is at most
/// `byteCountMax`; `hasRoom` tells beforehand.
///
/// Ownership: exactly one owner, who calls `free`. An edit INVALIDATES positions behind it, and all
/// views of the block.
///
/// Complexity: O(1) to append, next and previous; O(n) to find, count beyond 65534, insert and
/// delete elsewhere. What uses it bounds n (`*-max-listpack-*`).
///
/// The alternative that lost: a table of offsets before the entries. It makes `seek` O(1) and costs
/// two bytes for each element, and no file of Redis could be copied.
package struct Listpack {
  package private(set) var base: UnsafeMutablePointer<UInt8>

  package static let headerByteCount = 6
  package static let emptyByteCount = headerByteCount + 1
  /// Redis refuses to let one grow beyond this.
  package static let byteCountMax = 1 << 30
  /// What the header says when there are as many elements or more.
  private static let uncounted = 65535

  /// An empty one.
  package init() {
    base = Allocation.allocate(Self.emptyByteCount).assumingMemoryBound(to: UInt8.self)
    writeEmpty()
  }

  /// Makes the bytes at `base` an empty listpack.
  func writeEmpty() {
    setByteCount(Self.emptyByteCount)
    setHeaderCount(0)
    base[Self.headerByteCount] = ListpackEntry.end
  }

  /// A copy of bytes that `isValid` accepts.
  package init(copying bytes: ByteView) {
    base = Allocation.allocate(bytes.count).assumingMemoryBound(to: UInt8.self)
    base.update(from: bytes.base, count: bytes.count)
  }

  /// One that was stored as a number.
  package init(payload: UInt64) {
    base = UnsafeMutablePointer(bitPattern: UInt(payload)).unsafelyUnwrapped
  }

  /// One that lies where `bytes` do, only to be read. REQUIRES: `isValid`; nobody asks for `count`,
  /// which may write what it finds: `validatedCount` has told.
  package init(borrowing bytes: ByteView) { base = UnsafeMutablePointer(mutating: bytes.base) }

  package var payload: UInt64 { UInt64(UInt(bitPattern: base)) }

  package func free() { free { Allocation.free($0, $1) } }

  /// As `free()`, by `free`, which takes a block and its size.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) { free(base, byteCount) }

  package var allocatedByteCount: Int { Allocation.sizeClass(byteCount) }

  /// All bytes, as they stand in a file.
  package var view: ByteView { ByteView(base, count: byteCount) }

  // MARK: Header

  @inline(__always)
  package var byteCount: Int { Int(apus_load_u32(base)) }

  @inline(__always)
  func setByteCount(_ count: Int) {
    UnsafeMutableRawPointer(base).storeBytes(of: UInt32(truncatingIfNeeded: count), as: UInt32.self)
  }

  @inline(__always)
  private var headerCount: Int { Int(base[4]) | Int(base[5]) &<< 8 }

  @inline(__always)
  private func setHeaderCount(_ count: Int) {
    base[4] = UInt8(truncatingIfNeeded: count)
    base[5] = UInt8(truncatingIfNeeded: count &>> 8)
  }

  /// How many elements there are.
  package var count: Int {
    let known = headerCount
    return known == Self.uncounted ? countByWalking() : known
  }

  @inline(never)
  private func countByWalking() -> Int {
    var count = 0
    var position = start
    while position < end {
      position = next(position)
      count &+= 1
    }
    if count < Self.uncounted { setHeaderCount(count) }
    return count
  }

  /// Notes that so many elements came or went. What is unknown stays so until it is asked for.
  @inline(__always)
  func adjustCount(by change: Int) {
    let known = headerCount
    if known != Self.uncounted { setHeaderCount(min(known &+ change, Self.uncounted)) }
  }

  // MARK: Positions

  @inline(__always)
  package var start: Int { Self.headerByteCount }

  @inline(__always)
  package var end: Int { byteCount &- 1 }

  package var isEmpty: Bool { byteCount == Self.emptyByteCount }

  /// The position after that of an element.
  @inline(__always)
  package func next(_ position: Int) -> Int {
    assert(position >= start && position < end)
    return position &+ ListpackEntry.byteCount(at: UnsafePointer(base + position))
  }

  /// The position before. REQUIRES: there is one (`position > start`).
  @inline(__always)
  package func previous(_ position: Int) -> Int {
    assert(position > start && position <= end)
    let place = UnsafePointer(base + position)
    // A listpack whose trailing length is damaged has not been let in.
    let body = ListpackEntry.trailer(before: place, start: UnsafePointer(base)).unsafelyUnwrapped
    return position &- body &- ListpackEntry.trailerByteCount(body)
  }

  /// The position of an element by its number, from the tail when negative (-1 is the last); nil
  /// when there are not so many.
  package func seek(_ index: Int) -> Int? {
    let known = headerCount
    guard known != Self.uncounted else {
      return index >= 0 ? seekForward(index) : seekBackward(index)
    }
    let number = index >= 0 ? index : known &+ index
    guard number >= 0, number < known else { return nil }
    return number < known / 2 ? seekForward(number) : seekBackward(number &- known)
  }

  private func seekForward(_ index: Int) -> Int? {
    var position = start
    var left = index
    while position < end {
      if left == 0 { return position }
      position = next(position)
      left &-= 1
    }
    return nil
  }

  private func seekBackward(_ index: Int) -> Int? {
    var position = end
    var left = index
    while position > start {
      position = previous(position)
      left &+= 1
      if left == 0 { return position }
    }
    return nil
  }

  // MARK: Elements

  @inline(__always)
  package func element(at position: Int) -> ListpackElement {
    assert(position >= start && position < end)
    return ListpackEntry.element(at: UnsafePointer(base + position))
  }

  /// Whether the element at a position reads as `bytes`, whose integer, if they are one, is
  /// `integer`. A file may hold an integer as text, which is compared as text.
  @inline(__always)
  private func holds(_ bytes: ByteView, _ integer: Int64?, at position: Int) -> Bool {
    switch element(at: position) {
    case .integer(let found): found == integer
    case .bytes(let found): found == bytes
    }
  }

  package func holds(_ bytes: ByteView, at position: Int) -> Bool {
    holds(bytes, Self.integer(bytes), at: position)
  }

  @inline(__always)
  private static func integer(_ bytes: ByteView) -> Int64? {
    bytes.count <= IntegerText.maximumCount ? bytes.parseInteger() : nil
  }

  /// The first position at or after `position` whose element reads as `bytes`, looking at one
  /// element and leaving out the `skip` after it; nil when there is none. With keys and values in
  /// turn, `skip` 1 looks at the keys only.
  @inline(__always)
  package func find(_ bytes: ByteView, from position: Int, skip: Int = 0) -> Int? {
    let integer = Self.integer(bytes)
    guard integer == nil, bytes.count <= ListpackEntry.shortStringCountMax, skip <= 1 else {
      return findWalking(bytes, integer, from: position, skip: skip)
    }
    let end = end
    let found = apus_listpack_find_text(base, position, end, bytes.base, bytes.count, skip == 1)
    return found < end ? found : nil
  }

  /// As `find`, for whatever is sought.
  @inline(never)
  private func findWalking(
    _ bytes: ByteView, _ integer: Int64?, from position: Int, skip: Int
  ) -> Int? {
    var position = position
    while position < end {
      if holds(bytes, integer, at: position) { return position }
      position = next(position)
      var left = skip
      while left > 0 && position < end {
        position = next(position)
        left &-= 1
      }
    }
    return nil
  }

  // MARK: Editing

  /// Whether so many bytes of entries may be added.
  package func hasRoom(for byteCount: Int) -> Bool {
    self.byteCount &+ byteCount <= Self.byteCountMax
  }

  /// Bytes that an element takes.
  package static func byteCount(of element: ListpackElement) -> Int {
    ListpackEntry.byteCount(element)
  }

  @inline(__always)
  package mutating func append(_ element: ListpackElement) { insert(element, at: end) }

  /// Puts an element before the one at `position`, where it is afterwards. REQUIRES: `hasRoom`; the
  /// element's bytes do not lie in this listpack.
  package mutating func insert(_ element: ListpackElement, at position: Int) {
    let count = ListpackEntry.byteCount(element)
    replaceBytes(at: position, 0, by: count)
    ListpackEntry.write(element, to: base + position)
    adjustCount(by: 1)
  }

  /// Puts another element in the place of the one at `position`. REQUIRES: as `insert`.
  package mutating func replace(at position: Int, with element: ListpackElement) {
    let old = ListpackEntry.byteCount(at: UnsafePointer(base + position))
    let new = ListpackEntry.byteCount(element)
    replaceBytes(at: position, old, by: new)
    ListpackEntry.write(element, to: base + position)
  }

  /// Removes the element at `position`, and those after it up to `count`. Returns how many there
  /// were; afterwards `position` is that of the element behind them, or `end`.
  @discardableResult
  package mutating func remove(at position: Int, count: Int = 1) -> Int {
    var removed = 0
    var after = position
    while removed < count && after < end {
      after = next(after)
      removed &+= 1
    }
    replaceBytes(at: position, after &- position, by: 0)
    adjustCount(by: -removed)
    return removed
  }

  /// Makes room for `newCount` bytes in the place of `oldCount` bytes at `position`.
  @inline(__always)
  private mutating func replaceBytes(at position: Int, _ oldCount: Int, by newCount: Int) {
    let change = newCount &- oldCount
    if change == 0 { return }
    let before = byteCount
    assert(change < 0 || hasRoom(for: change))
    if change > 0 { resize(from: before, to: before &+ change) }
    let rest = before &- position &- oldCount
    (base + position + newCount).update(from: base + position + oldCount, count: rest)
    if change < 0 { resize(from: before, to: before &+ change) }
    setByteCount(before &+ change)
  }

  /// INVALIDATES: all pointers into the block.
  @inline(__always)
  private mutating func resize(from oldCount: Int, to newCount: Int) {
    if Allocation.sizeClass(oldCount) == Allocation.sizeClass(newCount) { return }
    base = Allocation.reallocate(base, from: oldCount, to: newCount)
      .assumingMemoryBound(to: UInt8.self)
  }
}

extension Listpack {
  /// Whether bytes from a file or a peer are a listpack: every entry lies inside, its two lengths
  /// agree, the header says how many there are, and nothing follows.
  package static func isValid(_ bytes: ByteView) -> Bool { validatedCount(bytes) != nil }

  /// How many elements there are in bytes of which `isValid` is true; nil for all others.
  package static func validatedCount(_ bytes: ByteView) -> Int? {
    guard bytes.count >= emptyByteCount, bytes.count <= byteCountMax,
      Int(apus_load_u32(bytes.base)) == bytes.count,
      bytes[bytes.count &- 1] == ListpackEntry.end
    else { return nil }
    let end = bytes.count &- 1
    var position = headerByteCount
    var count = 0
    while position < end {
      guard let size = ListpackEntry.validatedByteCount(bytes.slice(position, end)) else {
        return nil
      }
      position &+= size
      count &+= 1
    }
    let known = Int(bytes[4]) | Int(bytes[5]) &<< 8
    return known == uncounted || known == count ? count : nil
  }
}
