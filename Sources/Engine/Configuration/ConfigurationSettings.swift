// Values in the form in which the engine uses them.
extension Configuration {
  /// Addresses to listen on. A minus in front means that it may be missing on this machine.
  package var bindAddresses: [String] {
    guard case .addresses(let addresses) = value(.bind) else { return [] }
    return addresses.map { String(decoding: $0, as: UTF8.self) }
  }

  package var savePoints: [SavePoint] {
    guard case .savePoints(let points) = value(.save) else { return [] }
    return points
  }

  package var outputBufferLimits: OutputBufferLimits {
    guard case .outputBufferLimits(let limits) = value(.clientOutputBufferLimit) else {
      return .redisDefault
    }
    return limits
  }

  /// Memory that all clients together may use; 0 without limit. A percentage counts from
  /// `maxmemory`, and is without limit as long as that is.
  package var clientsMemoryBytes: Int {
    let setting = integer(.maxmemoryClients)
    guard setting < 0 else { return setting }
    let (product, overflow) = integer(.maxmemory).multipliedReportingOverflow(by: -setting)
    return overflow ? integer(.maxmemory) / 100 * -setting : product / 100
  }

  /// Whether a client may use what `id` guards, one of `enable-debug-command` and its siblings.
  package func allows(_ id: ParameterID, localClient isLocal: Bool) -> Bool {
    switch choice(id) {
    case "yes": true
    case "local": isLocal
    default: false
    }
  }

  /// What the configuration asks for and this version does not do, for the log: nobody shall
  /// believe that it is done.
  package var announcements: [String] {
    var lines: [String] = []
    let idle = ParameterTable.all.filter {
      $0.standing == .known && value($0.id) != $0.initial
    }
    if !idle.isEmpty {
      let names = idle.map(\.name).joined(separator: ", ")
      lines.append("These parameters are accepted but have no effect yet: \(names)")
    }
    return lines
  }
}
