import CPrimitives

/// The processor's clock and its pace.
enum ProcessorChecks {
  static let clockSource = SystemCheck("slow-clocksource") { view, _ throws(Unseen) in
    let folder = "/sys/devices/system/clocksource/clocksource0"
    let name = try view.files.name(folder + "/current_clocksource")
    if apus_clock_source_is_trusted(name) { return .fine(name) }
    let others = ((try? view.files.text(folder + "/available_clocksource")) ?? "")
      .split(whereSeparator: \.isWhitespace).map(String.init)
    let what = "Slow system clocksource detected: \(name)."
    let why =
      "The kernel does not trust the processor's counter, so that the server asks the kernel for"
      + " the time at every command."
    guard let better = others.first(where: { apus_clock_source_is_trusted($0) }) else {
      return .harm(
        Harm(
          what,
          because: "\(why) It offers none that is faster"
            + " (\(others.isEmpty ? "none seen" : others.joined(separator: " ")));"
            + " 'dmesg | grep -i -e tsc -e clocksource' says why, and the host of a virtual machine"
            + " can change it."))
    }
    return .harm(
      Harm(
        what, because: why,
        Remedy(
          now: "echo \(better) > \(folder)/current_clocksource",
          keep: "add clocksource=\(better) to the kernel's command line: GRUB_CMDLINE_LINUX in"
            + " /etc/default/grub, then update-grub")))
  }

  private static let policies = "/sys/devices/system/cpu/cpufreq/policy*"

  static let frequency = SystemCheck("cpu-frequency") { view, _ throws(Unseen) in
    let files = view.files
    let paths = files.matches(policies + "/scaling_governor")
    guard !paths.isEmpty else {
      throw Unseen(reason: "\(policies) is not to be seen here: something else sets the pace")
    }
    var slow: [String] = []
    for path in paths {
      let governor = try files.name(path)
      if governor != "performance" { slow.append(governor) }
    }
    if let first = slow.first {
      let names = Set(slow).count == 1 ? first : Set(slow).sorted().joined(separator: ", ")
      return .harm(
        Harm(
          "The CPU frequency governor is \(names) for \(slow.count) of \(paths.count) policies.",
          because: "A processor that slows down while it waits needs its time to speed up again:"
            + " single requests take longer, and figures depend on the load before.",
          .file(policies + "/scaling_governor", "performance")))
    }
    return try capped(files) ?? .fine("performance for \(paths.count) policies")
  }

  /// A limit of the frequency below what the processor has.
  private static func capped(_ files: SystemFiles) throws(Unseen) -> Finding? {
    for path in files.matches(policies + "/scaling_max_freq") {
      let own = String(path.dropLast("scaling_max_freq".count)) + "cpuinfo_max_freq"
      let (limit, best) = (try files.number(path), try files.number(own))
      if limit >= best { continue }
      return .harm(
        Harm(
          "The CPU frequency is limited to \(limit / 1000) MHz of \(best / 1000) MHz: \(path).",
          because: "The server is as fast as the one core it runs on.",
          .file(path, String(best))))
    }
    return nil
  }
}
