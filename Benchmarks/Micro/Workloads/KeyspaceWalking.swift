import Core
import Engine

/// What goes through the table without being told a key: SCAN, RANDOMKEY, active expiry.
enum KeyspaceWalking {
  static let all = [
    Workload("Keyspace: SCAN step, COUNT 10", FilledKeyspace.smallSet, .thousand) {
      scanning(min(FilledKeyspace.smallCount, $0))
    },
    Workload("Keyspace: SCAN step, COUNT 10", FilledKeyspace.largeSet, .thousand) {
      scanning(min(FilledKeyspace.largeCount, $0))
    },
    Workload("Keyspace: random key", FilledKeyspace.smallSet) {
      drawing(min(FilledKeyspace.smallCount, $0))
    },
    Workload("Keyspace: random key", FilledKeyspace.largeSet, .thousand) {
      drawing(min(FilledKeyspace.largeCount, $0))
    },
    Workload("Keyspace: active expiry, each key", "1 million keys to 0, 120 MB") { expiring($0) },
  ]

  private static let fullCount = 1 << 20

  /// An operation is a call of SCAN, without its reply.
  private static func scanning(_ keyCount: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(filledWith: keyCount)
    let filter = Database.KeyFilter()
    var cursor: UInt64 = 0
    return PreparedWorkload { count in
      var keyCount = 0
      for _ in 0..<count {
        let step = filled.database.scan(cursor, count: 10, filter)
        keyCount &+= step.keys.count
        cursor = step.next
      }
      return keyCount
    } isRight: { count, seen in
      // The last step of a walk finds fewer, the others ten or a few more.
      (8 * count...30 * count).contains(seen)
    }
  }

  private static func drawing(_ keyCount: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(filledWith: keyCount)
    let database = filled.database
    return PreparedWorkload { count in
      var drawn = 0
      for _ in 0..<count where database.randomSlot() != nil { drawn &+= 1 }
      return drawn
    } returns: {
      $0
    }
  }

  /// An operation is the removal of a key, by one cycle without a limit of time.
  private static func expiring(_ keyCountMax: Int) -> PreparedWorkload {
    let filled = FilledKeyspace(keyCount: min(fullCount, keyCountMax))
    var expiry = ActiveExpiry()
    return PreparedWorkload { count in
      setDeadlines(filled, count)
    } run: { count in
      let before = filled.state.pointee.expiredCount
      expiry.run(filled.keyspace, now: deadline, budgetNanoseconds: .max) { 0 }
      return Int(filled.state.pointee.expiredCount - before)
    } isRight: { count, expired in
      expired == min(count, filled.keys.count) && filled.database.count == 0
    }
  }

  private static let deadline: Int64 = 1_000_000

  /// Sets `count` keys that expire at `deadline`, in an order that is not that of the table.
  private static func setDeadlines(_ filled: FilledKeyspace, _ count: Int) {
    for index in 0..<count {
      filled.set(filled.keys.shuffled(index), FilledKeyspace.value, .set(deadline))
    }
  }
}
