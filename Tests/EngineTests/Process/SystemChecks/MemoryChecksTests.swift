import Testing

@testable import Engine

@Suite struct MemoryChecksTests {
  private let overcommit = "/proc/sys/vm/overcommit_memory"
  private let reclaim = "/proc/sys/vm/zone_reclaim_mode"
  private let swappiness = "/proc/sys/vm/swappiness"
  private let title = "Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
  private var twoAreas: String {
    title + "/dev/vda2 partition 1048576 0 -2\n/swapfile file 1048576\t0\t-3\n"
  }

  @Test func overcommitIsOneOrHurts() {
    #expect(MemoryChecks.overcommit.outcome([overcommit: "1\n"]) == .fine("1"))
    for mode in ["0", "2"] {
      let harm = MemoryChecks.overcommit.outcome([overcommit: mode]).harm
      #expect(harm?.what.hasSuffix("vm.overcommit_memory is \(mode).") == true)
      #expect(harm?.remedies == [.parameter("vm.overcommit_memory", "1")])
    }
    #expect(MemoryChecks.overcommit.outcome([overcommit: "3"]).isSkipped)
    #expect(MemoryChecks.overcommit.outcome([:]).isSkipped)
  }

  @Test func zoneReclaimIsZeroOrHurts() {
    #expect(MemoryChecks.zoneReclaim.outcome([reclaim: "0"]) == .fine("0"))
    for mode in ["1", "7"] {
      let harm = MemoryChecks.zoneReclaim.outcome([reclaim: mode]).harm
      #expect(harm?.what == "vm.zone_reclaim_mode is \(mode).")
      #expect(harm?.remedies == [.parameter("vm.zone_reclaim_mode", "0")])
    }
    #expect(MemoryChecks.zoneReclaim.outcome([:]).isSkipped)
  }

  @Test func withoutSwapNothingIsSwapped() {
    #expect(MemoryChecks.swap.outcome(["/proc/swaps": title]) == .fine("none"))
  }

  @Test func swapHurtsByItsSwappiness() {
    let machine = ["/proc/swaps": twoAreas]
    let harm = MemoryChecks.swap.outcome(machine.merging([swappiness: "60\n"]) { $1 }).harm
    #expect(
      harm?.what == "The server may be swapped out: 2.00G in 2 area(s), swappiness 60.")
    #expect(harm?.remedies.map(\.now) == ["sysctl -w vm.swappiness=1", "swapoff -a"])
    for value in ["0", "1"] {
      #expect(
        MemoryChecks.swap.outcome(machine.merging([swappiness: value]) { $1 })
          == .fine("2.00G in 2 area(s), swappiness \(value)"))
    }
    #expect(MemoryChecks.swap.outcome(machine).isSkipped)
  }

  @Test(arguments: ["", "nothing", "F\n"]) func aListOfAreasHasATitle(content: String) {
    #expect(MemoryChecks.swap.outcome(["/proc/swaps": content, swappiness: "60"]).isSkipped)
  }

  @Test(arguments: [
    "x", "/dev/a partition", "/dev/a partition x 0 -2", "/dev/a partition -1 0 -2",
    "/dev/a partition 18446744073709551615 0 -2",
  ])
  func areasThatAreNotUnderstood(line: String) {
    #expect(
      MemoryChecks.swap.outcome(["/proc/swaps": title + line, swappiness: "60"]).isSkipped)
  }

  @Test func moreSwapThanNumbersHoldDoesNotTrap() {
    let line = "/dev/a partition 1125899906842623 0 -2\n"
    let areas = title + String(repeating: line, count: 40)
    #expect(
      MemoryChecks.swap.outcome(["/proc/swaps": areas, swappiness: "60"]).harm != nil)
  }

  @Test func aGroupMayForbidSwap() {
    var files = MemoryGroupTests.unified(["/sys/fs/cgroup/a/b/memory.swap.max": "0\n"])
    files.merge(["/proc/swaps": twoAreas, swappiness: "60"]) { $1 }
    #expect(
      MemoryChecks.swap.outcome(files)
        == .fine("2.00G in 2 area(s), but not for the server: its memory cgroup allows none"))
    files["/sys/fs/cgroup/a/b/memory.swap.max"] = "max\n"
    #expect(MemoryChecks.swap.outcome(files).harm != nil)
    files["/sys/fs/cgroup/a/memory.swap.max"] = "0"
    #expect(MemoryChecks.swap.outcome(files).harm == nil)
  }

  @Test func inVersionOneTheGroupsSwappinessCounts() {
    let path = "/sys/fs/cgroup/memory/a/memory.swappiness"
    var files = MemoryGroupTests.separate([path: "0"])
    files.merge(["/proc/swaps": twoAreas, swappiness: "60"]) { $1 }
    #expect(MemoryChecks.swap.outcome(files) == .fine("2.00G in 2 area(s), swappiness 0"))
    files[path] = "100"
    #expect(
      MemoryChecks.swap.outcome(files).harm?.remedies.first?.now == "echo 1 > \(path)")
  }
}
