import Testing

@testable import LoadGenerator

@Suite struct ScheduleTests {
  private let schedule = Schedule(start: 1_000, rate: 1e6, pipeline: 4, connectionCount: 3)

  @Test func groupsLeaveAtEvenDistances() {
    #expect((0..<4).map(schedule.planned(group:)) == [1_000, 5_000, 9_000, 13_000])
    #expect(schedule.dueGroupCount(999) == 0)
    #expect(schedule.dueGroupCount(1_000) == 1)
    #expect(schedule.dueGroupCount(4_999) == 1)
    #expect(schedule.dueGroupCount(5_000) == 2)
  }

  @Test func theTimeOfARequestFollowsFromItsNumber() {
    // Connection 1 has the groups 1, 4, 7.
    #expect(schedule.planned(request: 0, connection: 1) == schedule.planned(group: 1))
    #expect(schedule.planned(request: 3, connection: 1) == schedule.planned(group: 1))
    #expect(schedule.planned(request: 4, connection: 1) == schedule.planned(group: 4))
    #expect(schedule.planned(request: 11, connection: 1) == schedule.planned(group: 7))
  }

  @Test func everyGroupBelongsToOneConnection() {
    for groups in 0..<20 {
      let counts = (0..<3).map { schedule.requestCount(of: $0, groups: groups) }
      #expect(counts.reduce(0, +) == groups * 4)
      #expect(counts == counts.sorted(by: >))
    }
  }

  @Test func aTimeHoldsAsManyGroupsAsTheRateSays() {
    #expect(schedule.groupCount(seconds: 1) == 250_000)
    #expect(schedule.groupCount(seconds: 0) == 0)
  }
}
