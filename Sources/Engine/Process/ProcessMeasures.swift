import CProcess
import Glibc

/// What the system says about this process, for INFO.
package enum ProcessMeasures {
  /// Time spent on a processor, in microseconds.
  package struct Times {
    package let userMicroseconds: Int64
    package let systemMicroseconds: Int64

    fileprivate init(_ who: apus_process_who) {
      let times = apus_process_cpu_times(who)
      userMicroseconds = times.user_microseconds
      systemMicroseconds = times.system_microseconds
    }
  }

  package static var ownTimes: Times { Times(APUS_PROCESS_SELF) }
  package static var childrenTimes: Times { Times(APUS_PROCESS_CHILDREN) }
  /// Of the thread that asks.
  package static var threadTimes: Times { Times(APUS_PROCESS_THREAD) }

  package static var memory: (residentBytes: Int, virtualBytes: Int) {
    var resident = 0
    var mapped = 0
    apus_process_memory(&resident, &mapped)
    return (resident, mapped)
  }

  /// System, release and machine, as in `Linux 6.1.0 x86_64`.
  package static var operatingSystem: String {
    var system = apus_process_system()
    apus_process_uname(&system)
    return withUnsafeBytes(of: system) { bytes in
      let field = MemoryLayout.size(ofValue: system.sysname)
      return (0..<3).map { index in
        let text = bytes[(index * field)..<((index + 1) * field)].prefix { $0 != 0 }
        return String(decoding: text, as: UTF8.self)
      }.joined(separator: " ")
    }
  }

  /// The absolute path of the program, or its name if the system does not say.
  package static var executable: String {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    guard count > 0 else { return CommandLine.arguments.first ?? "apus-server" }
    return String(
      decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
