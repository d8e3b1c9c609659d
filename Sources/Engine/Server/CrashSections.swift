import CProcess
import Core

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
  fileprivate mutating func crashText(_ section: CrashReport.Section) -> [UInt8] {
    switch section {
    case APUS_CRASH_INFO: info(InfoSection.all)
    case APUS_CRASH_CLIENTS: clients.inOrder.flatMap { line(about: $0) + [0x0a] }
    case APUS_CRASH_CURRENT_CLIENT: currentClient.map { crashText(of: $0) } ?? []
    case APUS_CRASH_CONFIGURATION: Array(CrashReport.debugParameters(configuration).utf8)
    default: []
    }
  }

  /// The client whose command was running, and the command.
  private func crashText(of client: UnsafeMutablePointer<Client>) -> [UInt8] {
    var text = line(about: client) + [0x0a]
    let item = (0..<batch.count).map { batch.items[$0] }.last {
      $0.client == client && $0.requestEnd == client.pointee.requestStart
    }
    guard let item else { return text }
    text += "argc: '\(item.argumentCount)'\n".utf8
    let shownCount = item.command.map { argumentCountInReport(of: $0) } ?? 0
    for index in 0..<min(item.argumentCount, Self.crashArgumentCountMax) {
      let argument = batch.arguments.base[item.argumentStart + index]
      var shown = Array("(redacted)".utf8)
      // What a command has taken over may be freed.
      if index < shownCount, argument.count <= Self.crashArgumentByteCountMax {
        shown = []
        Quoting.append(argument, to: &shown)
        shown = Array(shown.dropFirst().dropLast())
      }
      text += "argv[\(index)]: '".utf8 + shown + "'\n".utf8
    }
    return text
  }

  private static var crashArgumentCountMax: Int { 128 }
  private static var crashArgumentByteCountMax: Int { 1024 }

  /// Arguments that no secret can be among. A report is sent to others.
  private func argumentCountInReport(of command: UnsafeMutablePointer<Command>) -> Int {
    if command.pointee.flags.contains(.noAuth) { return 1 }
    let isConfigSet = commands.fullName(Int(command.pointee.specIndex)) == "config|set"
    return isConfigSet ? 2 : .max
  }
}
