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
    host.exit(0)
  }

  /// Snapshots do not exist yet. Nobody who asks for one by name shall lose data believing that it
  /// was written; save points, which are there by default, were announced as idle at start.
  private func canEnd(_ options: ShutdownOptions) -> Bool {
    if options.contains(.save) {
      log.warning("This version of Apus cannot save a snapshot yet.")
      guard options.contains(.force) else {
        log.warning("Error trying to save the DB, can't exit.")
        return false
      }
    } else if !options.contains(.nosave), !configuration.savePoints.isEmpty, keyCount > 0 {
      log.warning("Exiting without a snapshot: this version of Apus does not save them yet.")
    }
    return true
  }

  private var keyCount: Int {
    (0..<keyspace.databaseCount).reduce(0) { $0 + keyspace[$1].count }
  }

  mutating func shutDown(onSignal number: Int32) {
    let name = number == SIGINT ? "SIGINT" : "SIGTERM"
    let parameter: ParameterID = number == SIGINT ? .shutdownOnSigint : .shutdownOnSigterm
    log.notice("Received \(name) scheduling shutdown...")
    shutDown(ShutdownOptions(names: configuration.choices(parameter)))
  }
}
