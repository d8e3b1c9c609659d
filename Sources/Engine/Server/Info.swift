import Core

/// INFO's sections, in the order in which they are written.
enum InfoSection: String, CaseIterable {
  case server, clients, memory, persistence, stats, replication, cpu, modules, commandstats
  case errorstats, latencystats, cluster, keyspace, debug

  /// What INFO without arguments, or with `default`, shows.
  static let byDefault: Set<InfoSection> = Set(allCases).subtracting([
    .commandstats, .latencystats, .debug,
  ])
  /// What `all` and `everything` show: there are no modules with sections of their own.
  static let all: Set<InfoSection> = Set(allCases).subtracting([.debug])

  /// The sections that INFO's arguments name; unknown names are none.
  static func named(_ names: [String]) -> Set<InfoSection> {
    if names.isEmpty { return byDefault }
    var sections: Set<InfoSection> = []
    for name in names {
      switch name {
      case "default": sections.formUnion(byDefault)
      case "all", "everything": sections.formUnion(all)
      case "module_list": sections.insert(.modules)
      default: if let section = InfoSection(rawValue: name) { sections.insert(section) }
      }
    }
    return sections
  }
}

extension Server {
  /// The text of INFO.
  mutating func info(_ sections: Set<InfoSection>) -> [UInt8] {
    var text = InfoText()
    statistics.notePeakMemory()
    for section in InfoSection.allCases where sections.contains(section) {
      switch section {
      case .server: writeServer(&text)
      case .clients: writeClients(&text)
      case .memory: writeMemory(&text)
      case .persistence: writePersistence(&text)
      case .stats: writeStats(&text)
      case .replication: writeReplication(&text)
      case .cpu: writeProcessor(&text)
      case .modules: text.section("Modules")
      case .commandstats: writeCommandStatistics(&text)
      case .errorstats: writeErrorStatistics(&text)
      case .latencystats: writeLatencyStatistics(&text)
      case .cluster:
        text.section("Cluster")
        text.field("cluster_enabled", 0)
      case .keyspace: writeKeyspace(&text)
      case .debug: writeDebug(&text)
      }
    }
    return text.bytes
  }
}
