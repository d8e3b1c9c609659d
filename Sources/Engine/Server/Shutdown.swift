import Glibc

/// How to end, by the words of SHUTDOWN and of `shutdown-on-sigterm`.
package struct ShutdownOptions: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let save = ShutdownOptions(rawValue: 1)
  package static let nosave = ShutdownOptions(rawValue: 2)
  /// Does not wait for replicas.
  package static let now = ShutdownOptions(rawValue: 4)
  /// Whatever goes wrong.
  package static let force = ShutdownOptions(rawValue: 8)

  init(names: [String]) {
    self = []
    for name in names {
      switch name {
      case "save": insert(.save)
      case "nosave": insert(.nosave)
      case "now": insert(.now)
      case "force": insert(.force)
      default: break
      }
    }
  }
}

extension Server {
  /// Ends the process in order. Returns only if it must not end, with the reasons in the log.
  package mutating func shutDown(_ options: ShutdownOptions) {
    log.notice("User requested shutdown...")
    Supervision.detect(configuration, log).stopping()
    guard canEnd(options) else { return log.warning("Errors trying to shut down the server.") }
    endWriting()
    // Those that waited for the log need not any more.
    host.sendReplies()
    host.exit(0)
  }

  /// Whether the data set is safe, or need not be.
  private mutating func canEnd(_ options: ShutdownOptions) -> Bool {
    if let child = saves.child, saves.isSaving {
      log.warning("There is a child saving an .rdb. Killing it!")
      child.kill()
      _ = files.unlink("temp-\(child.pid).rdb")
    }
    guard canEndAppendOnly(options) else { return false }
    // What is half loaded must not replace what is whole.
    let saves = options.contains(.save) || !configuration.savePoints.isEmpty
    guard saves, !options.contains(.nosave), !isLoading else { return true }
    log.notice("Saving the final RDB snapshot before exiting.")
    if save() { return true }
    log.warning("Error trying to save the DB, can't exit.")
    return options.contains(.force)
  }

  mutating func shutDown(onSignal number: Int32) {
    let name = number == SIGINT ? "SIGINT" : "SIGTERM"
    let parameter: ParameterID = number == SIGINT ? .shutdownOnSigint : .shutdownOnSigterm
    log.notice("Received \(name) scheduling shutdown...")
    shutDown(ShutdownOptions(names: configuration.choices(parameter)))
  }
}
