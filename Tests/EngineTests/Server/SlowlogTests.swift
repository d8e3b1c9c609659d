import Testing

@testable import Engine

@Suite struct SlowlogTests {
  private func log(_ maximumCount: Int, entries: Int) -> Slowlog {
    var log = Slowlog()
    log.maximumCount = maximumCount
    for number in 0..<entries {
      log.add(
        [Array("\(number)".utf8)], client: ClientDetails(), microseconds: 5, atSecond: 7)
    }
    return log
  }

  @Test func newestFirst() {
    #expect(log(10, entries: 3).newest(2).map(\.id) == [2, 1])
    #expect(log(10, entries: 3).newest(.max).map(\.id) == [2, 1, 0])
    #expect(log(10, entries: 3).newest(0).isEmpty)
  }

  @Test func oldestAreDropped() {
    let log = log(4, entries: 1000)
    #expect(log.count == 4)
    #expect(log.newest(10).map(\.id) == [999, 998, 997, 996])
  }

  @Test func maximumCountAppliesAtOnce() {
    var log = log(10, entries: 10)
    log.maximumCount = 2
    #expect(log.newest(10).map(\.id) == [9, 8])
    log.maximumCount = 0
    log.add([], client: ClientDetails(), microseconds: 1, atSecond: 1)
    #expect(log.count == 0)
  }

  @Test func numbersGoOnAfterReset() {
    var log = log(10, entries: 3)
    log.reset()
    #expect(log.count == 0)
    log.add([], client: ClientDetails(), microseconds: 1, atSecond: 1)
    #expect(log.newest(1).map(\.id) == [3])
  }
}
