import Core

/// Walking the keys. Keys that are met after their deadline are not shown, and expired afterwards:
/// the walk itself must not change the table.
extension Database {
  /// What a walk returns: borrowed from the entries, until a command changes them.
  package struct KeyList {
    package fileprivate(set) var keys: [ByteView] = []
    fileprivate var dueKeys: [ByteView] = []
  }

  /// Which keys are wanted.
  package struct KeyFilter {
    var pattern: GlobPattern?
    /// nil: any.
    var type: ValueType?
    /// The type asked for does not exist.
    var isNothing = false

    @inline(__always)
    fileprivate func accepts(_ entry: Entry) -> Bool {
      if isNothing { return false }
      if let type, entry.type != type { return false }
      return pattern?.matches(entry.key) ?? true
    }
  }

  /// All keys that `filter` accepts.
  func keys(_ filter: KeyFilter) -> [ByteView] {
    var list = KeyList()
    storage.pointee.table.forEachSlot { add($0, filter, to: &list) }
    return list.keys
  }

  /// Some keys from the cursor on, about `count` before the filter, and the next cursor.
  func scan(_ cursor: UInt64, count: Int, _ filter: KeyFilter) -> (next: UInt64, keys: [ByteView]) {
    var list = KeyList()
    var next = cursor
    var seen = 0
    // Nearly empty buckets must not make one call walk the whole table.
    var stepsLeft = count.multipliedReportingOverflow(by: 10)
    if stepsLeft.overflow { stepsLeft.partialValue = .max }
    repeat {
      next = storage.pointee.table.scan(next) { slot in
        seen += 1
        add(slot, filter, to: &list)
      }
      stepsLeft.partialValue -= 1
    } while next != 0 && seen < count && stepsLeft.partialValue > 0
    // Expiring one frees its own entry only: the other keys stay where they are.
    for key in list.dueKeys { _ = find(keyspace.pointee.key(key)) }
    return (next, list.keys)
  }

  @inline(__always)
  private func add(_ slot: Slot, _ filter: KeyFilter, to list: inout KeyList) {
    let entry = slot.entry
    if slot.isVolatile, entry.deadline <= keyspace.pointee.now {
      list.dueKeys.append(entry.key)
    } else if filter.accepts(entry) {
      list.keys.append(entry.key)
    }
  }

  /// While expiry is paused, due keys stay and there may be no others.
  private static var dueKeyTriesMax: Int { 100 }

  /// The slot of a random live key; nil when there is none. While expiry is paused it may be that
  /// of a key that is due, as in Redis.
  func randomSlot() -> Slot? {
    var triesLeft = Self.dueKeyTriesMax
    while let slot = storage.pointee.table.randomSlot({ keyspace.pointee.random.next() }) {
      if !slot.isVolatile || slot.entry.deadline > keyspace.pointee.now { return slot }
      triesLeft -= 1
      if keyspace.pointee.isExpiryPaused, triesLeft == 0, count == volatileCount { return slot }
      _ = find(keyspace.pointee.key(slot.entry.key))
    }
    return nil
  }
}
