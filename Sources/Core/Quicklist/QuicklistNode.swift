import CPrimitives

/// One block of a quicklist: a listpack, with room before and behind it.
///
///     | previous 8 | next 8 | capacity 4 | start 4 | room | listpack | room |
///                                                  ^ base + headerByteCount
///                                                         ^ ... + start
///
/// Room before the listpack is what makes a push to the head cost as little as one to the tail: the
/// six bytes of the listpack's header move, not its elements.
///
/// Invariants: start + the listpack's bytes <= capacity; the block's size class is that of its
/// header and `capacity`.
/// Ownership: owned by its quicklist. An edit INVALIDATES the node if the block moves.
package struct QuicklistNode: Equatable {
  let base: UnsafeMutableRawPointer

  static let headerByteCount = 24
  /// Blocks begin with so many bytes, where elements are short.
  private static let blockByteCountMin = 512

  /// A node around nothing, whose listpack the caller writes at `start`. The block is of the size
  /// class of `blockByteCount`.
  static func make(blockByteCount: Int, start: Int) -> QuicklistNode {
    let whole = Allocation.sizeClass(blockByteCount)
    let node = QuicklistNode(base: Allocation.allocate(whole))
    node.previous = nil
    node.next = nil
    node.capacity = whole &- headerByteCount
    node.start = start
    return node
  }

  /// A node with an empty listpack, and room for `byteCount` bytes more of entries.
  static func make(roomFor byteCount: Int, at side: QuicklistSide) -> QuicklistNode {
    let needed = headerByteCount &+ Listpack.emptyByteCount &+ byteCount
    let node = make(blockByteCount: max(needed, blockByteCountMin), start: 0)
    if side == .head { node.start = node.capacity &- Listpack.emptyByteCount }
    node.listpack.writeEmpty()
    return node
  }

  /// A node around a copy of a listpack's bytes.
  static func make(copying bytes: ByteView) -> QuicklistNode {
    let node = make(blockByteCount: headerByteCount &+ bytes.count, start: 0)
    node.room.update(from: bytes.base, count: bytes.count)
    return node
  }

  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    free(base, Self.headerByteCount &+ capacity)
  }

  func free() { free { Allocation.free($0, $1) } }

  var allocatedByteCount: Int { Self.headerByteCount &+ capacity }

  // MARK: Fields

  private static func linked(_ address: UInt) -> QuicklistNode? {
    UnsafeMutableRawPointer(bitPattern: address).map { QuicklistNode(base: $0) }
  }

  package internal(set) var previous: QuicklistNode? {
    @inline(__always) get { Self.linked(base.load(as: UInt.self)) }
    nonmutating set { base.storeBytes(of: UInt(bitPattern: newValue?.base), as: UInt.self) }
  }

  package internal(set) var next: QuicklistNode? {
    @inline(__always) get { Self.linked(base.load(fromByteOffset: 8, as: UInt.self)) }
    nonmutating set {
      base.storeBytes(of: UInt(bitPattern: newValue?.base), toByteOffset: 8, as: UInt.self)
    }
  }

  /// Bytes behind the header.
  var capacity: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 16, as: UInt32.self)) }
    nonmutating set {
      base.storeBytes(of: UInt32(truncatingIfNeeded: newValue), toByteOffset: 16, as: UInt32.self)
    }
  }

  /// Where in the room the listpack begins.
  var start: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 20, as: UInt32.self)) }
    nonmutating set {
      base.storeBytes(of: UInt32(truncatingIfNeeded: newValue), toByteOffset: 20, as: UInt32.self)
    }
  }

  var room: UnsafeMutablePointer<UInt8> {
    (base + Self.headerByteCount).assumingMemoryBound(to: UInt8.self)
  }

  /// The listpack, to be read; its edits would free what is not theirs.
  @inline(__always)
  package var listpack: Listpack {
    Listpack(payload: UInt64(UInt(bitPattern: base)) &+ UInt64(Self.headerByteCount &+ start))
  }

  /// Elements in the node.
  package var count: Int { listpack.count }

  // MARK: Editing

  /// Puts `newCount` bytes, which the caller fills in, in the place of `oldCount` bytes at
  /// `position` of the listpack, and counts `countChange` elements more. The shorter side moves.
  /// Returns the node, which moves when its block has no room; positions before the place stay.
  /// REQUIRES: the listpack stays below `Listpack.byteCountMax`.
  @inline(__always)
  func replaceBytes(
    at position: Int, _ oldCount: Int, by newCount: Int, countChange: Int
  ) -> QuicklistNode {
    let before = listpack.byteCount
    let change = newCount &- oldCount
    let behind = before &- position &- oldCount
    var node = self
    if change <= 0 {
      node.close(-change, at: position, oldCount, behind: behind)
    } else if !node.open(change, at: position, oldCount, behind: behind) {
      node = node.grown(change, at: position, oldCount, behind: behind)
    }
    let pack = node.listpack
    pack.setByteCount(before &+ change)
    pack.adjustCount(by: countChange)
    return node
  }

  @inline(__always)
  private func close(_ count: Int, at position: Int, _ oldCount: Int, behind: Int) {
    if count == 0 { return }
    let place = room + start
    if position < behind {
      (place + count).update(from: place, count: position)
      start &+= count
    } else {
      (place + position + oldCount - count).update(from: place + position + oldCount, count: behind)
    }
  }

  /// Whether there was room on one of the sides.
  @inline(__always)
  private func open(_ count: Int, at position: Int, _ oldCount: Int, behind: Int) -> Bool {
    let place = room + start
    let free = capacity &- start &- position &- oldCount &- behind
    if start >= count, position < behind || free < count {
      (place - count).update(from: place, count: position)
      start &-= count
      return true
    }
    guard free >= count else { return false }
    (place + position + oldCount + count).update(from: place + position + oldCount, count: behind)
    return true
  }

  /// A block of the next size class with the gap opened: nodes are small, and most lists are one
  /// node, so that what doubling would save in copies it would cost in memory. The new room goes to
  /// the side that is shorter: there the next edit is most likely. CONSUMES self, and mends the
  /// neighbours' links.
  @inline(never)
  private func grown(
    _ count: Int, at position: Int, _ oldCount: Int, behind: Int
  ) -> QuicklistNode {
    let needed = Self.headerByteCount &+ position &+ oldCount &+ count &+ behind
    let node = Self.make(blockByteCount: needed, start: 0)
    if position < behind { node.start = node.capacity &- (needed &- Self.headerByteCount) }
    let (from, to) = (room + start, node.room + node.start)
    to.update(from: from, count: position)
    let rest = position &+ oldCount
    (to + rest + count).update(from: from + rest, count: behind)
    replaceLinks(by: node)
    free()
    return node
  }

  /// A block just large enough. CONSUMES self if it moves, and mends the neighbours' links.
  func fitted() -> QuicklistNode {
    let count = listpack.byteCount
    let needed = Self.headerByteCount &+ count
    if Allocation.sizeClass(needed) == Allocation.sizeClass(allocatedByteCount) { return self }
    let node = Self.make(blockByteCount: needed, start: 0)
    node.room.update(from: room + start, count: count)
    replaceLinks(by: node)
    free()
    return node
  }

  private func replaceLinks(by node: QuicklistNode) {
    node.previous = previous
    node.next = next
    previous?.next = node
    next?.previous = node
  }
}

/// An end of a list.
package enum QuicklistSide {
  case head
  case tail
}
