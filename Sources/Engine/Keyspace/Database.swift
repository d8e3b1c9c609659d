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
  }

  @inline(__always)
  var keyspace: UnsafeMutablePointer<KeyspaceState> { storage.pointee.keyspace }

  package var index: Int { storage.pointee.index }
  package var count: Int { storage.pointee.table.count }
  package var volatileCount: Int { storage.pointee.table.volatileCount }

  @inline(__always)
  func hash(_ key: ByteView) -> UInt64 { storage.pointee.table.hash(key) }

  // MARK: Lookup

  /// The live key's slot, without counting or touching.
  @inline(__always)
  func find(_ key: Key) -> Slot? {
    guard let slot = storage.pointee.table.find(key.bytes, key.hash) else { return nil }
    if slot.isVolatile, expireIfDue(slot) { return nil }
    return slot
  }

  /// The live key's slot for a command that reads: counts a hit or a miss and touches the key.
  @inline(__always)
  func read(_ key: Key) -> Slot? {
    guard let slot = find(key) else {
      keyspace.pointee.misses &+= 1
      return nil
    }
    keyspace.pointee.hits &+= 1
    touch(slot)
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
    if keyspace.pointee.isTouching { slot.entry.accessClock = keyspace.pointee.accessClock }
  }

  // MARK: Expiry

  @inline(never)
  private func expireIfDue(_ slot: Slot) -> Bool {
    guard slot.entry.deadline <= keyspace.pointee.now else { return false }
    if keyspace.pointee.watchCount != 0 { deleteWatched(slot) } else { delete(slot) }
    keyspace.pointee.expiredCount += 1
    return true
  }

  /// Removes a key that may be watched, because its time has come.
  @inline(never)
  private func deleteWatched(_ slot: Slot) {
    let bytes = Array(slot.entry.key)
    delete(slot)
    bytes.withView { touchWatchers(Key(bytes: $0, hash: hash($0))) }
  }

  // MARK: Changing

  /// The one point that every change of a key passes: counts it, and tells who watches the key.
  @inline(__always)
  package func modified(_ key: Key, _ event: KeyspaceEvent) {
    keyspace.pointee.dirty &+= 1
    if keyspace.pointee.watchCount != 0 { touchWatchers(key) }
  }

  /// Removes the key and frees what it held.
  func delete(_ slot: Slot) {
    release(storage.pointee.table.remove(slot))
  }

  /// Frees an entry that is in no table.
  func release(_ entry: Entry) {
    if entry.encoding == .block { StringBlock(payload: entry.payload).free() }
    entry.freeBlock()
  }
}

/// A key with its hash, which is computed once for each command.
package struct Key {
  package let bytes: ByteView
  let hash: UInt64
}
