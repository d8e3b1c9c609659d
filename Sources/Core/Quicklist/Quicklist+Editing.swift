import CPrimitives

/// Changing a quicklist.
extension Quicklist {
  // MARK: Ends

  /// REQUIRES: the element's bytes do not lie in this list.
  @inline(__always)
  package func push(_ element: ListpackElement, _ side: QuicklistSide, _ limits: QuicklistLimits) {
    let byteCount = Listpack.byteCount(of: element)
    let end = side == .head ? head : tail
    var node: QuicklistNode
    if let end, limits.admits(byteCount, in: end) {
      node = end
    } else {
      node = addNode(roomFor: byteCount, side)
    }
    let pack = node.listpack
    let offset = side == .head ? pack.start : pack.end
    node = put(element, byteCount, at: offset, in: node)
    count &+= 1
  }

  /// A new node at an end. The one that was there gives back the room that it kept for more.
  @inline(never)
  private func addNode(roomFor byteCount: Int, _ side: QuicklistSide) -> QuicklistNode {
    let node = QuicklistNode.make(roomFor: byteCount, at: side)
    // The only node still is the other end.
    if nodeCount > 1, let full = side == .head ? head : tail { adopt(full.fitted(), for: full) }
    link(node, at: side)
    return node
  }

  private func link(_ node: QuicklistNode, at side: QuicklistSide) {
    switch side {
    case .head: link(node, after: nil)
    case .tail: link(node, after: tail)
    }
  }

  /// Puts a node behind `previous`, or at the head.
  func link(_ node: QuicklistNode, after previous: QuicklistNode?) {
    let next = previous == nil ? head : previous?.next
    node.previous = previous
    node.next = next
    previous?.next = node
    next?.previous = node
    if previous == nil { head = node }
    if next == nil { tail = node }
    nodeCount &+= 1
  }

  func unlink(_ node: QuicklistNode) {
    let (previous, next) = (node.previous, node.next)
    previous?.next = next
    next?.previous = previous
    if previous == nil { head = next }
    if next == nil { tail = previous }
    nodeCount &-= 1
    node.free()
  }

  /// Notes that a node has moved.
  @inline(__always)
  private func adopt(_ node: QuicklistNode, for old: QuicklistNode) {
    if node == old { return }
    if node.previous == nil { head = node }
    if node.next == nil { tail = node }
  }

  /// Writes a new element into a node and returns the node. Does not count it for the list.
  @inline(__always)
  private func put(
    _ element: ListpackElement, _ byteCount: Int, at offset: Int, in node: QuicklistNode
  ) -> QuicklistNode {
    let moved = node.replaceBytes(
      at: offset, 0, by: byteCount, countChange: 1)
    adopt(moved, for: node)
    ListpackEntry.write(element, to: moved.listpack.base + offset)
    return moved
  }

  /// Appends a copy of a listpack that `Listpack.isValid` accepts, as a node. REQUIRES: not empty.
  package func append(listpack bytes: ByteView) {
    let node = QuicklistNode.make(copying: bytes)
    link(node, after: tail)
    count &+= node.count
  }

  // MARK: Anywhere

  /// Puts an element before that at `position`. REQUIRES: as `push`.
  package func insert(
    _ element: ListpackElement, before position: Position, _ limits: QuicklistLimits
  ) {
    insert(element, in: position.node, at: position.offset, limits)
  }

  /// Puts an element behind that at `position`. REQUIRES: as `push`.
  package func insert(
    _ element: ListpackElement, after position: Position, _ limits: QuicklistLimits
  ) {
    insert(element, in: position.node, at: position.node.listpack.next(position.offset), limits)
  }

  private func insert(
    _ element: ListpackElement, in node: QuicklistNode, at offset: Int, _ limits: QuicklistLimits
  ) {
    let byteCount = Listpack.byteCount(of: element)
    count &+= 1
    if limits.admits(byteCount, in: node) {
      _ = put(element, byteCount, at: offset, in: node)
      return
    }
    // At a node's edge the neighbour may have room; else the element gets a node of its own.
    let pack = node.listpack
    if offset == pack.start, let neighbour = node.previous,
      limits.admits(byteCount, in: neighbour)
    {
      _ = put(element, byteCount, at: neighbour.listpack.end, in: neighbour)
    } else if offset == pack.end, let neighbour = node.next,
      limits.admits(byteCount, in: neighbour)
    {
      _ = put(element, byteCount, at: neighbour.listpack.start, in: neighbour)
    } else {
      insertBetween(element, byteCount, in: node, at: offset, limits)
    }
  }

