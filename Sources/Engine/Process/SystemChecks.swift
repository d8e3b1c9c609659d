import CAlloc
import CPrimitives
import CProcess

/// What about the system will hurt the server, told at start.
package enum SystemChecks {
  private static let overcommit =
    "Memory overcommit must be enabled! Without it, a background save or replication may"
    + " fail under low memory condition. Being disabled, it can also cause failures without low"
    + " memory condition, see https://github.com/jemalloc/jemalloc/issues/1328. To fix this issue"
    + " add 'vm.overcommit_memory = 1' to /etc/sysctl.conf and then reboot or run the command"
    + " 'sysctl vm.overcommit_memory=1' for this to take effect."

  private static let hugePages =
    "You have Transparent Huge Pages (THP) support enabled in your kernel. This will create"
    + " latency and memory usage issues with Redis. To fix this issue run the command 'echo madvise"
    + " > /sys/kernel/mm/transparent_hugepage/enabled' as root, and add it to your /etc/rc.local in"
    + " order to retain the setting after a reboot. Redis must be restarted after THP is disabled"
    + " (set to 'madvise' or 'never')."

  /// Turns off huge pages if `disable-thp` says so, and returns the warnings to log.
  package static func warnings(_ configuration: Configuration) -> [String] {
    var warnings: [String] = []
    let backlog = configuration.integer(.tcpBacklog)
    if let limit = number(in: "/proc/sys/net/core/somaxconn"), limit > 0, limit < backlog {
      warnings.append(
        "WARNING: The TCP backlog setting of \(backlog) cannot be enforced because"
          + " /proc/sys/net/core/somaxconn is set to the lower value of \(limit).")
    }
    if let mode = number(in: "/proc/sys/vm/overcommit_memory"), mode != 1 {
      warnings.append("WARNING " + overcommit)
    }
    if apus_process_huge_pages_are_always_on() {
      let isOff = configuration.boolean(.disableThp) && apus_process_disable_huge_pages() == 0
      if !isOff { warnings.append("WARNING " + hugePages) }
    }
    if !apus_alloc_classes_agree() {
      warnings.append(
        "WARNING The allocator's size classes are not those that memory is accounted by:"
          + " used_memory will be off.")
    }
    return warnings
  }

  private static let clock =
    "The kernel does not trust the processor's counter, so that every command costs a system call"
    + " to read the time. See /sys/devices/system/clocksource/clocksource0/current_clocksource,"
    + " and change it to 'tsc' if the hardware allows."

  /// The answer to `--check-system`: each check by its name, and whether there is nothing to warn
  /// of. A check whose facts the system does not tell is skipped.
  package static func report() -> (text: String, isFine: Bool) {
    let overcommitMode = number(in: "/proc/sys/vm/overcommit_memory")
    let results: [(name: String, isFine: Bool?, warning: String)] = [
      ("slow-clocksource", apus_ticks_are_trusted(), clock),
      ("overcommit", overcommitMode.map { $0 == 1 }, overcommit),
      ("THP", !apus_process_huge_pages_are_always_on(), hugePages),
    ]
    let lines = results.map { name, isFine, warning in
      guard let isFine else { return "[\(name)]...skipped\n" }
      return "[\(name)]..." + (isFine ? "OK\n" : "WARNING:\n\(warning)\n\n")
    }
    return (lines.joined(), results.allSatisfy { $0.isFine != false })
  }

  private static func number(in path: String) -> Int? {
    guard let bytes = try? FileContent.read(path) else { return nil }
    return Int(String(decoding: ConfigurationText.trimmed(bytes), as: UTF8.self))
  }
}
