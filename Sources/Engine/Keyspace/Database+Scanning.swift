import Core

/// Walking the keys. Those that are met after their deadline are not shown. The walk itself must
/// not change the table: `scan` expires them afterwards, `keys` leaves them to active expiry.
extension Database {
  /// Which keys are wanted.
  package struct KeyFilter {
    var pattern: GlobPattern?
    /// nil: any.
    var type: ValueType?
    /// The type asked for does not exist.
    var isNothing = false

    package init(pattern: GlobPattern? = nil) { self.pattern = pattern }

    @inline(__always)
    fileprivate func accepts(_ entry: Entry) -> Bool {
      if isNothing { return false }
      if let type, entry.type != type { return false }
      return pattern?.matches(entry.key) ?? true
    }
  }

  /// All keys that `filter` accepts, borrowed from the entries until one of them changes.
  func keys(_ filter: KeyFilter) -> [ByteView] {
    var keys: [ByteView] = []
    storage.pointee.table.forEachSlot { slot in
      if !isDue(slot), filter.accepts(slot.entry) { keys.append(slot.entry.key) }
    }
    return keys
  }

  /// Some keys from the cursor on, about `count` before the filter, and the next cursor. The keys
  /// are borrowed from the entries until one of them changes.
  package func scan(
    _ cursor: UInt64, count: Int, _ filter: KeyFilter
  ) -> (next: UInt64, keys: [ByteView]) {
    var keys: [ByteView] = []
    var dueKeys: [ByteView] = []
    var next = cursor
    var seen = 0
    // Nearly empty buckets must not make one call walk the whole table.
    var stepsLeft = count.multipliedReportingOverflow(by: 10)
    if stepsLeft.overflow { stepsLeft.partialValue = .max }
    repeat {
      next = storage.pointee.table.scan(next) { slot in
        seen += 1
        if isDue(slot) {
          dueKeys.append(slot.entry.key)
        } else if filter.accepts(slot.entry) {
          keys.append(slot.entry.key)
        }
      }
      stepsLeft.partialValue -= 1
    } while next != 0 && seen < count && stepsLeft.partialValue > 0
    // Expiring one frees its own entry only: the other keys stay where they are.
    for key in dueKeys {
      _ = find(keyspace.pointee.key(key))
      endUnit()
    }
    return (next, keys)
  }

  /// Whether the key is stored, but must not be seen any more.
  @inline(__always)
  func isDue(_ slot: Slot) -> Bool {
    guard slot.isVolatile, slot.entry.deadline <= keyspace.pointee.now else { return false }
    return !hasFieldDeadlines(slot) || isDead(slot)
  }

  /// While expiry is paused, due keys stay and there may be no others.
  private static var dueKeyTriesMax: Int { 100 }

  /// The slot of a random live key; nil when there is none. While expiry is paused it may be that
  /// of a key that is due, as in Redis.
  package func randomSlot() -> Slot? {
    var triesLeft = Self.dueKeyTriesMax
    while let slot = storage.pointee.table.randomSlot({ keyspace.pointee.random.next() }) {
      if !isDue(slot) { return slot }
      triesLeft -= 1
      if keyspace.pointee.isExpiryPaused, triesLeft == 0, count == volatileCount { return slot }
      _ = find(keyspace.pointee.key(slot.entry.key))
      endUnit()
    }
    return nil
  }
}
