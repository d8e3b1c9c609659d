import CPrimitives

/// The members of one collection, found by their bytes: a flat table while there are few, an
/// extendible hash table of segments beyond.
///
///     payload   | address of a FlatTable                  | 0 |
///               | address of a HashTable in a block of its own | 1 |
///
/// One word, which the key's entry keeps: whoever changes the table stores `payload` again. Lookups
/// take the member's hash, which is that of a key (`TableContext.hash`).
///
/// Ownership: owns its memory and, in `free`, the records. Lifetime: insertions and removals
/// INVALIDATE every `Slot`.
///
/// Complexity: O(1) to find, insert, remove, draw at random; no step works on the table as a whole,
/// except the one at 256 members that changes the form, which never changes back.
package struct MemberTable<Record: MemberRecord> {
  package private(set) var payload: UInt64

  private static var pagedBit: UInt64 { 1 }

  /// One that was stored as a number.
  @inline(__always)
  package init(payload: UInt64) { self.payload = payload }

  /// An empty one with room for some members.
  package init(capacity: Int, _ context: TableContext) {
    if capacity <= FlatTable.countMax {
      payload = UInt64(UInt(bitPattern: FlatTable(capacity: capacity).base))
    } else {
      payload = Self.makePaged(context)
    }
  }

  private static func makePaged(_ context: TableContext) -> UInt64 {
    let block = Allocation.allocate(MemoryLayout<HashTable<Record>>.size)
    let table = block.assumingMemoryBound(to: HashTable<Record>.self)
    table.initialize(to: HashTable(context))
    return UInt64(UInt(bitPattern: block)) | pagedBit
  }

  // MARK: Forms

  @inline(__always)
  var isPaged: Bool { payload & Self.pagedBit != 0 }

  @inline(__always)
  var flat: FlatTable {
    FlatTable(base: UnsafeMutableRawPointer(bitPattern: UInt(payload)).unsafelyUnwrapped)
  }

  @inline(__always)
  var paged: UnsafeMutablePointer<HashTable<Record>> {
    let address = UnsafeMutableRawPointer(bitPattern: UInt(payload & ~Self.pagedBit))
    return address.unsafelyUnwrapped.assumingMemoryBound(to: HashTable<Record>.self)
  }

  package var count: Int {
    @inline(__always) get { isPaged ? paged.pointee.count : flat.count }
  }

  @inline(__always)
  package func record(_ slot: Slot) -> Record { Record(address: slot.recordAddress) }

  // MARK: Finding and changing

  @inline(__always)
  package func find(_ key: ByteView, _ hash: UInt64) -> Slot? {
    isPaged ? paged.pointee.find(key, hash) : flat.find(key, hash, Record.self)
  }

  /// Asks for the line where a member's bucket lies, and returns the bucket; nil for a small table.
  @inline(__always)
  package func prefetchBucket(_ hash: UInt64) -> Bucket? {
    isPaged ? paged.pointee.prefetchBucket(hash) : nil
  }

  /// Adds a record whose key is not in the table. CONSUMES `record`.
  @inline(__always)
  package mutating func insert(_ record: Record, _ hash: UInt64, _ context: TableContext) {
    if !isPaged {
      if flat.count < FlatTable.countMax { return insertFlat(record, hash) }
      becomePaged(context)
    }
    _ = paged.pointee.insert(record, hash)
  }

  private mutating func insertFlat(_ record: Record, _ hash: UInt64) {
    let table = flat.inserting(record.address, hash)
    payload = UInt64(UInt(bitPattern: table.base))
  }

  @inline(never)
  private mutating func becomePaged(_ context: TableContext) {
    let old = flat
    payload = Self.makePaged(context)
    for index in 0..<old.count {
      let record = record(old.slot(index))
      _ = paged.pointee.insert(record, context.hash(record.key))
    }
    Allocation.free(old.base, old.byteCount)
  }

  /// Takes the record out of the table. OWNERSHIP: the caller frees it.
  package func remove(_ slot: Slot) -> Record {
    if isPaged { return paged.pointee.remove(slot) }
    let record = record(slot)
    flat.clear(slot)
    return record
  }

  /// Puts another record for the same key in place of the one in `slot`, which it returns.
  package func replace(_ slot: Slot, with record: Record) -> Record {
    if isPaged { return paged.pointee.replace(slot, with: record) }
    let old = self.record(slot)
    slot.setRecord(record.address, isVolatile: false)
    return old
  }

  // MARK: Walking

  /// A random member's slot, each with the same chance; nil when the table is empty.
  package func randomSlot(_ random: () -> UInt64) -> Slot? {
    if isPaged { return paged.pointee.randomSlot(random) }
    let count = flat.count
    if count == 0 { return nil }
    return flat.slot(Int(random().multipliedFullWidth(by: UInt64(count)).high))
  }

  /// As `HashTable.scan`; a flat table is visited whole.
  package func scan(_ cursor: UInt64, _ body: (Slot) -> Void) -> UInt64 {
    if isPaged { return paged.pointee.scan(cursor, body) }
    forEachSlot(body)
    return 0
  }

  /// Every slot, in no order. `body` must not change the table.
  @inline(__always)
  package func forEachSlot(_ body: (Slot) -> Void) {
    if isPaged { return paged.pointee.forEachSlot(body) }
    for index in 0..<flat.count { body(flat.slot(index)) }
  }

  // MARK: Ownership

  /// Frees the table and every record by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    if isPaged {
      paged.pointee.destroy(free)
      free(UnsafeMutableRawPointer(paged), MemoryLayout<HashTable<Record>>.size)
    } else {
      forEachSlot { record($0).free(free) }
      free(flat.base, flat.byteCount)
    }
  }

  /// Frees the table, not the records. CONSUMES self.
  package func freeTable(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    if isPaged {
      paged.pointee.destroyTable(free)
      free(UnsafeMutableRawPointer(paged), MemoryLayout<HashTable<Record>>.size)
    } else {
      free(flat.base, flat.byteCount)
    }
  }

  /// An equal table with records of its own.
  package func duplicated(_ context: TableContext) -> MemberTable {
    var copy = MemberTable(capacity: count, context)
    forEachSlot { slot in
      let record = record(slot).duplicated()
      copy.insert(record, context.hash(record.key), context)
    }
    return copy
  }

  /// Bytes of the table and its records, as the allocator gives them. The records' are estimated
  /// from the first `sampleCount`; 0 means all.
  package func byteCount(sampleCount: Int) -> Int {
    var sampled = 0
    var sum = 0
    var cursor: UInt64 = 0
    repeat {
      cursor = scan(cursor) { slot in
        sampled += 1
        sum += Allocation.sizeClass(record(slot).byteCount)
      }
    } while cursor != 0 && (sampleCount == 0 || sampled < sampleCount)
    return sampled == 0
      ? overheadByteCount : overheadByteCount + Int(Double(sum) * Double(count) / Double(sampled))
  }

  /// Bytes that the table takes beside its records.
  private var overheadByteCount: Int {
    if !isPaged { return Allocation.sizeClass(flat.byteCount) }
    return paged.pointee.overheadByteCount
      + Allocation.sizeClass(MemoryLayout<HashTable<Record>>.size)
  }
}
