import Core
import Glibc
import Testing

@testable import Engine

@Suite struct ActiveExpiryTests {
  private let keyspace = Keyspace(
    seedWords: (
      0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
    ), databaseCount: 4)

  private func fill(_ index: Int, _ count: Int, deadline: (Int) -> Int64?) {
    let database = keyspace[index]
    for number in 0..<count {
      Array("key\(number)".utf8).withView { bytes in
        let key = keyspace.state.pointee.key(bytes)
        let change = deadline(number).map { DeadlineChange.set($0) } ?? .remove
        database.setString(key, database.find(key), ByteView("value"), change)
      }
    }
  }

  /// Runs a cycle with a clock that moves by 1000 with each reading.
  private func run(_ expiry: inout ActiveExpiry, now: Int64, budget: UInt64 = .max / 2) {
    var time: UInt64 = 0
    expiry.run(keyspace, now: now, budgetNanoseconds: budget) {
      time += 1000
      return time
    }
  }

  @Test func removesAllThatIsDueAndNothingElse() {
    fill(0, 6000) { $0 % 3 == 0 ? nil : Int64($0 % 3) * 1000 }
    fill(2, 100) { _ in 1500 }
    var expiry = ActiveExpiry()
    run(&expiry, now: 999)
    #expect(keyspace[0].count == 6000)
    run(&expiry, now: 1000)
    #expect(keyspace[0].count == 4000)
    #expect(keyspace[2].count == 100)
    #expect(keyspace[0].storage.pointee.table.earliestDeadline == 2000)
    run(&expiry, now: 2000)
    #expect(keyspace[0].count == 2000)
    #expect(keyspace[0].volatileCount == 0)
    #expect(keyspace[2].count == 0)
    #expect(keyspace.state.pointee.expiredCount == 4100)
    #expect(!expiry.isBehind)
  }

  @Test func stopsWhenTheBudgetIsUsedUpAndGoesOnLater() {
    for index in 0..<4 { fill(index, 5000) { _ in 10 } }
    var expiry = ActiveExpiry()
    run(&expiry, now: 10, budget: 12_000)
    #expect(expiry.isBehind)
    #expect(expiry.timeCapReachedCount == 1)
    let left = (0..<4).map { keyspace[$0].count }
    // All databases have had their turns.
    #expect(left.allSatisfy { $0 < 5000 && $0 > 0 })
    var cycles = 0
    while expiry.isBehind, cycles < 1000 {
      run(&expiry, now: 10, budget: 12_000)
      cycles += 1
    }
    #expect((0..<4).allSatisfy { keyspace[$0].count == 0 })
  }

  @Test func keysSetDuringAPassAreNotForgotten() {
    fill(0, 5000) { _ in 10 }
    var expiry = ActiveExpiry()
    run(&expiry, now: 10, budget: 4000)
    #expect(expiry.isBehind)
    fill(0, 5000) { $0 < 3 ? 50 : nil }
    run(&expiry, now: 20)
    #expect(keyspace[0].count == 5000)
    run(&expiry, now: 50)
    #expect(keyspace[0].count == 4997)
  }

  @Test func doesNothingWhileItIsOff() {
    let client = InProcessServer().connect()
    _ = client.send("SET", "k", "v", "PX", "1")
    client.server.pointee.isActiveExpiryOn = false
    for isOn in [false, true] {
      client.server.pointee.isActiveExpiryOn = isOn
      usleep(3000)
      client.server.pointee.beginTurn()
      client.server.pointee.expireCycle(budgetNanoseconds: 1_000_000)
      #expect(client.server.pointee.keyspace[0].count == (isOn ? 0 : 1))
    }
  }

  @Test func countsForInfoUntilTheyAreReset() {
    for index in 0..<4 { fill(index, 5000) { _ in 10 } }
    var expiry = ActiveExpiry()
    run(&expiry, now: 10, budget: 12_000)
    #expect(expiry.stalePercentage == 5)
    #expect(expiry.nanosecondCount >= 12_000)
    expiry.resetStatistics()
    #expect(expiry.stalePercentage == 0)
    #expect(expiry.nanosecondCount == 0 && expiry.timeCapReachedCount == 0)
    #expect(expiry.isBehind, "what there is left to do is no statistic")
  }

  @Test func lookupsExpireWhatIsDue() {
    fill(0, 10) { _ in 10 }
    keyspace.state.pointee.now = 10
    Array("key1".utf8).withView { bytes in
      #expect(keyspace[0].read(keyspace.state.pointee.key(bytes)) == nil)
    }
    #expect(keyspace[0].count == 9)
    #expect(keyspace.state.pointee.misses == 1)
    #expect(keyspace.state.pointee.expiredCount == 1)
  }

  @Test func averageTimeToLive() {
    #expect(keyspace[0].averageTimeToLive(at: 1000) == 0)
    fill(0, 3000) { $0 % 2 == 0 ? 5000 : nil }
    #expect(keyspace[0].averageTimeToLive(at: 1000) == 4000)
    fill(1, 3) { _ in .max }
    #expect(keyspace[1].averageTimeToLive(at: 1000) > 0)
  }
}
