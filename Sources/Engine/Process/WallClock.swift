import CProcess
import Glibc

/// The time of day, for people. What commands see comes from the engine's own clock.
package enum WallClock {
  /// Milliseconds since 1970.
  package static func milliseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
  }

  /// `dd Mon yyyy hh:mm:ss.mmm` in the time zone of the system.
  package static func text(atMilliseconds milliseconds: Int64) -> String {
    var buffer = [CChar](repeating: 0, count: 64)
    apus_process_format_time(milliseconds, &buffer, buffer.count)
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
