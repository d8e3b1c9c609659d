import CPrimitives

/// A small table of members: up to 256 records in one block, found by comparing their tags sixteen
/// at a time. What a set or hash uses that is too small for a page of its own.
///
///     | count 2 | capacity 2 | - 12 | slots capacity x 8 | tags capacity x 1, rounded up to 16 |
///
/// The header's length aligns the tags for their comparison. A tag is eight bits of the hash, never
/// 0, which is what tags behind `count` are; a slot is that of a `HashTable`, of which only the
/// record's address means anything.
///
/// Invariants: 1. records 0..<count are there, in no order: a removed one is replaced by the last;
/// 2. the block's size follows from its capacity.
/// Ownership: owns its block, not the records. Lifetime: an insertion may move the block; it and a
/// removal INVALIDATE every `Slot`.
///
/// Complexity: O(n / 16) to find, O(1) to draw one at random and to remove, amortized to insert.
/// Memory: 9 to 18 bytes a record from the second step on.
///
/// The alternative that lost, a segment from the first record on, takes 4 KiB for three fields of
/// 100 bytes.
struct FlatTable {
  let base: UnsafeMutableRawPointer

  static let countMax = 256
  private static let headerByteCount = 16

  init(base: UnsafeMutableRawPointer) { self.base = base }

  /// An empty one with room for at least so many. REQUIRES: capacity <= countMax.
  init(capacity: Int) {
    let capacity = Self.step(capacity)
    base = Allocation.allocateZeroed(Self.byteCount(capacity: capacity))
    base.storeBytes(of: UInt16(capacity), toByteOffset: 2, as: UInt16.self)
  }

  /// Capacities that fill a size class well.
  private static func step(_ count: Int) -> Int {
    switch count {
    case ...8: 8
    case ...32: (count + 7) & ~7
    case ...64: (count + 15) & ~15
    case ...192: (count + 31) & ~31
    default: countMax
    }
  }

  private static func byteCount(capacity: Int) -> Int {
    headerByteCount + capacity * 8 + (capacity + 15) & ~15
  }

  var byteCount: Int { Self.byteCount(capacity: capacity) }

  // MARK: Header

  var count: Int {
    @inline(__always) get { Int(base.load(as: UInt16.self)) }
    nonmutating set { base.storeBytes(of: UInt16(newValue), as: UInt16.self) }
  }

  private var capacity: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 2, as: UInt16.self)) }
  }

  private var tags: UnsafeMutablePointer<UInt8> {
    @inline(__always) get {
      (base + Self.headerByteCount + capacity &* 8).assumingMemoryBound(to: UInt8.self)
    }
  }

  /// REQUIRES: 0 <= index < count, for a slot that holds a record.
  @inline(__always)
  func slot(_ index: Int) -> Slot {
    Slot((base + Self.headerByteCount + index &* 8).assumingMemoryBound(to: UInt64.self))
  }

  /// Which record a slot of this table is.
  private func index(_ slot: Slot) -> Int {
    (UnsafeMutableRawPointer(slot.address) - base - Self.headerByteCount) / 8
  }

  // MARK: Finding and changing

  @inline(__always)
  func find<Record: TableRecord>(_ key: ByteView, _ hash: UInt64, _: Record.Type) -> Slot? {
    let tag = Segment.tag(hash)
    let tags = tags
    let count = count
    var start = 0
    while start < count {
      var matches = apus_match_tags_16(tags + start, tag)
      while matches != 0 {
        let slot = slot(start &+ matches.trailingZeroBitCount)
        if Record(address: slot.recordAddress).key == key { return slot }
        matches &= matches &- 1
      }
      start &+= 16
    }
    return nil
  }

  /// Adds a record. Returns the table, which may have moved. REQUIRES: count < countMax.
  func inserting(_ record: UnsafeMutableRawPointer, _ hash: UInt64) -> FlatTable {
    let table = count == capacity ? moved(capacity: count + 1) : self
    let index = table.count
    table.tags[index] = Segment.tag(hash)
    table.slot(index).address.pointee = Slot.bits(record)
    table.count = index + 1
    return table
  }

  /// Takes a record's slot out; its place is the last one's then.
  func clear(_ slot: Slot) {
    let last = count - 1
    let index = index(slot)
    slot.address.pointee = self.slot(last).address.pointee
    tags[index] = tags[last]
    tags[last] = 0
    count = last
  }

  /// The same records in a block with another capacity. CONSUMES self.
  private func moved(capacity: Int) -> FlatTable {
    let table = FlatTable(capacity: capacity)
    table.count = count
    table.slot(0).address.update(from: slot(0).address, count: count)
    table.tags.update(from: tags, count: count)
    Allocation.free(base, byteCount)
    return table
  }
}
