import Testing

@testable import Engine

@Suite("When an fsync waits for others") struct AOFGatheringTests {
  private let fsync: UInt64 = 1_000_000

  /// After an fsync of a millisecond that ended at two.
  private func gathering() -> AOFGathering {
    var gathering = AOFGathering()
    gathering.didSynchronize(from: fsync, to: 2 * fsync)
    return gathering
  }

  private func waiting(_ count: UInt64, of expected: UInt64) -> AOFWaiting {
    AOFWaiting(count: count, expectedCount: expected)
  }

  @Test(arguments: [0, 1] as [UInt64]) func whoIsAloneNeverWaits(expected: UInt64) {
    var gathering = gathering()
    for isAcknowledged in [false, true] {
      let deadline = gathering.deadline(
        now: 2 * fsync, published: 5, waiting(0, of: expected), isAcknowledged: isAcknowledged)
      #expect(deadline == nil)
    }
  }

  @Test func whenAllWaitNobodyElseIsWaitedFor() {
    var gathering = gathering()
    #expect(
      gathering.deadline(
        now: 2 * fsync, published: 5, waiting(50, of: 50), isAcknowledged: true) == nil)
    // They are those of before, whom the engine has not answered yet.
    #expect(
      gathering.deadline(
        now: 2 * fsync, published: 5, waiting(50, of: 50), isAcknowledged: false) != nil)
  }

  @Test func aQuarterOfAnFsyncAfterTheLastItBegins() {
    var gathering = gathering()
    let start = 2 * fsync + 100
    func deadline(at now: UInt64, _ published: UInt64) -> UInt64? {
      gathering.deadline(
        now: now, published: published, waiting(3, of: 50), isAcknowledged: true)
    }
    #expect(deadline(at: start, 5) == start + fsync / 4)
    #expect(deadline(at: start + 200_000, 5) == start + fsync / 4)
    #expect(deadline(at: start + 240_000, 9) == start + 240_000 + fsync / 4)
    #expect(deadline(at: start + 240_000 + fsync / 4, 9) == nil)
  }

  @Test func whoeverComesItBeginsAfterTwiceAnFsync() {
    var gathering = gathering()
    var now = 2 * fsync
    var published: UInt64 = 1
    while let deadline = gathering.deadline(
      now: now, published: published, waiting(3, of: 50), isAcknowledged: published % 2 == 0)
    {
      #expect(deadline <= 4 * fsync)
      now += 100_000
      published += 1
    }
    #expect(now == 4 * fsync)
  }

  @Test func aShortFsyncIsNotWorthWaitingFor() {
    var gathering = AOFGathering()
    gathering.didSynchronize(from: 0, to: 200_000)
    // Two of them are shorter than what serving fifty takes, not what serving ten does.
    for (expected, isWaitedFor) in [(50, false), (10, true)] as [(UInt64, Bool)] {
      let deadline = gathering.deadline(
        now: 210_000, published: 5, waiting(3, of: expected), isAcknowledged: true)
      #expect((deadline != nil) == isWaitedFor)
    }
  }

  @Test func aSlowDiskIsNotWaitedForSoLong() {
    var gathering = AOFGathering()
    gathering.didSynchronize(from: 0, to: 1_000_000_000)
    let deadline = gathering.deadline(
      now: 1_000_000_000, published: 5, waiting(3, of: 50), isAcknowledged: true)
    #expect(deadline == 1_005_000_000)
  }
}
