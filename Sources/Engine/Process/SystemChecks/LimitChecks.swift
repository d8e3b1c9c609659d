/// How many clients may be there, and how many may wait to be.
enum LimitChecks {
  static let backlog = SystemCheck("backlog") { view, configuration throws(Unseen) in
    let path = "/proc/sys/net/core/somaxconn"
    let limit = try view.files.number(path)
    let backlog = configuration.integer(.tcpBacklog)
    if limit >= backlog { return .fine("net.core.somaxconn \(limit), tcp-backlog \(backlog)") }
    return .harm(
      Harm(
        "The TCP backlog setting of \(backlog) cannot be enforced because \(path) is set to the"
          + " lower value of \(limit).",
        because:
          "When more clients connect in one moment, the kernel drops their attempts, and they"
          + " try again after a second or more.",
        .parameter("net.core.somaxconn", String(backlog))))
  }

  /// The kernel bounds connections that are half open by the backlog. Only without SYN cookies does
  /// it also look at `tcp_max_syn_backlog`, whose last quarter it keeps for hosts that it knows.
  static let synBacklog = SystemCheck("syn-backlog") { view, configuration throws(Unseen) in
    if configuration.integer(.port) == 0 { return .fine("no TCP port") }
    let limit = try view.files.number("/proc/sys/net/ipv4/tcp_max_syn_backlog")
    let cookies = try view.files.number("/proc/sys/net/ipv4/tcp_syncookies")
    let found = "net.ipv4.tcp_max_syn_backlog is \(limit), net.ipv4.tcp_syncookies \(cookies)"
    let backlog = UInt64(configuration.integer(.tcpBacklog))
    if cookies != 0 || limit - limit / 4 >= backlog { return .fine(found) }
    return .harm(
      Harm(
        "\(found), tcp-backlog \(backlog).",
        because: "Connections that are half open fill three quarters of it before the backlog is"
          + " full; the attempts of further clients are dropped.",
        .parameter("net.ipv4.tcp_max_syn_backlog", String(backlog + backlog / 3 + 1))))
  }

  static let openFiles = SystemCheck("open-files") { view, configuration throws(Unseen) in
    guard let limit = view.openFilesMax else {
      throw Unseen(reason: "the limit of open files is not to be seen here")
    }
    let wanted = OpenFiles.wanted(by: configuration)
    let clients = configuration.integer(.maxclients)
    if limit >= wanted {
      return .fine("\(limit == .max ? "unlimited" : String(limit)), maxclients \(clients)")
    }
    let reserved = UInt64(OpenFiles.reserved)
    let fitting = limit > reserved ? limit - reserved : 0
    let remedy = Remedy(
      now: "ulimit -n \(wanted)",
      keep: "LimitNOFILE=\(wanted) in the [Service] section of the systemd unit")
    return .harm(
      Harm(
        "The process may open \(limit) files, and maxclients of \(clients) needs \(wanted).",
        because: fitting == 0
          ? "The server cannot start."
          : "The server takes \(fitting) clients and refuses the rest.",
        remedies: ceiling(view, below: wanted) + [remedy]))
  }

  /// Nobody's limit can be above what the kernel allows all.
  private static func ceiling(_ view: SystemView, below wanted: UInt64) -> [Remedy] {
    guard let highest = try? view.files.number("/proc/sys/fs/nr_open"), highest < wanted else {
      return []
    }
    return [.parameter("fs.nr_open", String(wanted))]
  }
}
