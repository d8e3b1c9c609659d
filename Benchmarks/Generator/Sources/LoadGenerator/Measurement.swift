import Glibc
import Histogram

/// What a load has shown. Latencies are in nanoseconds, with three significant digits.
public struct Measurement {
  /// Longer ones are recorded as this: an hour.
  static let latencyNanosecondsMax: UInt64 = 3_600_000_000_000

  public internal(set) var latencies = Self.histogram()
  /// Open loop only: how much later than planned requests left, where the socket took them.
  public internal(set) var sendDelays = Self.histogram()
  /// Of all latencies. Their mean is asked for while the load runs, and the histogram takes
  /// milliseconds to find it, which would be measured as the server's.
  private var latencySum = 0.0
  /// Requests that were answered as expected.
  public internal(set) var requestCount = 0
  /// Replies that said that there is no such value; part of `requestCount`.
  public internal(set) var missCount = 0
  public internal(set) var startNanoseconds: UInt64 = 0
  public internal(set) var endNanoseconds: UInt64 = 0
  /// The generator's own, between start and end.
  public internal(set) var userSeconds = 0.0
  public internal(set) var systemSeconds = 0.0

  public var seconds: Double { Double(endNanoseconds &- startNanoseconds) / 1e9 }
  public var requestsPerSecond: Double { seconds > 0 ? Double(requestCount) / seconds : 0 }

  var meanNanoseconds: Double { requestCount > 0 ? latencySum / Double(requestCount) : 0 }

  private static func histogram() -> Histogram<UInt64> {
    Histogram(
      highestTrackableValue: latencyNanosecondsMax, numberOfSignificantValueDigits: .three)
  }

  @inline(__always)
  mutating func record(latency nanoseconds: UInt64, count: Int) {
    latencySum += Double(nanoseconds) * Double(count)
    _ = latencies.record(
      min(max(nanoseconds, 1), Self.latencyNanosecondsMax), count: UInt64(count))
  }

  mutating func record(sendDelay nanoseconds: UInt64) {
    _ = sendDelays.record(min(max(nanoseconds, 1), Self.latencyNanosecondsMax), count: 1)
  }
}

/// Times that a load reads.
enum Clock {
  @inline(__always)
  static func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }

  /// User and system time of this process.
  static func processSeconds() -> (user: Double, system: Double) {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return (seconds(usage.ru_utime), seconds(usage.ru_stime))
  }

  private static func seconds(_ time: timeval) -> Double {
    Double(time.tv_sec) + Double(time.tv_usec) / 1e6
  }
}
