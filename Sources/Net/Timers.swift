import CNet
import Engine

/// The timer that calls the engine's cron.
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

  private static func periodMilliseconds(_ frequency: Int) -> UInt64 {
    UInt64(1000 / min(max(frequency, 1), 500))
  }
}
