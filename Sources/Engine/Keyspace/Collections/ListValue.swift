import Core

/// A list as commands see it: elements in order, cheap at both ends, whatever stores them.
///
///     up to 1 KiB        one `Listpack`: no header, no room kept, a push to the head moves it all
///     beyond             a `Quicklist`, whose nodes have room at both ends
///
/// OBJECT ENCODING follows other bounds, those of `list-max-listpack-size`: by default a list
/// is "listpack" up to 8 KiB. A quicklist that Redis would keep as a listpack carries the flag
/// `isCompact`; it loses it when Redis would convert, which is before elements come that would be
/// too many, and has it again when one node is left that is at most half as large as allowed.
///
/// Invariants: no list is empty between commands; one in a listpack counts as compact.
/// Ownership: a handle; the key's entry owns the elements. Lifetime: that of the slot; `ByteView`s
/// of elements and positions end with the next change of the list.
///
/// The alternative that lost: listpacks up to the configured bound, as in Redis. A push to the head
/// then moves up to 8 KiB, which made LPUSH four times as slow as RPUSH.
struct ListValue {
  let database: Database
  let slot: Slot

  /// Bytes of a listpack beyond which the list becomes a quicklist.
  private static var listpackByteCountMax: Int { 1024 }
  /// The longest element: two of them do not fit a listpack, one does.
  static var elementByteCountMax: Int { Listpack.byteCountMax - 64 }

  @inline(__always)
  init(_ database: Database, _ slot: Slot) {
    self.database = database
    self.slot = slot
  }

  // MARK: Storage

  @inline(__always)
  private var entry: Entry { slot.entry }

  @inline(__always)
  private var isListpack: Bool { entry.encoding == .listpack }

  /// REQUIRES: `isListpack`.
  @inline(__always)
  private var listpack: Listpack {
    get { Listpack(payload: entry.payload) }
    nonmutating set { entry.payload = newValue.payload }
  }

  /// REQUIRES: not `isListpack`.
  @inline(__always)
  private var quicklist: Quicklist { Quicklist(payload: entry.payload) }

  @inline(__always)
  private var limits: QuicklistLimits { database.keyspace.pointee.collectionLimits.list }

  @inline(__always)
  var count: Int { isListpack ? listpack.count : quicklist.count }

  // MARK: Conversions

  private var isCompact: Bool { isListpack || entry.flags & Entry.Flags.isCompact != 0 }

  /// The size that one listpack of all elements has, for few nodes.
  private var listpackByteCount: Int {
    if isListpack { return listpack.byteCount }
    var total = Listpack.emptyByteCount
    var node = quicklist.head
    while let current = node {
      total &+= current.listpack.byteCount &- Listpack.emptyByteCount
      node = current.next
    }
    return total
  }

  /// To be called before so many elements are added or put in the place of others, with the bytes
  /// of their text.
  @inline(__always)
  func willGrow(byteCount: Int, elementCount: Int = 1) {
    if isCompact { leaveCompactness(byteCount, elementCount) }
  }

  private func leaveCompactness(_ byteCount: Int, _ elementCount: Int) {
    if limits.admitListpack(
      byteCount: listpackByteCount &+ byteCount, elementCount: count &+ elementCount)
    {
      return
    }
    if isListpack { makeQuicklist() }
    entry.flags &= ~Entry.Flags.isCompact
  }

  private func makeQuicklist() {
    let list = Quicklist()
    let pack = listpack
    if pack.count > 0 { list.append(listpack: pack.view) }
    pack.free()
    entry.setPayload(list.payload, .quicklist)
    entry.flags |= Entry.Flags.isCompact
  }

  /// To be called after elements were removed or replaced: gives the list its smaller form, or
  /// deletes the key of an empty one. Returns whether the key is gone.
  @inline(__always)
  @discardableResult
  func didShrink() -> Bool {
    if isListpack {
      if listpack.byteCount > Listpack.emptyByteCount { return false }
    } else {
      let list = quicklist
      if list.nodeCount > 1 { return false }
      if !list.isEmpty {
        becomeCompact()
        return false
      }
    }
    database.delete(slot, isLazy: false)
    return true
  }

