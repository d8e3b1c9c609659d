import Core
import Engine

/// Looking keys up one by one, hashing included: what reading commands do, without the batch's
/// prefetching, so that a table that fits no cache shows the memory's latency.
enum KeyspaceReading {
  static let all = [
    Workload("Keyspace: lookup, hit", FilledKeyspace.smallSet) {
      lookup(min(FilledKeyspace.smallCount, $0), prefix: "key:")
    },
    Workload("Keyspace: lookup, hit", FilledKeyspace.largeSet, .thousand) {
      lookup(min(FilledKeyspace.largeCount, $0), prefix: "key:")
    },
    Workload("Keyspace: lookup, miss", FilledKeyspace.smallSet) {
      lookup(min(FilledKeyspace.smallCount, $0), prefix: "not:")
    },
    Workload("Keyspace: lookup, miss", FilledKeyspace.largeSet, .thousand) {
      lookup(min(FilledKeyspace.largeCount, $0), prefix: "not:")
    },
  ]

  private static func lookup(_ keyCount: Int, prefix: StaticString) -> PreparedWorkload {
    let filled = FilledKeyspace(filledWith: keyCount)
    let keys = Keys(keyCount, prefix: prefix)
    let isHit = keys[0] == filled.keys[0]
    let database = filled.database
    let state = filled.state
    var next = 0
    return PreparedWorkload { count in
      var hits = 0
      let start = next
      for index in start..<(start + count)
      where database.read(database.key(keys[index])) != nil { hits &+= 1 }
      next += count
      return isHit ? hits : count - hits
    } isRight: { count, result in
      let counted = isHit ? state.pointee.hits : state.pointee.misses
      return result == count && counted == UInt64(next)
    }
  }
}
