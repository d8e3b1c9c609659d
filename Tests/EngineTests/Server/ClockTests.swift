import CPrimitives
import Testing

@testable import Engine

@Suite struct ClockTests {
  /// Waits until the system's clock has moved on by so many nanoseconds.
  private func wait(_ nanoseconds: UInt64) {
    let start = apus_monotonic_nanoseconds()
    while apus_monotonic_nanoseconds() - start < nanoseconds {}
  }

  @Test func timeStandsStillBetweenReadings() {
    var clock = Clock()
    let (monotonic, wall) = (clock.advance(), clock.wallMilliseconds)
    wait(3_000_000)
    #expect(clock.nanoseconds == monotonic)
    #expect(clock.wallMilliseconds == wall)
    #expect(clock.advance() > monotonic)
    #expect(clock.wallMilliseconds > wall)
  }

  @Test func timeNeverGoesBack() {
    var clock = Clock()
    var last = clock.nanoseconds
    for round in 0..<100_000 {
      if round % 1000 == 0 { clock.synchronize() }
      let next = clock.advance()
      #expect(next >= last)
      last = next
    }
  }

  /// Without being put right for a while it stays near the system's clocks.
  @Test func itAgreesWithTheSystem() {
    var clock = Clock()
    for _ in 0..<10 {
      wait(5_000_000)
      let before = apus_monotonic_nanoseconds()
      let (now, wall) = (clock.advance(), clock.wallMilliseconds)
      let after = apus_monotonic_nanoseconds()
      let systemWall = Int64(apus_wall_nanoseconds() / 1_000_000)
      // Ten milliseconds of calibration are right to a thousandth.
      #expect(now + 1_000_000 >= before)
      #expect(now <= after + 1_000_000)
      #expect(wall >= systemWall - 2 - Int64(after - before) / 1_000_000)
      #expect(wall <= systemWall + 1)
    }
  }

  /// A millisecond of wall time begins where it does in the system, not where the turn began.
  @Test func wallTimeMovesInWholeMilliseconds() {
    var clock = Clock()
    let (startWall, start) = (clock.wallMilliseconds, clock.nanoseconds)
    wait(20_000_000)
    let passed = Int64((clock.advance() - start) / 1_000_000)
    #expect((passed...passed + 1).contains(clock.wallMilliseconds - startWall))
  }
}