  private func becomeCompact() {
    guard let node = quicklist.head else { return }
    let pack = node.listpack
    if limits.readmitListpack(byteCount: pack.byteCount, elementCount: node.count) {
      entry.flags |= Entry.Flags.isCompact
    }
    // Well below the bound, so that a list of about its size does not change at every call.
    guard isCompact, pack.byteCount <= Self.listpackByteCountMax / 4 else { return }
    let small = Listpack(copying: pack.view)
    quicklist.free()
    entry.setPayload(small.payload, .listpack)
    entry.flags &= ~Entry.Flags.isCompact
  }

  /// The form that a list of nodes takes which was read: what an entry has of it. CONSUMES `list`.
  static func settled(
    _ list: Quicklist, _ limits: QuicklistLimits
  ) -> (Encoding, payload: UInt64, flags: UInt8) {
    guard list.nodeCount == 1, let pack = list.head?.listpack,
      limits.admitListpack(byteCount: pack.byteCount, elementCount: list.count)
    else { return (.quicklist, list.payload, 0) }
    if pack.byteCount > listpackByteCountMax {
      return (.quicklist, list.payload, Entry.Flags.isCompact)
    }
    let small = Listpack(copying: pack.view)
    list.free()
    return (.listpack, small.payload, 0)
  }

  // MARK: Ends

  /// REQUIRES: `willGrow` was told of the element, whose bytes do not lie in this list.
  @inline(__always)
  func push(_ bytes: ByteView, _ side: QuicklistSide) { push(ListpackElement(bytes), side) }

  @inline(__always)
  func push(_ element: ListpackElement, _ side: QuicklistSide) {
    if !hasRoom(for: element) { makeQuicklist() }
    if isListpack {
      var pack = listpack
      pack.insert(element, at: side == .head ? pack.start : pack.end)
      listpack = pack
    } else {
      quicklist.push(element, side, limits)
    }
  }

  /// False for a listpack that must become a quicklist first.
  @inline(__always)
  private func hasRoom(for element: ListpackElement) -> Bool {
    !isListpack
      || listpack.byteCount &+ Listpack.byteCount(of: element) <= Self.listpackByteCountMax
  }

  /// The element at an end.
  @inline(__always)
  func end(_ side: QuicklistSide) -> ListpackElement? {
    (side == .head ? first : last).map { $0.element }
  }

  /// Removes elements from an end. REQUIRES: there are so many. `didShrink` is to follow.
  func removeEnds(_ number: Int, _ side: QuicklistSide) {
    let start = side == .head ? first : number == 1 ? last : seek(-number)
    if let start { remove(at: start, count: number) }
  }

  /// Pushes an element of another list.
  func receive(_ element: ListpackElement, _ side: QuicklistSide) {
    switch element {
    case .integer(let value): willGrow(byteCount: IntegerText.decimalDigitCount(value))
    case .bytes(let bytes): willGrow(byteCount: bytes.count)
    }
    push(element, side)
  }

