import Core

/// Hashes of which some fields have deadlines, as the table of keys sees them.
///
/// Such an entry is volatile, and its deadline is the earliest of all: the key's own and the
/// fields'. So lookups and active expiry come by when a field is due, with no index beside the
/// table's own, and no other key pays for it. The key's own deadline is in the value
/// (`ExpiringHash`); all who mean that one ask `Database.deadline`. Keys that are volatile for
/// their fields' sake only are counted (`fieldVolatileCount`), so that INFO can leave them out.
extension Database {
  /// Fields that a lookup removes before it goes on: less than a tenth of a millisecond. Readers
  /// skip the rest, which the next lookups and active expiry remove.
  private static var fieldsPerLookup: Int { 256 }

  @inline(__always)
  func hasFieldDeadlines(_ slot: Slot) -> Bool { slot.entry.encoding == .expiringHash }

  /// Whether the table has the entry as volatile only because of fields.
  func hasOnlyFieldDeadlines(_ entry: Entry) -> Bool {
    entry.encoding == .expiringHash && expiringHash(entry).keyDeadline == .max
  }

  private func expiringHash(_ entry: Entry) -> ExpiringHash { ExpiringHash(payload: entry.payload) }

  // MARK: Entering and leaving the table

  /// Takes an entry out of the table. OWNERSHIP: the caller's.
  func take(_ slot: Slot) -> Entry {
    countFieldDeadlines(slot.entry, -1)
    return storage.pointee.table.remove(slot)
  }

  /// Puts another entry for the same key in place of the one in `slot`, which it returns.
  func exchange(_ slot: Slot, with entry: Entry) -> Entry {
    let old = storage.pointee.table.replace(slot, with: entry)
    countFieldDeadlines(old, -1)
    countFieldDeadlines(entry, 1)
    return old
  }

  /// Counts an entry that comes into the table, or with -1 one that leaves it.
  @inline(__always)
  func countFieldDeadlines(_ entry: Entry, _ change: Int) {
    if entry.encoding == .expiringHash { countExpiringHash(entry, change) }
  }

  @inline(never)
  private func countExpiringHash(_ entry: Entry, _ change: Int) {
    storage.pointee.expiringHashCount += change
    if hasOnlyFieldDeadlines(entry) { storage.pointee.fieldVolatileCount += change }
  }

  // MARK: Form

  /// Gives a hash in table form room for field deadlines. The slot stays valid, its entry may move.
  func becomeExpiring(_ slot: Slot) -> ExpiringHash {
    let own = deadline(slot)
    let table = MemberTable<HashField>(payload: slot.entry.payload)
    let hash = ExpiringHash(table, keyDeadline: own.map(Self.clamped) ?? .max)
    storage.pointee.expiringHashCount += 1
    if own == nil {
      slot.setEntry(slot.entry.addingDeadlineField(), isVolatile: true)
      slot.entry.deadline = .max
      storage.pointee.table.didChangeDeadline(slot, wasVolatile: false)
      storage.pointee.fieldVolatileCount += 1
    }
    slot.entry.setPayload(hash.payload, .expiringHash)
    return hash
  }

  /// Brings the entry in line with the deadlines of the fields after these have changed: the next
  /// thing to do, or a plain table when none is left. The slot stays valid, its entry may move.
  func settleFieldDeadlines(_ slot: Slot) {
    let hash = expiringHash(slot.entry)
    if hash.hasDeadlines { return settleDeadline(slot, hash.earliestDeadline) }
    let own = hash.keyDeadline
    storage.pointee.expiringHashCount -= 1
    let table = hash.releasingTable { Allocation.free($0, $1) }
    slot.entry.setPayload(table.payload, .table)
    if own != .max { return settleDeadline(slot, own) }
    storage.pointee.fieldVolatileCount -= 1
    removeDeadline(slot)
  }

  private func settleDeadline(_ slot: Slot, _ deadline: Int64) {
    if slot.entry.deadline == deadline { return }
    slot.entry.deadline = deadline
    storage.pointee.table.didChangeDeadline(slot, wasVolatile: true)
  }

  // MARK: The key's own deadline

  func keyDeadline(_ slot: Slot) -> Int64? {
    let deadline = expiringHash(slot.entry).keyDeadline
    return deadline == .max ? nil : deadline
  }

  func setKeyDeadline(_ slot: Slot, _ deadline: Int64) {
    if keyDeadline(slot) == nil { storage.pointee.fieldVolatileCount -= 1 }
    let hash = expiringHash(slot.entry)
    hash.keyDeadline = Self.clamped(deadline)
    settleDeadline(slot, hash.earliestDeadline)
  }

  /// The last millisecond of all means none.
  private static func clamped(_ deadline: Int64) -> Int64 { min(deadline, .max - 1) }

  func removeKeyDeadline(_ slot: Slot) -> Bool {
    if keyDeadline(slot) == nil { return false }
    let hash = expiringHash(slot.entry)
    hash.keyDeadline = .max
    storage.pointee.fieldVolatileCount += 1
    settleDeadline(slot, hash.earliestDeadline)
    return true
  }

  // MARK: Expiry

  /// Whether the key must not be seen any more, for its own deadline or for want of a live field.
  func isDead(_ slot: Slot) -> Bool { expiringHash(slot.entry).isDead(keyspace.pointee.now) }

  /// Removes fields that are due, some of them if there are many. Returns whether the key is dead,
  /// which is the caller's to delete. The slot stays valid, its entry may move. REQUIRES: the
  /// entry's deadline has come.
  func expireFields(_ slot: Slot, _ key: Key) -> Bool {
    if isDead(slot) { return true }
    if keyspace.pointee.isExpiryPaused { return false }
    let hash = expiringHash(slot.entry)
    let count = expire(hash, key.bytes, countMax: Self.fieldsPerLookup)
    settleFieldDeadlines(slot)
    didExpireFields(key, count)
    return false
  }

  /// As `expireFields` for active expiry, which sees entries, not slots: at most `countMax` fields,
  /// of which it takes off those removed. Returns the entry's next deadline; nil for a dead key.
  /// The value keeps its form, so that the table is not changed under the sweep.
  func renewedDeadline(_ entry: Entry, countMax: inout Int) -> Int64? {
    guard entry.encoding == .expiringHash else { return nil }
    let hash = expiringHash(entry)
    if hash.isDead(keyspace.pointee.now) { return nil }
    let count = expire(hash, entry.key, countMax: countMax)
    countMax -= count
    entry.deadline = hash.earliestDeadline
    if count > 0 { didExpireFields(keyspace.pointee.key(entry.key), count) }
    return entry.deadline
  }

  private func expire(_ hash: ExpiringHash, _ key: ByteView, countMax: Int) -> Int {
    if isLogged { return expireLogged(hash, key, countMax: countMax) }
    return hash.expire(keyspace.pointee.now, countMax: countMax, keyspace.pointee.tables)
  }

  /// How many fields a dead hash still has if it is they that have expired, not the key; otherwise
  /// nil.
  func fieldCountIfEndedByFields(_ entry: Entry) -> Int? {
    guard entry.encoding == .expiringHash else { return nil }
    let hash = expiringHash(entry)
    return hash.keyDeadline <= keyspace.pointee.now ? nil : hash.table.count
  }

  /// The one point that expired fields pass whose hash has others left. It is no change in the
  /// sense of `dirty`.
  private func didExpireFields(_ key: Key, _ count: Int) {
    noteChange(key)
    keyspace.pointee.expiredFieldCount &+= UInt64(count)
    if keyspace.pointee.watchCount != 0 { touchWatchers(key) }
  }
}