  private func insertBetween(
    _ element: ListpackElement, _ byteCount: Int, in node: QuicklistNode, at offset: Int,
    _ limits: QuicklistLimits
  ) {
    let pack = node.listpack
    let previous: QuicklistNode?
    if offset == pack.start {
      previous = node.previous
    } else {
      previous = offset == pack.end ? node : split(node, at: offset)
    }
    if let previous, limits.admits(byteCount, in: previous) {
      _ = put(element, byteCount, at: previous.listpack.end, in: previous)
      return
    }
    let new = QuicklistNode.make(roomFor: byteCount, at: .tail)
    link(new, after: previous)
    _ = put(element, byteCount, at: new.listpack.end, in: new)
  }

  /// Moves the elements from `offset` on into a node of their own, and returns the one before.
  /// REQUIRES: both have elements.
  private func split(_ node: QuicklistNode, at offset: Int) -> QuicklistNode {
    let pack = node.listpack
    var moved = 0
    var place = offset
    while place < pack.end {
      place = pack.next(place)
      moved &+= 1
    }
    let byteCount = pack.end &- offset
    var new = QuicklistNode.make(roomFor: byteCount, at: .tail)
    new = new.replaceBytes(
      at: new.listpack.end, 0, by: byteCount, countChange: moved)
    (new.listpack.base + Listpack.headerByteCount).update(
      from: pack.base + offset, count: byteCount)
    var rest = node.replaceBytes(
      at: offset, byteCount, by: 0, countChange: -moved)
    link(new, after: rest)
    adopt(new.fitted(), for: new)
    let fitted = rest.fitted()
    adopt(fitted, for: rest)
    rest = fitted
    return rest
  }

  /// Puts another element in the place of that at `position`. REQUIRES: as `push`.
  package func replace(
    at position: Position, with element: ListpackElement, _ limits: QuicklistLimits
  ) {
    let node = position.node
    let old = ListpackEntry.byteCount(at: UnsafePointer(node.listpack.base + position.offset))
    let new = Listpack.byteCount(of: element)
    let grown = QuicklistNode.headerByteCount &+ node.listpack.byteCount &- old &+ new
    if new > old, grown > limits.byteCount, node.count > 1 {
      // Too long for the node: an insertion finds a place for it.
      guard let behind = remove(at: position) else { return push(element, .tail, limits) }
      return insert(element, before: behind, limits)
    }
    let moved = node.replaceBytes(
      at: position.offset, old, by: new, countChange: 0)
    adopt(moved, for: node)
    ListpackEntry.write(element, to: moved.listpack.base + position.offset)
  }

  /// Removes the first `number` elements from `position` on. Returns the position of the element
  /// behind them, if there is one.
  @discardableResult
  package func remove(at position: Position, count number: Int = 1) -> Position? {
    var left = number
    var place: Position? = position
    while left > 0, let current = place {
      let (removed, following) = removeInNode(at: current, atMost: left)
      left &-= removed
      place = following
    }
    return place
  }

  /// Removes elements of one node. Returns how many, and the position behind them.
  @inline(__always)
  private func removeInNode(at position: Position, atMost limit: Int) -> (Int, Position?) {
    let node = position.node
    let pack = node.listpack
    if position.offset == pack.start, node.count <= limit { return removeNode(node) }
    var removed = 0
    var end = position.offset
    while removed < limit && end < pack.end {
      end = pack.next(end)
      removed &+= 1
    }
    count &-= removed
    let isAtEnd = end == pack.end
    let rest = node.replaceBytes(
      at: position.offset, end &- position.offset, by: 0, countChange: -removed)
    let settled = shrunk(rest)
    if !isAtEnd { return (removed, Position(node: settled, offset: position.offset)) }
    return (
      removed, settled.next.map { Position(node: $0, offset: $0.listpack.start) }
    )
  }

  /// Removes all elements of a node, without looking at them.
  private func removeNode(_ node: QuicklistNode) -> (Int, Position?) {
    let (removed, next) = (node.count, node.next)
    count &-= removed
    unlink(node)
    return (removed, next.map { Position(node: $0, offset: $0.listpack.start) })
  }

  /// Gives memory back when a node has become a quarter of its block.
  @inline(__always)
  private func shrunk(_ node: QuicklistNode) -> QuicklistNode {
    if node.listpack.byteCount > node.capacity / 4 || node.capacity < 1024 { return node }
    let fitted = node.fitted()
    adopt(fitted, for: node)
    return fitted
  }
}