  /// Moves the element at one end to the other. `didShrink` is to follow.
  func rotate(from side: QuicklistSide) {
    guard let element = end(side) else { return }
    let target: QuicklistSide = side == .head ? .tail : .head
    switch element {
    case .integer:
      removeEnds(1, side)
      receive(element, target)
    case .bytes(let bytes):
      // They go with the node.
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(bytes.count, 1)) { buffer in
        guard let base = buffer.baseAddress else { return }
        base.update(from: bytes.base, count: bytes.count)
        removeEnds(1, side)
        receive(.bytes(ByteView(base, count: bytes.count)), target)
      }
    }
  }

  // MARK: Positions

  /// An element's place.
  struct Position {
    let pack: Listpack
    let offset: Int
    /// The quicklist's node whose listpack it is; nil when the list is one listpack.
    let node: QuicklistNode?

    @inline(__always)
    var element: ListpackElement { pack.element(at: offset) }

    @inline(__always)
    fileprivate var inQuicklist: Quicklist.Position? {
      node.map { Quicklist.Position(node: $0, offset: offset) }
    }

    @inline(__always)
    fileprivate init(_ pack: Listpack, _ offset: Int, in node: QuicklistNode? = nil) {
      self.pack = pack
      self.offset = offset
      self.node = node
    }

    @inline(__always)
    fileprivate init(_ position: Quicklist.Position) {
      self.init(position.node.listpack, position.offset, in: position.node)
    }
  }

  @inline(__always)
  var first: Position? {
    if !isListpack { return quicklist.first.map { Position($0) } }
    let pack = listpack
    return pack.start < pack.end ? Position(pack, pack.start) : nil
  }

  @inline(__always)
  var last: Position? {
    if !isListpack { return quicklist.last.map { Position($0) } }
    let pack = listpack
    return pack.start < pack.end ? Position(pack, pack.previous(pack.end)) : nil
  }

  /// The element with this number, from the tail when negative (-1 is the last).
  func seek(_ index: Int) -> Position? {
    if !isListpack { return quicklist.seek(index).map { Position($0) } }
    let pack = listpack
    return pack.seek(index).map { Position(pack, $0) }
  }

  /// The next element on the way to an end.
  @inline(__always)
  func following(_ position: Position, _ side: QuicklistSide) -> Position? {
    if let inQuicklist = position.inQuicklist {
      let next = side == .tail ? quicklist.next(inQuicklist) : quicklist.previous(inQuicklist)
      return next.map { Position($0) }
    }
    let pack = position.pack
    if side == .head {
      return position.offset > pack.start ? Position(pack, pack.previous(position.offset)) : nil
    }
    let next = pack.next(position.offset)
    return next < pack.end ? Position(pack, next) : nil
  }

  /// Calls `body` with the elements from `start` on towards an end until it returns false.
  @inline(__always)
  func forEach(
    from start: Position?, _ side: QuicklistSide, _ body: (ListpackElement) -> Bool
  ) {
    var position = start
    while let current = position, body(current.element) { position = following(current, side) }
  }

  // MARK: Editing

  /// Puts an element before or behind that at `position`. REQUIRES: as `push`.
  func insert(_ bytes: ByteView, before isBefore: Bool, _ position: Position) {
    let element = ListpackElement(bytes)
    if !hasRoom(for: element) { makeQuicklist() }
    guard isListpack else {
      // What was a listpack is the first node, with the same offsets.
      guard let place = position.inQuicklist ?? quicklistPosition(position.offset) else { return }
      return isBefore
        ? quicklist.insert(element, before: place, limits)
        : quicklist.insert(element, after: place, limits)
    }
    var pack = listpack
    pack.insert(element, at: isBefore ? position.offset : pack.next(position.offset))
    listpack = pack
  }

  private func quicklistPosition(_ offset: Int) -> Quicklist.Position? {
    quicklist.head.map { Quicklist.Position(node: $0, offset: offset) }
  }

  /// Puts another element in the place of that at `position`. REQUIRES: as `push`. `didShrink` is
  /// to follow.
  func replace(at position: Position, with bytes: ByteView) {
    let element = ListpackElement(bytes)
    if !hasRoom(for: element) { makeQuicklist() }
    guard isListpack else {
      guard let place = position.inQuicklist ?? quicklistPosition(position.offset) else { return }
      return quicklist.replace(at: place, with: element, limits)
    }
    var pack = listpack
    pack.replace(at: position.offset, with: element)
    listpack = pack
  }

  /// Removes elements from `position` on towards the tail. Returns the place of the one behind
  /// them. `didShrink` is to follow.
  @discardableResult
  func remove(at position: Position, count number: Int = 1) -> Position? {
    if let place = position.inQuicklist {
      return quicklist.remove(at: place, count: number).map { Position($0) }
    }
    var pack = listpack
    pack.remove(at: position.offset, count: number)
    listpack = pack
    return position.offset < pack.end ? Position(pack, position.offset) : nil
  }
}

/// Lists by key.
extension Database {
  /// For a command that reads.
  @inline(__always)
  func readList(_ key: Key) throws(CommandError) -> ListValue? {
    try read(key, as: .list).map { ListValue(self, $0) }
  }

  /// For a command that writes.
  @inline(__always)
  func writeList(_ key: Key) throws(CommandError) -> ListValue? {
    try write(key, as: .list).map { ListValue(self, $0) }
  }

  /// A list for a key that does not exist. REQUIRES: an element is pushed before anything else
  /// happens.
  func insertList(_ key: Key) -> ListValue {
    ListValue(self, insertCollection(key, .list, .listpack, Listpack().payload))
  }
}

/// Text to be compared with elements: its integer, if it is one, is looked at once.
struct ListPattern {
  private let bytes: ByteView
  private let element: ListpackElement

  init(_ bytes: ByteView) {
    self.bytes = bytes
    element = ListpackElement(bytes)
  }

  /// A file may hold an integer as text, which is compared as text.
  @inline(__always)
  func matches(_ other: ListpackElement) -> Bool {
    switch other {
    case .bytes(let found): return found == bytes
    case .integer(let found):
      if case .integer(let wanted) = element { return found == wanted }
      return false
    }
  }
}
