import CNet
import Glibc

/// The open loop: requests leave at planned times, whether or not replies came.
extension Load {
  mutating func beginSchedule(rate: Double, _ now: UInt64) {
    let schedule = Schedule(
      start: now, rate: rate, pipeline: plan.pipeline, connectionCount: connections.count)
    self.schedule = schedule
    let warmUp = schedule.groupCount(seconds: plan.warmUpSeconds)
    switch plan.extent {
    case .requests(let count):
      groupCountMax = warmUp + (count + plan.pipeline - 1) / plan.pipeline
    case .seconds(let seconds):
      groupCountMax = max(1, schedule.groupCount(seconds: plan.warmUpSeconds + seconds))
    }
    // Spins, or naps by itself: a loop that sleeps until the next event wakes a millisecond late.
    apus_loop_set_busy(loop, true)
  }

  /// Sends what is due. Runs before each poll.
  mutating func sendDue() {
    guard let schedule, phase == .warmingUp || phase == .measuring else { return }
    let now = Clock.nanoseconds()
    startMeasuringIfDue(now)
    let due = min(schedule.dueGroupCount(now), groupCountMax)
    if due == groupCount { return nap(schedule, now) }
    let fresh = groupCount..<due
    groupCount = due
    for group in fresh {
      let connection = connections[group % connections.count]
      if !connection.pointee.isWriting {
        measurement.record(sendDelay: now - schedule.planned(group: group))
      }
      // The first visit sends all that the connection owes by now.
      sendOwed(connection, schedule)
    }
  }

  /// Leaves the core to others for a moment, where the plan says so: until the next request is due,
  /// or replies may have come.
  private func nap(_ schedule: Schedule, _ now: UInt64) {
    var wait = UInt64(plan.napMicroseconds) * 1000
    if groupCount < groupCountMax {
      let planned = schedule.planned(group: groupCount)
      wait = min(wait, planned > now ? planned - now : 0)
    }
    if wait == 0 { return }
    var time = timespec(tv_sec: Int(wait / 1_000_000_000), tv_nsec: Int(wait % 1_000_000_000))
    // Woken early it looks at the clock once more: nothing is lost.
    _ = clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nil)
  }

  /// Sends what a connection has to send by now, unless its socket is full: then the rest follows
  /// when the socket has taken what it has.
  mutating func sendOwed(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ schedule: Schedule
  ) {
    let due = schedule.requestCount(of: connection.pointee.index, groups: groupCount)
    while !connection.pointee.isWriting, connection.pointee.sentCount < due, phase != .closing {
      send(connection, min(due - connection.pointee.sentCount, batchCountMax))
    }
  }

  var isScheduleAnswered: Bool {
    guard let schedule, groupCount == groupCountMax else { return false }
    return connections.allSatisfy {
      $0.pointee.receivedCount
        == schedule.requestCount(of: $0.pointee.index, groups: groupCountMax)
    }
  }

  /// Counts and times the replies to the requests of a connection with these numbers.
  mutating func recordPlanned(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ numbers: Range<Int>, _ now: UInt64
  ) {
    guard let schedule else { return }
    for number in numbers {
      let planned = schedule.planned(request: number, connection: connection.pointee.index)
      if planned < measuredFrom { continue }
      measurement.requestCount &+= 1
      measurement.endNanoseconds = now
      measurement.record(latency: now &- planned, count: 1)
    }
  }
}
