import CProcess

/// The parts of a crash report that tell of the engine's state.
///
/// Written from a signal's handler: after the signal anything may be broken, and a second fault
/// ends the report, which by then holds the registers and the stack.
package enum CrashSections {
  /// The handler gets no context, so that the one server of the process is kept here.
  private nonisolated(unsafe) static var server: UnsafeMutablePointer<Server>?

  package static func watch(_ server: UnsafeMutablePointer<Server>) { self.server = server }

  /// Installs or removes the handlers as configured; false if the system refuses.
  package static func install(_ configuration: Configuration) -> Bool {
    CrashReport.apply(configuration) { section, descriptor in
      guard let server = CrashSections.server else { return }
      CrashReport.write(server.pointee.crashText(section), to: descriptor)
    }
  }
}

extension Server {
  fileprivate func crashText(_ section: CrashReport.Section) -> String {
    switch section {
    case APUS_CRASH_INFO: crashSummary
    case APUS_CRASH_CLIENTS:
      clients.all.values.sorted { $0.pointee.id < $1.pointee.id }
        .map { crashLine(of: $0) }.joined()
    case APUS_CRASH_CURRENT_CLIENT: currentClient.map { crashLine(of: $0) } ?? ""
    case APUS_CRASH_CONFIGURATION: CrashReport.debugParameters(configuration)
    default: ""
    }
  }

  private var crashSummary: String {
    """
    # Server
    redis_version:\(Version.redis)
    apus_version:\(Version.apus)
    run_id:\(runID)
    # Clients
    connected_clients:\(clients.count)
    # Memory
    used_memory:\(usedByteCount)
    used_memory_rss:\(ProcessMeasures.memory.residentBytes)
    # Stats
    total_connections_received:\(statistics.connectionCount)
    total_commands_processed:\(statistics.commandCount)

    """
  }

  private func crashLine(of client: UnsafeMutablePointer<Client>) -> String {
    let details = client.pointee.details
    let index = Int(client.pointee.lastCommandIndex)
    let command = index >= 0 && index < commands.count ? commands.fullName(index) : "NULL"
    let name = String(decoding: details.name, as: UTF8.self)
    return "id=\(client.pointee.id) addr=\(details.address) laddr=\(details.localAddress)"
      + " fd=\(details.fileDescriptor) name=\(name) db=\(client.pointee.databaseIndex)"
      + " qbuf=\(client.pointee.query.count) cmd=\(command) user=\(details.user)\n"
  }
}
