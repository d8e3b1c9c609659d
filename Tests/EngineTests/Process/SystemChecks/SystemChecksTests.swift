import Testing

@testable import Engine

@Suite struct SystemChecksTests {
  private static let thp = "/sys/kernel/mm/transparent_hugepage"
  private static let good: [String: String] = MemoryGroupTests.unified([
    "/sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "/proc/sys/vm/overcommit_memory": "1\n", thp + "/enabled": "always [madvise] never\n",
    thp + "/defrag": "[madvise]", thp + "/khugepaged/defrag": "1\n",
    "/proc/sys/net/core/somaxconn": "4096\n", "/proc/sys/net/ipv4/tcp_max_syn_backlog": "2048\n",
    "/proc/sys/net/ipv4/tcp_syncookies": "1\n",
    "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor": "performance\n",
    "/proc/swaps": "Filename Type Size Used Priority\n", "/proc/sys/vm/zone_reclaim_mode": "0\n",
  ])

  private func report(_ files: [String: String], openFilesMax: UInt64? = 20_000)
    -> (text: String, isFine: Bool)
  {
    let machine = MadeUpSystem(files)
    let view = SystemView(files: machine.files, openFilesMax: openFilesMax)
    return withExtendedLifetime(machine) { SystemChecks.report(testConfiguration(), view) }
  }

  @Test func aGoodMachineHasNothingToWarnOf() {
    let report = report(Self.good)
    #expect(report.isFine)
    let lines = report.text.split(separator: "\n")
    #expect(lines.count == SystemChecks.all.count)
    #expect(lines.allSatisfy { $0.contains("]...OK: ") }, "\(report.text)")
  }

  @Test func aMachineThatShowsNothingIsNeitherGoodNorBad() {
    let report = report([:], openFilesMax: nil)
    #expect(report.isFine)
    let lines = report.text.split(separator: "\n")
    #expect(lines.count == SystemChecks.all.count)
    #expect(lines.allSatisfy { $0.contains("]...skipped: ") }, "\(report.text)")
  }

  @Test(arguments: nonsense) func noNonsenseIsTakenForGood(content: String) {
    var files = Self.good.mapValues { _ in content }
    // Only that it is there counts.
    for path in files.keys where path.hasSuffix("cgroup.procs") { files[path] = "" }
    let text = report(files, openFilesMax: nil).text
    // The name of a governor or a clock source may be any word.
    let mayTell = ["cpu-frequency", "slow-clocksource"]
    for line in text.split(separator: "\n") where line.hasPrefix("[") {
      if mayTell.contains(where: { line.hasPrefix("[\($0)]") }) { continue }
      #expect(line.contains("]...skipped: "), "\(line)")
    }
    #expect(!text.contains("]...OK"), "\(text)")
  }

  @Test func whatHurtsIsToldAtStartInTheSameWords() {
    var files = Self.good
    files["/proc/sys/vm/overcommit_memory"] = "0"
    files["/proc/sys/net/core/somaxconn"] = "128"
    files[Self.thp + "/enabled"] = "[always]"
    let machine = MadeUpSystem(files)
    let view = SystemView(files: machine.files, openFilesMax: 20_000)
    withExtendedLifetime(machine) {
      let warnings = SystemChecks.warnings(testConfiguration(), view)
      #expect(warnings.count == 3)
      #expect(warnings.allSatisfy { $0.hasPrefix("WARNING ") && !$0.contains("\n") })
      let report = SystemChecks.report(testConfiguration(), view)
      #expect(!report.isFine)
      for check in SystemChecks.atStart {
        let harm = check.outcome(machine).harm
        #expect(harm.map { report.text.contains($0.paragraph) } == true)
        #expect(harm.map { warnings.contains($0.line) } == true)
      }
    }
  }

  @Test func aWarningSaysWhatWhyAndHow() {
    let harm = Harm("A is 1.", because: "It is slow.", .parameter("vm.a", "2"))
    #expect(
      harm.paragraph
        == "A is 1.\nIt is slow.\n  now:  sysctl -w vm.a=2\n"
        + "  keep: echo 'vm.a = 2' >> /etc/sysctl.d/90-apus.conf\n")
    #expect(
      harm.line
        == "WARNING A is 1. It is slow. To fix this issue run the command 'sysctl -w vm.a=2' as"
        + " root; to keep it after a reboot: echo 'vm.a = 2' >> /etc/sysctl.d/90-apus.conf.")
  }
}
