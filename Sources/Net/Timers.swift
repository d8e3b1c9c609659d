import CNet
import CPrimitives
import Engine

/// The timers: one calls the engine's cron, the other begins a turn when something is due.
extension EventLoop {
  /// Calls `tick` as often as `hz` says. libuv runs timers before it polls, so that what a tick
  /// causes is sent before the loop waits.
  package mutating func startTicking() {
    let period = Self.periodMilliseconds(server.pointee.settings.tickFrequency)
    let context = withUnsafeMutablePointer(to: &self) { UnsafeMutableRawPointer($0) }
    let tick: @convention(c) (UnsafeMutableRawPointer?) -> Void = {
      EventLoop.at($0).pointee.server.pointee.tick()
    }
    ticker = apus_timer_start(loop, period, tick, context)
  }

  package func setTickFrequency(_ frequency: Int) {
    guard let ticker else { return }
    apus_timer_set_period(ticker, Self.periodMilliseconds(frequency))
  }

  /// Sets the alarm to the engine's next deadline. It may fire a little early, because libuv counts
  /// from the beginning of its turn; nothing is due then, and it is set again.
  mutating func setAlarm() {
    alarmAt = server.pointee.nextDeadline
    guard let alarm = alarm ?? makeAlarm() else { return }
    self.alarm = alarm
    if alarmAt == .max { return apus_timer_stop(alarm) }
    let now = apus_monotonic_nanoseconds()
    let delay = alarmAt > now ? (alarmAt - now) / 1_000_000 + 1 : 0
    apus_timer_fire_once(alarm, delay)
  }

  private mutating func makeAlarm() -> OpaquePointer? {
    let context = withUnsafeMutablePointer(to: &self) { UnsafeMutableRawPointer($0) }
    return apus_timer_start(
      loop, 0,
      {
        let loop = EventLoop.at($0)
        loop.pointee.alarmAt = .max
        loop.pointee.executeTurn()
      }, context)
  }

  private static func periodMilliseconds(_ frequency: Int) -> UInt64 {
    UInt64(1000 / min(max(frequency, 1), 500))
  }
}
