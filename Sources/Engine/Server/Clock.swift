import CPrimitives

/// Time as commands see it: read once for each command, from the processor's counter.
///
/// A system call's worth of work (25 ns even through the vDSO) would be a fifth of a GET. Ticks are
/// turned into nanoseconds by a multiplication; at every turn the two clocks are compared and the
/// offset put right, so that the error is that of one turn. Where the kernel does not trust the
/// counter, neither do we, and read the clock.
package struct Clock {
  /// Monotonic nanoseconds, as of the last reading.
  package private(set) var nanoseconds: UInt64 = 0
  /// Unix time in milliseconds, as of the last reading.
  package private(set) var wallMilliseconds: Int64 = 0
  private var baseTicks: UInt64 = 0
  private var baseNanoseconds: UInt64 = 0
  private var nextMillisecondAt: UInt64 = 0
  private var multiplier: UInt64 = 0
  private let isTrusted: Bool

  package init() {
    isTrusted = apus_ticks_are_trusted()
    if isTrusted { calibrate() }
    synchronize()
  }

  /// Compares both clocks over ten milliseconds.
  private mutating func calibrate() {
    let startTicks = apus_ticks()
    let start = apus_monotonic_nanoseconds()
    var end = start
    while end - start < 10_000_000 { end = apus_monotonic_nanoseconds() }
    let ticks = apus_ticks() - startTicks
    multiplier = UInt64(Double(end - start) / Double(ticks) * 4_294_967_296)
  }

  /// Reads the system's clocks: once a turn.
  package mutating func synchronize() {
    baseTicks = apus_ticks()
    baseNanoseconds = max(apus_monotonic_nanoseconds(), nanoseconds)
    nanoseconds = baseNanoseconds
    let wall = apus_wall_nanoseconds()
    wallMilliseconds = Int64(wall / 1_000_000)
    nextMillisecondAt = nanoseconds + (1_000_000 - wall % 1_000_000)
  }

  /// The system's monotonic nanoseconds, for who has no clock of the engine, such as a child.
  static var systemNanoseconds: UInt64 { apus_monotonic_nanoseconds() }

  /// Moves time on and returns it. Between two calls it stands still.
  @inline(__always)
  package mutating func advance() -> UInt64 {
    if isTrusted {
      let ticks = apus_ticks() &- baseTicks
      nanoseconds = baseNanoseconds &+ apus_ticks_to_nanoseconds(ticks, multiplier)
    } else {
      nanoseconds = apus_monotonic_nanoseconds()
    }
    if nanoseconds >= nextMillisecondAt { advanceWall() }
    return nanoseconds
  }

  @inline(never)
  private mutating func advanceWall() {
    let passed = (nanoseconds - nextMillisecondAt) / 1_000_000 + 1
    wallMilliseconds += Int64(passed)
    nextMillisecondAt += passed * 1_000_000
  }
}
