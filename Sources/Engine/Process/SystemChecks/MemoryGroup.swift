/// The memory cgroup of this process, in either version of cgroups.
struct MemoryGroup {
  /// The group's folder, then those it lies in up to the mount.
  let folders: [String]
  private let isUnified: Bool

  /// What a limit's file takes for none.
  var unlimited: String { isUnified ? "max" : "-1" }

  static func own(_ files: SystemFiles) throws(Unseen) -> MemoryGroup {
    let path = "/proc/self/cgroup"
    let lines = try files.text(path).split(separator: "\n").map {
      $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    }.filter { $0.count == 3 && $0[2].hasPrefix("/") }
    // Where both versions are mounted, memory belongs to the one that names it.
    let line =
      lines.first { $0[1].split(separator: ",").contains("memory") }
      ?? lines.first { $0[0] == "0" && $0[1].isEmpty }
    guard let line else { throw Unseen(reason: "\(path) names no memory cgroup") }
    let isUnified = line[1].isEmpty
    let mount = try Self.mount(files, isUnified: isUnified)
    return MemoryGroup(
      folders: try folders(files, of: line[2], in: mount), isUnified: isUnified)
  }

  private struct Mount {
    let folder: String
    /// The group that is seen at `folder`.
    let group: String
  }

  private static func mount(_ files: SystemFiles, isUnified: Bool) throws(Unseen) -> Mount {
    let path = "/proc/self/mountinfo"
    for line in try files.text(path).split(separator: "\n") {
      let fields = line.split(separator: " ").map(String.init)
      guard let dash = fields.firstIndex(of: "-"), dash >= 5, fields.count >= dash + 3 else {
        continue
      }
      let options = (fields.last ?? "").split(separator: ",")
      let isIt =
        isUnified
        ? fields[dash + 1] == "cgroup2" : fields[dash + 1] == "cgroup" && options.contains("memory")
      if isIt { return Mount(folder: fields[4], group: fields[3]) }
    }
    throw Unseen(reason: "\(path) shows no mount of the memory cgroups")
  }

  /// A container sees its own group, or only that, at the mount, under whatever path it is told.
  private static func folders(
    _ files: SystemFiles, of group: String, in mount: Mount
  ) throws(Unseen) -> [String] {
    var names = group.split(separator: "/").map(String.init)
    let above = mount.group.split(separator: "/").map(String.init)
    if names.starts(with: above) { names.removeFirst(above.count) }
    if names.contains("..") { names = [] }
    let folders = (0...names.count).reversed().map { count in
      ([mount.folder] + names[..<count]).joined(separator: "/")
    }
    let seen = folders.filter { files.exists($0 + "/cgroup.procs") }
    guard !seen.isEmpty else {
      throw Unseen(reason: "\(folders.first ?? mount.folder) is not to be seen here")
    }
    return seen
  }

  /// The limits of memory that are lower than what the machine has, with the files that set them.
  func limits(_ files: SystemFiles) throws(Unseen) -> [(path: String, bytes: UInt64)] {
    let machine = Self.machineBytes(files)
    let names = isUnified ? ["memory.max", "memory.high"] : ["memory.limit_in_bytes"]
    var limits: [(path: String, bytes: UInt64)] = []
    for path in folders.flatMap({ folder in names.map { "\(folder)/\($0)" } })
    where files.exists(path) {
      if isUnified, try files.text(path) == "max" { continue }
      let bytes = try files.number(path)
      if bytes < machine { limits.append((path, bytes)) }
    }
    return limits
  }

  /// Version 1 writes "no limit" as the largest number of pages.
  private static func machineBytes(_ files: SystemFiles) -> UInt64 {
    let none: UInt64 = 1 << 62
    guard let text = try? files.text("/proc/meminfo") else { return none }
    for line in text.split(separator: "\n") {
      let fields = line.split(whereSeparator: \.isWhitespace)
      guard fields.count >= 2, fields[0] == "MemTotal:" else { continue }
      guard let kibibytes = UInt64(fields[1]), kibibytes < 1 << 50 else { return none }
      return kibibytes << 10
    }
    return none
  }

  /// Whether the group, or one it lies in, keeps its processes out of swap.
  func mayNotSwap(_ files: SystemFiles) -> Bool {
    isUnified && folders.contains { (try? files.number($0 + "/memory.swap.max")) == 0 }
  }

  /// The group's own swappiness, which stands for the system's where there is one.
  func swappinessPath(_ files: SystemFiles) -> String? {
    guard !isUnified, let folder = folders.first else { return nil }
    let path = folder + "/memory.swappiness"
    return files.exists(path) ? path : nil
  }
}
