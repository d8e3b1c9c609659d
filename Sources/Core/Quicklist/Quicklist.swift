import CPrimitives

/// A large list: a chain of listpacks, each a few kilobytes.
///
///     | head 8 | tail 8 | elements 8 | nodes 8 |        node: `QuicklistNode.swift`
///
/// Elements lie side by side, so that ranges are read without a pointer for each, and an edit in
/// the middle moves at most half of a node.
///
/// Invariants: no node is empty; head is nil exactly when the list is empty; `count` is the sum of
/// the nodes' counts. A node that stops being an end gives back the room that it kept for more.
///
/// Ownership: exactly one owner, who calls `free`. An edit INVALIDATES positions and views, but for
/// the position that it returns.
///
/// Complexity: O(1) at both ends; O(nodes) to find an index, from the nearer end; O(node) to insert
/// and remove elsewhere.
///
/// The alternatives that lost: listpacks with room at their tail only, as Redis has them, move all
/// bytes of the node at each push to the head; a tree of blocks finds an index in O(log n), but
/// costs both ends, where nearly all calls are, a walk.
package struct Quicklist {
  private let base: UnsafeMutableRawPointer

  static let headerByteCount = 32

  package init() {
    base = Allocation.allocateZeroed(Self.headerByteCount)
  }

  /// A list of its own with the same nodes.
  package init(copying other: Quicklist) {
    self.init()
    var node = other.head
    while let current = node {
      append(listpack: current.listpack.view)
      node = current.next
    }
  }

  /// One that was stored as a number.
  package init(payload: UInt64) {
    base = UnsafeMutableRawPointer(bitPattern: UInt(payload)).unsafelyUnwrapped
  }

  package var payload: UInt64 { UInt64(UInt(bitPattern: base)) }

  /// Frees the list by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    var node = head
    while let current = node {
      node = current.next
      current.free(free)
    }
    free(base, Self.headerByteCount)
  }

  package func free() { free { Allocation.free($0, $1) } }

  package var allocatedByteCount: Int {
    var total = Self.headerByteCount
    var node = head
    while let current = node {
      total &+= current.allocatedByteCount
      node = current.next
    }
    return total
  }

  // MARK: Fields

  package internal(set) var head: QuicklistNode? {
    @inline(__always) get {
      UnsafeMutableRawPointer(bitPattern: base.load(as: UInt.self)).map { QuicklistNode(base: $0) }
    }
    nonmutating set { base.storeBytes(of: UInt(bitPattern: newValue?.base), as: UInt.self) }
  }

  package internal(set) var tail: QuicklistNode? {
    @inline(__always) get {
      UnsafeMutableRawPointer(bitPattern: base.load(fromByteOffset: 8, as: UInt.self))
        .map { QuicklistNode(base: $0) }
    }
    nonmutating set {
      base.storeBytes(of: UInt(bitPattern: newValue?.base), toByteOffset: 8, as: UInt.self)
    }
  }

  /// Elements of the list.
  package internal(set) var count: Int {
    @inline(__always) get { base.load(fromByteOffset: 16, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 16, as: Int.self) }
  }

  package internal(set) var nodeCount: Int {
    get { base.load(fromByteOffset: 24, as: Int.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 24, as: Int.self) }
  }

  package var isEmpty: Bool { count == 0 }

  // MARK: Positions

  /// An element: its node, and where in the node's listpack it lies.
  package struct Position: Equatable {
    package var node: QuicklistNode
    package var offset: Int

    @inline(__always)
    package init(node: QuicklistNode, offset: Int) {
      self.node = node
      self.offset = offset
    }
  }

  package var first: Position? { head.map { Position(node: $0, offset: $0.listpack.start) } }

  package var last: Position? { tail.map { lastPosition($0) } }

  private func lastPosition(_ node: QuicklistNode) -> Position {
    let pack = node.listpack
    return Position(node: node, offset: pack.previous(pack.end))
  }

  @inline(__always)
  package func element(at position: Position) -> ListpackElement {
    position.node.listpack.element(at: position.offset)
  }

  @inline(__always)
  package func next(_ position: Position) -> Position? {
    let pack = position.node.listpack
    let offset = pack.next(position.offset)
    if offset < pack.end { return Position(node: position.node, offset: offset) }
    return position.node.next.map { Position(node: $0, offset: $0.listpack.start) }
  }

  @inline(__always)
  package func previous(_ position: Position) -> Position? {
    let pack = position.node.listpack
    if position.offset > pack.start {
      return Position(node: position.node, offset: pack.previous(position.offset))
    }
    return position.node.previous.map { lastPosition($0) }
  }

  /// The element with this number, from the tail when negative (-1 is the last).
  package func seek(_ index: Int) -> Position? {
    let number = index >= 0 ? index : count &+ index
    guard number >= 0, number < count else { return nil }
    return number < count / 2 ? seekFromHead(number) : seekFromTail(count &- number)
  }

  private func seekFromHead(_ index: Int) -> Position? {
    var left = index
    var node = head
    while let current = node {
      let count = current.count
      if left < count {
        return current.listpack.seek(left).map { Position(node: current, offset: $0) }
      }
      left &-= count
      node = current.next
    }
    return nil
  }

  /// `back` is 1 for the last one.
  private func seekFromTail(_ back: Int) -> Position? {
    var left = back
    var node = tail
    while let current = node {
      let count = current.count
      if left <= count {
        return current.listpack.seek(-left).map { Position(node: current, offset: $0) }
      }
      left &-= count
      node = current.previous
    }
    return nil
  }
}

/// How large the nodes of a quicklist become: `list-max-listpack-size`.
package struct QuicklistLimits {
  /// Bytes of a node's block.
  package let byteCount: Int
  /// Elements of a node.
  package let elementCount: Int

  /// Beyond this no node grows by short elements, whatever their number.
  private static let byteCountMax = 8192

  /// A positive number is one of elements; -1 to -5 are 4, 8, 16, 32 and 64 KiB.
  package init(setting: Int) {
    if setting >= 0 {
      byteCount = Self.byteCountMax
      elementCount = max(setting, 1)
    } else {
      byteCount = 4096 << min(-setting &- 1, 4)
      elementCount = .max
    }
  }

  /// Whether a list of so many bytes and elements is one that Redis keeps as a single listpack.
  package func admitListpack(byteCount: Int, elementCount: Int) -> Bool {
    byteCount <= self.byteCount && elementCount <= self.elementCount
  }

  /// Whether a list has become so much shorter than `admitListpack` says that Redis makes it a
  /// listpack again: half of the one bound that was set.
  package func readmitListpack(byteCount: Int, elementCount: Int) -> Bool {
    self.elementCount == .max
      ? byteCount <= self.byteCount / 2 : elementCount <= self.elementCount / 2
  }

  /// Whether a node may take an element of so many bytes.
  @inline(__always)
  func admits(_ byteCount: Int, in node: QuicklistNode) -> Bool {
    let pack = node.listpack
    return QuicklistNode.headerByteCount &+ pack.byteCount &+ byteCount <= self.byteCount
      && (elementCount == .max || pack.count < elementCount)
  }
}
