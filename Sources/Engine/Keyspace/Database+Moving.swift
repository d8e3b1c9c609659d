import Core

/// Entries that change their key or their database, or are doubled. Slots do not survive these.
extension Database {
  /// Makes the value of `slot` that of another key, whose old value is freed.
  func rename(_ slot: Slot, to key: Key) {
    let entry = take(slot).renamed(key.bytes)
    put(entry, key)
  }

  /// Moves the key to a database that does not have it.
  func move(_ slot: Slot, _ key: Key, to other: Database) {
    other.put(take(slot), key)
  }

  /// Gives another key of any database a value of its own like that of `slot`.
  func copy(_ slot: Slot, to key: Key, of other: Database) {
    other.put(slot.entry.duplicated(key: key.bytes, keyspace.pointee.tables), key)
  }

  /// Puts an entry in the place of the key's old one, or into the table. CONSUMES `entry`.
  func put(_ entry: Entry, _ key: Key) {
    if let slot = find(key) {
      release(
        exchange(slot, with: entry), isLazy: keyspace.pointee.lazyFreeing.isLazyForServerDelete)
    } else {
      countFieldDeadlines(entry, 1)
      _ = storage.pointee.table.insert(entry, key.hash)
    }
  }
}
