import Core

/// How the kernel hands out memory and takes it back.
enum MemoryChecks {
  static let overcommit = SystemCheck("overcommit") { view, _ throws(Unseen) in
    let path = "/proc/sys/vm/overcommit_memory"
    let mode = try view.files.number(path)
    if mode == 1 { return .fine("1") }
    guard mode == 0 || mode == 2 else { throw view.files.nonsense(path, String(mode)) }
    return .harm(
      Harm(
        "Memory overcommit must be enabled! vm.overcommit_memory is \(mode).",
        because: "Without it, a background save or replication may fail under low memory condition,"
          + " because a fork counts as if all memory were copied. Being disabled, it can also cause"
          + " failures without low memory condition, see"
          + " https://github.com/jemalloc/jemalloc/issues/1328.",
        .parameter("vm.overcommit_memory", "1")))
  }

  static let zoneReclaim = SystemCheck("zone-reclaim") { view, _ throws(Unseen) in
    let mode = try view.files.number("/proc/sys/vm/zone_reclaim_mode")
    if mode == 0 { return .fine("0") }
    return .harm(
      Harm(
        "vm.zone_reclaim_mode is \(mode).",
        because: "Where a NUMA node is full, the kernel makes the server wait until it has taken"
          + " back pages there, though another node has memory free.",
        .parameter("vm.zone_reclaim_mode", "0")))
  }

  static let swap = SystemCheck("swap") { view, _ throws(Unseen) in
    let areas = try swapAreas(view.files)
    if areas.isEmpty { return .fine("none") }
    let bytes = areas.reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
    let found = "\(NumberText.bytes(Int(clamping: bytes))) in \(areas.count) area(s)"
    let group = try? MemoryGroup.own(view.files)
    if let group, group.mayNotSwap(view.files) {
      return .fine("\(found), but not for the server: its memory cgroup allows none")
    }
    let path = group?.swappinessPath(view.files) ?? "/proc/sys/vm/swappiness"
    let swappiness = try view.files.number(path)
    if swappiness <= 1 { return .fine("\(found), swappiness \(swappiness)") }
    let remedy =
      path.hasPrefix("/proc/") ? .parameter("vm.swappiness", "1") : Remedy.file(path, "1")
    return .harm(
      Harm(
        "The server may be swapped out: \(found), swappiness \(swappiness).",
        because:
          "A command that touches a page on disk takes milliseconds, and all clients wait for"
          + " it.",
        remedy, Remedy(now: "swapoff -a", keep: "comment the swap lines of /etc/fstab out")))
  }

  /// The size of each swap area in bytes.
  private static func swapAreas(_ files: SystemFiles) throws(Unseen) -> [UInt64] {
    let path = "/proc/swaps"
    let text = try files.text(path)
    let lines = text.split(separator: "\n")
    guard let title = lines.first, title.hasPrefix("Filename") else {
      throw files.nonsense(path, text)
    }
    var areas: [UInt64] = []
    for line in lines.dropFirst() {
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard fields.count >= 5, let kibibytes = UInt64(fields[2]), kibibytes < 1 << 50 else {
        throw files.nonsense(path, String(line))
      }
      areas.append(kibibytes << 10)
    }
    return areas
  }

  static let limit = SystemCheck("memory-limit") { view, _ throws(Unseen) in
    let group = try MemoryGroup.own(view.files)
    let limits = try group.limits(view.files)
    guard let (path, bytes) = limits.min(by: { $0.bytes < $1.bytes }) else { return .fine("none") }
    let shown = NumberText.bytes(Int(clamping: bytes))
    let isThrottle = path.hasSuffix(".high")
    return .harm(
      Harm(
        "The memory cgroup of this process allows \(shown): \(path).",
        because: isThrottle
          ? "Beyond it the kernel makes the server wait at each page it takes."
          : "Beyond it the kernel kills the server, and near it each new page waits until another"
            + " one has been taken back. What limits the data must be lower.",
        Remedy(
          now: "echo \(group.unlimited) > \(path)",
          keep: "set MemoryMax= and MemoryHigh= of the systemd unit, or the container's limit")))
  }
}
