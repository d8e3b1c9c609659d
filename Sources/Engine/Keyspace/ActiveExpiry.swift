import Core

/// Removing keys whose deadline has come without anybody asking for them.
///
/// Databases are passed through segment by segment, within a budget of time. A segment knows a
/// lower bound of its deadlines, so one with nothing due costs a look at its header; a table
/// knows one over all segments, so a database with nothing due costs a comparison. Sweeping a
/// segment makes its bound exact. DEL, PERSIST and splits leave bounds as they are, which may
/// then be too early: that costs one sweep in vain, after which they are right again. A pass
/// leaves nothing that was due when it came by. Redis samples twenty keys at a time and leaves
/// a tenth of the expired ones in memory; here all of them go. A pass meets each entry once, or
/// again when a sweep has merged its segment with the next one.
///
/// Fairness: databases take turns after each swept segment, and each pass continues where it was.
package struct ActiveExpiry {
  /// `active-expire-effort`, 1 to 10.
  package var effort = 1
  /// The last cycle ran out of its budget: there is probably more to do.
  package private(set) var isBehind = false
  /// Cycles that ran out of their budget.
  package private(set) var timeCapReachedCount: UInt64 = 0
  /// Time spent in all cycles.
  package private(set) var nanosecondCount: UInt64 = 0
  /// Of the keys with a deadline in swept segments, how many were expired: a running average.
  package private(set) var stalePercentage = 0.0
  private var nextDatabase = 0
  /// Monotonic nanoseconds before which no fast cycle runs, so that clients have half of the time.
  fileprivate var nextFastCycleAt: UInt64 = 0

  package init() {}

  /// The budget of the cycle that runs `hz` times a second: a quarter of all time, or more.
  package func slowBudgetNanoseconds(hz: Int) -> UInt64 {
    UInt64(25 + 2 * (effort - 1)) * 10_000_000 / UInt64(max(hz, 1))
  }

  /// The budget of a cycle at the end of a turn.
  package var fastBudgetNanoseconds: UInt64 { 1_000_000 + 250_000 * UInt64(effort - 1) }

  /// Segments that a database may skip before the clock is read.
  private static let segmentsPerTurn = 64

  /// Removes due keys until none is left or the budget is used up. `nanoseconds` is a clock.
  package mutating func run(
    _ keyspace: Keyspace, now: Int64, budgetNanoseconds: UInt64, nanoseconds: () -> UInt64
  ) {
    let start = nanoseconds()
    var time = start
    var found = Found()
    var idleCount = 0
    isBehind = false
    while idleCount < keyspace.databaseCount {
      nextDatabase = (nextDatabase + 1) % keyspace.databaseCount
      let hasMore = keyspace[nextDatabase].continueExpiryPass(
        now: now, segmentCount: Self.segmentsPerTurn, &found)
      idleCount = hasMore ? 0 : idleCount + 1
      if !hasMore { continue }
      time = nanoseconds()
      if time &- start >= budgetNanoseconds {
        isBehind = true
        timeCapReachedCount += 1
        break
      }
    }
    nanosecondCount &+= nanoseconds() &- start
    let share = found.examined == 0 ? 0 : Double(found.expired) / Double(found.examined)
    stalePercentage = share * 100 * 0.05 + stalePercentage * 0.95
  }

  mutating func resetStatistics() {
    timeCapReachedCount = 0
    nanosecondCount = 0
    stalePercentage = 0
  }

  /// What a cycle met in the segments that it swept.
  struct Found {
    var examined = 0
    var expired = 0
  }
}

/// Where a pass through a table stands; it moves with the table when databases are swapped.
struct ExpiryPass {
  /// The next segment, as a place in hash order.
  var position: UInt64 = 0
  var isUnderWay = false
}

extension Database {
  /// Goes on with the pass through the table, until a segment was swept or `segmentCount` skipped.
  /// Returns whether there is more to do; starts no pass when nothing is due.
  fileprivate func continueExpiryPass(
    now: Int64, segmentCount: Int, _ found: inout ActiveExpiry.Found
  ) -> Bool {
    if !storage.pointee.expiryPass.isUnderWay {
      let table = storage.pointer(to: \.table).unsafelyUnwrapped
      guard table.pointee.volatileCount > 0, table.pointee.earliestDeadline <= now else {
        return false
      }
      storage.pointee.expiryPass = ExpiryPass(position: 0, isUnderWay: true)
      // From here on it collects what the pass leaves and what is set meanwhile.
      storage.pointee.table.earliestDeadline = .max
    }
    for _ in 0..<segmentCount {
      let position = storage.pointee.expiryPass.position
      // Taken before: a sweep may merge the segment with one that is still to come.
      let next = storage.pointee.table.segmentEnd(position)
      let wasSwept = expireSegment(position, now: now, &found)
      guard let next else {
        storage.pointee.expiryPass.isUnderWay = false
        // Fields of large hashes may be left, for another pass.
        return storage.pointee.table.earliestDeadline <= now
      }
      storage.pointee.expiryPass.position = next
      if wasSwept { break }
    }
    return true
  }

  /// Fields that are removed from the hashes of one segment before the clock is read.
  private static var fieldsPerSegment: Int { 1024 }

  private func expireSegment(
    _ position: UInt64, now: Int64, _ found: inout ActiveExpiry.Found
  ) -> Bool {
    let volatileCount = storage.pointee.table.segment(position).volatileCount
    var expired = 0
    let isLazy = keyspace.pointee.lazyFreeing.isLazyForExpiry
    var fieldsLeft = Self.fieldsPerSegment
    let wasSwept = storage.pointee.table.sweep(
      position, now: now,
      renew: { entry in
        let deadline = renewedDeadline(entry, countMax: &fieldsLeft)
        endUnit()
        return deadline
      },
      { entry in
        expired += 1
        countFieldDeadlines(entry, -1)
        didExpire(entry, keyspace.pointee.key(entry.key))
        endUnit()
        release(entry, isLazy: isLazy)
      })
    if wasSwept {
      found.examined += volatileCount
      found.expired += expired
    }
    return wasSwept
  }
}

extension Server {
  /// Removes due keys for at most the given time: what the cron does `hz` times a second, with
  /// `activeExpiry.slowBudgetNanoseconds(hz:)`. Nothing expires while clients are paused, so that
  /// a replica that takes over meanwhile finds the same keys.
  package mutating func expireCycle(budgetNanoseconds: UInt64) {
    guard isActiveExpiryOn, attention.isDisjoint(with: [.paused, .replaying, .logIsFull]) else {
      return
    }
    let state = keyspace.state
    var expiry = state.pointee.activeExpiry
    state.pointee.now = clock.wallMilliseconds
    expiry.run(keyspace, now: clock.wallMilliseconds, budgetNanoseconds: budgetNanoseconds) {
      clock.advance()
    }
    state.pointee.activeExpiry = expiry
  }

  /// The short cycle at the end of a turn; only does something when the last one left work behind.
  @inline(__always)
  package mutating func expireBetweenTurns() {
    if keyspace.state.pointee.activeExpiry.isBehind { expireFast() }
  }

  @inline(never)
  private mutating func expireFast() {
    let expiry = keyspace.state.pointer(to: \.activeExpiry).unsafelyUnwrapped
    guard clock.nanoseconds >= expiry.pointee.nextFastCycleAt else { return }
    let budget = expiry.pointee.fastBudgetNanoseconds
    expireCycle(budgetNanoseconds: budget)
    expiry.pointee.nextFastCycleAt = clock.nanoseconds &+ budget
  }
}
