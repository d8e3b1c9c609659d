/// The value of a hash of which some fields have deadlines.
///
///     payload -> | table | heap of the fields with a deadline | deadline of the key 8 |
///
/// A hash takes this form with its first field deadline and leaves it with the last, so that one
/// without any pays nothing. Its entry's deadline is then the earliest of all, and the key's own is
/// kept here.
///
/// What is exact: a field whose deadline has come is never shown, whether it has been removed or
/// not. Whoever reads skips what is `isDue` and subtracts `dueCount`. Removing is bounded work
/// (`expire`), so that no call waits for a million fields that become due at once.
///
/// Invariants: the heap holds exactly the records that have a deadline, and is never empty between
/// commands.
/// Ownership: owns the block, table, records and heap. Lifetime: as `MemberTable`.
package struct ExpiringHash {
  private struct Storage {
    var table: MemberTable<HashField>
    var heap = DeadlineHeap()
    var keyDeadline: Int64
  }

  private let storage: UnsafeMutablePointer<Storage>

  /// One that was stored as a number.
  @inline(__always)
  package init(payload: UInt64) {
    storage = UnsafeMutablePointer(bitPattern: UInt(payload)).unsafelyUnwrapped
  }

  package var payload: UInt64 { UInt64(UInt(bitPattern: storage)) }

  /// Takes over a table none of whose fields has a deadline. `keyDeadline`: `.max` for none.
  package init(_ table: MemberTable<HashField>, keyDeadline: Int64) {
    storage = Allocation.allocate(MemoryLayout<Storage>.size)
      .assumingMemoryBound(to: Storage.self)
    storage.initialize(to: Storage(table: table, keyDeadline: keyDeadline))
  }

  /// Frees all but the table, which is returned. CONSUMES self.
  package func releasingTable(
    _ free: (UnsafeMutableRawPointer, Int) -> Void
  ) -> MemberTable<HashField> {
    let table = table
    storage.pointee.heap.free(free)
    free(storage, MemoryLayout<Storage>.size)
    return table
  }

  /// Frees all by `free`, which takes a block and its size. CONSUMES self.
  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    releasingTable(free).free(free)
  }

  /// An equal hash of its own.
  package func duplicated(_ context: TableContext) -> ExpiringHash {
    let copy = ExpiringHash(table.duplicated(context), keyDeadline: keyDeadline)
    copy.table.forEachSlot { slot in
      let record = copy.table.record(slot)
      if record.hasDeadline { copy.storage.pointee.heap.insert(record) }
    }
    return copy
  }

  /// As that of the table.
  package func byteCount(sampleCount: Int) -> Int {
    table.byteCount(sampleCount: sampleCount) + storage.pointee.heap.allocatedByteCount
      + Allocation.sizeClass(MemoryLayout<Storage>.size)
  }

  // MARK: Reading

  package var table: MemberTable<HashField> {
    @inline(__always) get { storage.pointee.table }
  }

  /// When the key expires as a whole; `.max` for never.
  package var keyDeadline: Int64 {
    get { storage.pointee.keyDeadline }
    nonmutating set { storage.pointee.keyDeadline = newValue }
  }

  /// When something expires, the key or a field.
  package var earliestDeadline: Int64 {
    min(keyDeadline, earliestFieldDeadline)
  }

  /// When a field expires; `.max` for none.
  package var earliestFieldDeadline: Int64 { storage.pointee.heap.earliestDeadline }

  /// Whether any field has a deadline.
  package var hasDeadlines: Bool { storage.pointee.heap.count > 0 }

  /// Fields that are still in the table and must not be seen.
  package func dueCount(_ now: Int64) -> Int { storage.pointee.heap.dueCount(now) }

  /// Whether the key, or each of its fields, is past its deadline.
  package func isDead(_ now: Int64) -> Bool {
    if keyDeadline <= now { return true }
    return storage.pointee.heap.count == table.count && storage.pointee.heap.areAllDue(now)
  }

  // MARK: Changing

  /// Adds a field that is not in the table.
  package func insert(
    _ field: ByteView, _ value: ByteView, deadline: Int64?, _ hash: UInt64,
    _ context: TableContext
  ) {
    let record = HashField(field, value, deadline: deadline)
    storage.pointee.table.insert(record, hash, context)
    if deadline != nil { storage.pointee.heap.insert(record) }
  }

  /// Removes a field.
  package func remove(_ slot: Slot) {
    let record = storage.pointee.table.remove(slot)
    if record.hasDeadline { storage.pointee.heap.remove(record) }
    record.free()
  }

  /// Gives a field another value; its deadline stays.
  package func setValue(_ slot: Slot, _ value: ByteView) {
    let old = table.record(slot)
    if old.setValue(value) { return }
    let deadline = old.hasDeadline ? old.deadline : nil
    let record = HashField(old.key, value, deadline: deadline)
    if deadline != nil { storage.pointee.heap.replace(old, with: record) }
    storage.pointee.table.replace(slot, with: record).free()
  }

  /// Sets when a field expires; nil for never.
  package func setDeadline(_ slot: Slot, _ deadline: Int64?) {
    let old = table.record(slot)
    if old.hasDeadline, let deadline {
      old.deadline = deadline
      return storage.pointee.heap.didChange(old)
    }
    if !old.hasDeadline, deadline == nil { return }
    let record = HashField(old.key, old.value, deadline: deadline)
    if deadline == nil { storage.pointee.heap.remove(old) }
    storage.pointee.table.replace(slot, with: record).free()
    if deadline != nil { storage.pointee.heap.insert(record) }
  }

  /// Removes fields whose deadline has come, `countMax` at most, and returns how many. `willExpire`
  /// is called with the name of each.
  package func expire(
    _ now: Int64, countMax: Int, _ context: TableContext,
    _ willExpire: (ByteView) -> Void = { _ in }
  ) -> Int {
    var count = 0
    while count < countMax, storage.pointee.heap.earliestDeadline <= now {
      let key = storage.pointee.heap.first.key
      // What the heap holds is in the table.
      guard let slot = table.find(key, context.hash(key)) else { break }
      willExpire(key)
      remove(slot)
      count += 1
    }
    return count
  }
}
