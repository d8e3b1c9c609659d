import Core

/// One of the numbered databases, as commands see it: keys in, slots out.
///
/// A handle of one pointer. Lookups expire what is due, count hits and misses and touch the access
/// clock, so that no command has to think of it.
package struct Database {
  let storage: UnsafeMutablePointer<Storage>

  @inline(__always)
  init(_ storage: UnsafeMutablePointer<Storage>) { self.storage = storage }

  struct Storage {
    var table: KeyTable
    let index: Int
    let keyspace: UnsafeMutablePointer<KeyspaceState>
    /// Where active expiry stands in the table.
    var expiryPass = ExpiryPass()
    /// Keys that the table has as volatile only because fields of theirs have deadlines.
    var fieldVolatileCount = 0
    /// Keys that are hashes of which some fields have deadlines.
    var expiringHashCount = 0
  }

  @inline(__always)
  var keyspace: UnsafeMutablePointer<KeyspaceState> { storage.pointee.keyspace }

  package var index: Int { storage.pointee.index }
  package var count: Int { storage.pointee.table.count }
  /// Keys with a deadline of their own.
  package var volatileCount: Int {
    storage.pointee.table.volatileCount - storage.pointee.fieldVolatileCount
  }

  @inline(__always)
  func hash(_ key: ByteView) -> UInt64 { storage.pointee.table.hash(key) }

  /// A key of this database, for who runs no command. (`KeyspaceState.key`, called from another
  /// module, would copy the state.)
  package func key(_ bytes: ByteView) -> Key { Key(bytes: bytes, hash: hash(bytes)) }

  // MARK: Lookup

  /// The live key's slot, without counting or touching.
  @inline(__always)
  package func find(_ key: Key) -> Slot? {
    keyspace.pointee.changes.didLook(key.hash)
    guard let slot = storage.pointee.table.find(key.bytes, key.hash) else { return nil }
    if slot.isVolatile, expireIfDue(slot, key) { return nil }
    return slot
  }

  /// The live key's slot for a command that reads: counts a hit or a miss and touches the key.
  @inline(__always)
  package func read(_ key: Key) -> Slot? {
    guard let slot = inspect(key) else { return nil }
    touch(slot)
    return slot
  }

  /// The live key's slot for a command that asks about the key, not for its value: counts a hit or
  /// a miss and touches nothing.
  @inline(__always)
  func inspect(_ key: Key) -> Slot? {
    guard let slot = find(key) else {
      keyspace.pointee.misses &+= 1
      return nil
    }
    keyspace.pointee.hits &+= 1
    return slot
  }

  /// The live key's slot for a command that writes: touches it, counts nothing.
  @inline(__always)
  func write(_ key: Key) -> Slot? {
    guard let slot = find(key) else { return nil }
    touch(slot)
    return slot
  }

  @inline(__always)
  private func touch(_ slot: Slot) {
    if keyspace.pointee.isTouching { refresh(slot) }
  }

  /// Notes an access even where a client has asked for none to be noted: what TOUCH is for.
  @inline(__always)
  func refresh(_ slot: Slot) { slot.entry.accessClock = keyspace.pointee.accessClock }

  // MARK: Expiry

  @inline(never)
  private func expireIfDue(_ slot: Slot, _ key: Key) -> Bool {
    guard slot.entry.deadline <= keyspace.pointee.now else { return false }
    if hasFieldDeadlines(slot), !expireFields(slot, key) { return false }
    if keyspace.pointee.isExpiryPaused { return true }
    // The key may lie in the entry itself, which is freed last.
    let entry = take(slot)
    didExpire(entry, key)
    release(entry, isLazy: keyspace.pointee.lazyFreeing.isLazyForExpiry)
    return true
  }

  /// Runs `body`, to which expired keys and fields are as good as gone, but stay: so nothing that
  /// it has borrowed from the database ends by a lookup.
  func withoutExpiring<Result, Failure: Error>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let wasPaused = keyspace.pointee.isExpiryPaused
    keyspace.pointee.isExpiryPaused = true
    defer { keyspace.pointee.isExpiryPaused = wasPaused }
    return try body()
  }

  /// The one point that every expired key passes. It is no change in the sense of `dirty`.
  func didExpire(_ entry: Entry, _ key: Key) {
    if let fieldCount = fieldCountIfEndedByFields(entry) {
      keyspace.pointee.expiredFieldCount &+= UInt64(fieldCount)
    } else {
      keyspace.pointee.expiredCount &+= 1
    }
    noteChange(key)
    if isLogged { logExpired(key.bytes) }
    if keyspace.pointee.watchCount != 0 { touchWatchers(key) }
  }

  // MARK: Changing

  /// The one point that every change of a key passes: counts it, and tells who watches the key or
  /// waits for it.
  @inline(__always)
  package func modified(_ key: Key, _ event: KeyspaceEvent) {
    keyspace.pointee.dirty &+= 1
    noteChange(key)
    if keyspace.pointee.watchCount != 0 { touchWatchers(key) }
    if keyspace.pointee.waited.count != 0 { tellWaiting(key) }
  }

  /// As `modified`, for a change of how a value is kept that is no event: it is as it was to all
  /// who read it as what it is.
  func rearranged(_ key: Key) {
    keyspace.pointee.dirty &+= 1
    noteChange(key)
    if keyspace.pointee.watchCount != 0 { touchWatchers(key) }
  }

  /// Who looks at the key from now on waits for what the stream will have of this change. To be
  /// called before that is appended.
  @inline(__always)
  func noteChange(_ key: Key) {
    guard keyspace.pointee.changes.isOn else { return }
    keyspace.pointee.changes.didChange(key.hash, streamEnd: keyspace.pointee.stream.endOffset)
  }

  /// As `modified`, for what counts as so many changes of the key, which may be none.
  func modified(_ key: Key, _ event: KeyspaceEvent, changeCount: Int) {
    modified(key, event)
    keyspace.pointee.dirty &+= UInt64(bitPattern: Int64(changeCount &- 1))
  }

  /// Counts changes that are no single key's.
  func countChanges(_ count: Int) { keyspace.pointee.dirty &+= UInt64(count) }

  /// Two keys changed at once are one change in Redis' count: takes back the second one.
  func discountChange() { keyspace.pointee.dirty &-= 1 }

  /// Frees an entry that is in no table.
  @inline(__always)
  func release(_ entry: Entry) { entry.free { Allocation.free($0, $1) } }
}

/// A key with its hash, which is computed once for each command.
package struct Key {
  package let bytes: ByteView
  let hash: UInt64
}
