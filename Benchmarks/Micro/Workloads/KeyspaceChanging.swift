import Core
import Engine

/// Setting and deleting keys one by one, hashing and lookup included.
enum KeyspaceChanging {
  static let all = [
    Workload("Keyspace: fill from empty", "0 to 1 Mi keys, 110 MB", .thousand) { filling($0) },
    Workload("Keyspace: overwrite", FilledKeyspace.smallSet) {
      overwriting(min(FilledKeyspace.smallCount, $0))
    },
    Workload("Keyspace: overwrite", FilledKeyspace.largeSet, .thousand) {
      overwriting(min(FilledKeyspace.largeCount, $0))
    },
    Workload("Keyspace: delete", "1 Mi to 0 keys, 110 MB", .thousand) { deleting($0) },
  ]

  private static let fullCount = 1 << 20

  /// Growth included: splits of segments, doubling of the directory, the allocator. A sample goes
  /// on where the last one stopped, and begins again when all keys are there.
  private static func filling(_ keyCountMax: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(keyCount: min(fullCount, keyCountMax))
    let keys = filled.keys
    let database = filled.database
    var before = 0
    return PreparedWorkload { count in
      if database.count + count > keys.count { database.flush(isLazy: false) }
      before = database.count
    } run: { count in
      for index in before..<(before + count) { filled.set(keys[index]) }
      return database.count - before
    } returns: {
      $0
    }
  }

  /// Values of the same length, which go where the old ones were.
  private static func overwriting(_ keyCount: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(filledWith: keyCount)
    let values = Texts(2) { String(repeating: $0 == 0 ? "a" : "b", count: 64) }
    let keys = filled.keys
    var run = 0
    var next = 0
    return PreparedWorkload { _ in
      run += 1
    } run: { count in
      let start = next
      for index in start..<(start + count) { filled.set(keys[index], values[run]) }
      next += count
      return filled.database.count
    } isRight: { count, result in
      let last = (next - min(count, keys.count))..<next
      let isSet = last.allSatisfy { filled.content(keys[$0]) == Array(values[run]) }
      return isSet && result == keys.count
    }
  }

  /// Merging of segments included. A sample goes on where the last one stopped, and begins again
  /// when too few keys are left.
  private static func deleting(_ keyCountMax: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(keyCount: min(fullCount, keyCountMax))
    let keys = filled.keys
    let database = filled.database
    var next = 0
    return PreparedWorkload { count in
      if database.count >= count { return }
      filled.fill()
      next = 0
    } run: { count in
      let start = next
      var deleted = 0
      for index in start..<(start + count) {
        guard let slot = database.find(database.key(keys[index])) else { continue }
        database.delete(slot, isLazy: false)
        deleted &+= 1
      }
      next += count
      return deleted
    } isRight: { count, deleted in
      deleted == count && database.count == keys.count - next
    }
  }
}
