import Testing

@testable import Engine

@Suite struct InstantaneousRateTests {
  @Test func aSteadyCounterShowsItsRateAfterSixteenSamples() {
    var rate = InstantaneousRate()
    for sample in 0...16 { rate.sample(UInt64(sample * 50), at: UInt64(1 + sample) * 100_000_000) }
    #expect(abs(rate.perSecond - 500) < 0.001)
  }

  @Test func theFirstSampleOnlySaysWhereItStarts() {
    var rate = InstantaneousRate()
    rate.sample(1_000_000, at: 1)
    #expect(rate.perSecond == 0)
  }

  @Test func aCounterThatWasResetHasNoGrowth() {
    var rate = InstantaneousRate()
    rate.sample(1000, at: 1)
    rate.sample(10, at: 1_000_000_001)
    #expect(rate.perSecond == 0)
    rate.sample(10, at: 1_000_000_001)
    #expect(rate.perSecond == 0)
  }
}
