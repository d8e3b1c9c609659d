import Testing

@testable import Engine

@Suite struct MemoryGroupTests {
  /// A process in group /a/b of cgroups version 2, on a machine with 8 GiB.
  static func unified(_ files: [String: String] = [:]) -> [String: String] {
    [
      "/proc/self/cgroup": "0::/a/b\n",
      "/proc/self/mountinfo":
        "22 1 0:20 / /sys rw - sysfs sysfs rw\n31 22 0:28 / /sys/fs/cgroup rw,nosuid shared:9 -"
        + " cgroup2 cgroup2 rw\n",
      "/proc/meminfo": "MemTotal:        8388608 kB\nMemFree: 1 kB\n",
      "/sys/fs/cgroup/cgroup.procs": "", "/sys/fs/cgroup/a/cgroup.procs": "",
      "/sys/fs/cgroup/a/b/cgroup.procs": "",
    ].merging(files) { $1 }
  }

  /// A process in group /a of version 1, which has a hierarchy for memory.
  static func separate(_ files: [String: String] = [:]) -> [String: String] {
    [
      "/proc/self/cgroup": "9:cpu,cpuacct:/x\n4:memory:/a\n0::/\n",
      "/proc/self/mountinfo":
        "34 31 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n35 31 0:32 /"
        + " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
      "/proc/meminfo": "MemTotal: 8388608 kB\n",
      "/sys/fs/cgroup/memory/cgroup.procs": "", "/sys/fs/cgroup/memory/a/cgroup.procs": "",
    ].merging(files) { $1 }
  }

  @Test func withoutALimitAllIsFine() {
    #expect(MemoryChecks.limit.outcome(Self.unified()) == .fine("none"))
    #expect(
      MemoryChecks.limit.outcome(Self.unified(["/sys/fs/cgroup/a/b/memory.max": "max\n"]))
        == .fine("none"))
    let path = "/sys/fs/cgroup/memory/a/memory.limit_in_bytes"
    #expect(
      MemoryChecks.limit.outcome(Self.separate([path: "9223372036854771712"])) == .fine("none"))
  }

  @Test func theLowestLimitUpTheTreeCounts() {
    let files = Self.unified([
      "/sys/fs/cgroup/a/b/memory.max": "4294967296", "/sys/fs/cgroup/a/memory.max": "1073741824",
      "/sys/fs/cgroup/a/b/memory.high": "max",
    ])
    let harm = MemoryChecks.limit.outcome(files).harm
    #expect(
      harm?.what
        == "The memory cgroup of this process allows 1.00G: /sys/fs/cgroup/a/memory.max.")
    #expect(harm?.remedies.first?.now == "echo max > /sys/fs/cgroup/a/memory.max")
    #expect(harm?.why.contains("kills the server") == true)
  }

  @Test func aThrottleIsToldAsSuch() {
    let files = Self.unified(["/sys/fs/cgroup/a/b/memory.high": "1048576"])
    #expect(MemoryChecks.limit.outcome(files).harm?.why.contains("kills") == false)
  }

  @Test func aLimitAboveTheMachineIsNone() {
    let files = Self.unified(["/sys/fs/cgroup/a/b/memory.max": "8589934592"])
    #expect(MemoryChecks.limit.outcome(files) == .fine("none"))
  }

  @Test(arguments: ["x", "", "-5 kB", "18446744073709551615 kB"])
  func whereTheMachinesMemoryIsNotSeenAnyLimitCounts(size: String) {
    let files = Self.unified([
      "/proc/meminfo": "MemTotal: \(size)", "/sys/fs/cgroup/a/b/memory.max": "8589934592",
    ])
    #expect(MemoryChecks.limit.outcome(files).harm != nil)
  }

  @Test func versionOne() {
    let path = "/sys/fs/cgroup/memory/a/memory.limit_in_bytes"
    let harm = MemoryChecks.limit.outcome(Self.separate([path: "536870912"])).harm
    #expect(harm?.what == "The memory cgroup of this process allows 512.00M: \(path).")
    #expect(harm?.remedies.first?.now == "echo -1 > \(path)")
  }

  /// A container sees its own group at the mount: by its path there, or as the root.
  @Test(arguments: ["4:memory:/docker/1f", "4:memory:/docker/1f/a", "4:memory:/../.."])
  func aContainerSeesItsGroupAtTheMount(line: String) {
    let files = Self.separate([
      "/proc/self/cgroup": line,
      "/proc/self/mountinfo":
        "35 31 0:32 /docker/1f /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory",
      "/sys/fs/cgroup/memory/memory.limit_in_bytes": "1048576",
    ])
    #expect(MemoryChecks.limit.outcome(files).harm?.what.contains("1.00M") == true)
  }

  @Test func whatIsMissingIsSkipped() {
    for path in ["/proc/self/cgroup", "/proc/self/mountinfo"] {
      var files = Self.unified()
      files[path] = nil
      #expect(MemoryChecks.limit.outcome(files).isSkipped)
    }
    let files = Self.unified().filter { !$0.key.hasSuffix("cgroup.procs") }
    #expect(MemoryChecks.limit.outcome(files).isSkipped)
  }

  @Test(arguments: nonsense) func nonsenseIsSkipped(content: String) {
    #expect(
      MemoryChecks.limit.outcome(Self.unified(["/sys/fs/cgroup/a/b/memory.max": content]))
        .isSkipped)
    #expect(
      MemoryChecks.limit.outcome(Self.unified(["/proc/self/cgroup": content])).isSkipped)
    #expect(
      MemoryChecks.limit.outcome(Self.unified(["/proc/self/mountinfo": content])).isSkipped)
  }

  @Test(arguments: ["- - - -", "1 2 3 4 5 -", "1 2 3 4 5 - cgroup2", "a b / c d e f g"])
  func mountsThatAreNotUnderstood(line: String) {
    #expect(MemoryChecks.limit.outcome(Self.unified(["/proc/self/mountinfo": line])).isSkipped)
  }
}
