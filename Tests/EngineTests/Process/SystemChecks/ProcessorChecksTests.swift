import CPrimitives
import Testing

@testable import Engine

@Suite struct ProcessorChecksTests {
  private static let clock = "/sys/devices/system/clocksource/clocksource0"
  private let current = clock + "/current_clocksource"
  private let available = clock + "/available_clocksource"
  private static let policies = "/sys/devices/system/cpu/cpufreq"

  private func policy(_ number: Int, _ governor: String, limit: Int = 3_000_000)
    -> [String: String]
  {
    let folder = "\(Self.policies)/policy\(number)"
    return [
      folder + "/scaling_governor": governor, folder + "/scaling_max_freq": "\(limit)\n",
      folder + "/cpuinfo_max_freq": "3000000\n",
    ]
  }

  @Test(arguments: ["tsc", "kvm-clock"]) func trustedCounters(name: String) {
    #expect(ProcessorChecks.clockSource.outcome([current: name + "\n"]) == .fine(name))
  }

  #if arch(x86_64)
    @Test func aSlowSourceHurtsAndABetterOneIsNamed() {
      let files = [current: "hpet\n", available: "hpet acpi_pm tsc \n"]
      let harm = ProcessorChecks.clockSource.outcome(files).harm
      #expect(harm?.what == "Slow system clocksource detected: hpet.")
      #expect(harm?.remedies.map(\.now) == ["echo tsc > \(current)"])
    }

    @Test(arguments: ["hpet acpi_pm", "", "[tsc]"])
    func whereThereIsNoBetterOneNoneIsNamed(names: String) {
      let harm = ProcessorChecks.clockSource.outcome([current: "hpet", available: names]).harm
      #expect(harm?.remedies.isEmpty == true)
      #expect(ProcessorChecks.clockSource.outcome([current: "hpet"]).harm?.remedies.isEmpty == true)
    }
  #endif

  @Test(arguments: ["", "two words", "\u{1b}", "[tsc]"]) func nonsenseIsSkipped(content: String) {
    #expect(ProcessorChecks.clockSource.outcome([current: content]).isSkipped)
    #expect(ProcessorChecks.frequency.outcome(policy(0, content)).isSkipped)
    #expect(ProcessorChecks.clockSource.outcome([:]).isSkipped)
  }

  @Test func withoutFrequenciesThereIsNothingToSee() {
    #expect(ProcessorChecks.frequency.outcome([:]).isSkipped)
    #expect(ProcessorChecks.frequency.outcome([Self.policies + "/boost": "1"]).isSkipped)
  }

  @Test func theGovernorIsPerformanceOrHurts() {
    let fast = policy(0, "performance\n").merging(policy(1, "performance")) { $1 }
    #expect(ProcessorChecks.frequency.outcome(fast) == .fine("performance for 2 policies"))
    let mixed = fast.merging(policy(2, "powersave\n").merging(policy(3, "schedutil")) { $1 }) { $1 }
    let harm = ProcessorChecks.frequency.outcome(mixed).harm
    #expect(harm?.what == "The CPU frequency governor is powersave, schedutil for 2 of 4 policies.")
    let pattern = Self.policies + "/policy*/scaling_governor"
    #expect(harm?.remedies == [.file(pattern, "performance")])
    #expect(harm?.remedies.first?.now == "echo performance | tee \(pattern)")
  }

  @Test func aLimitBelowTheProcessorsBestHurts() {
    let harm = ProcessorChecks.frequency.outcome(policy(0, "performance", limit: 1_500_000)).harm
    #expect(harm?.what.contains("1500 MHz of 3000 MHz") == true)
    #expect(harm?.remedies.first?.now.hasPrefix("echo 3000000 > ") == true)
    var files = policy(0, "performance")
    files["\(Self.policies)/policy0/cpuinfo_max_freq"] = "fast"
    #expect(ProcessorChecks.frequency.outcome(files).isSkipped)
  }
}
