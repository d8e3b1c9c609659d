import CProcess
import Glibc

/// The limit of open files, which bounds the number of clients.
package enum OpenFiles {
  /// Descriptors that are not clients: log, data files, listeners, the loop's own.
  package static let reserved = 32

  /// Descriptors that the configured clients and the server itself need.
  static func wanted(by configuration: Configuration) -> UInt64 {
    UInt64(configuration.integer(.maxclients) + reserved)
  }

  /// Raises the limit as `adjust` does. What it then is, or nil if the system does not say.
  static func raised(toFit configuration: Configuration) -> UInt64? {
    var limit = apus_process_limit()
    guard apus_process_open_files_limit(&limit) == 0 else { return nil }
    let wanted = wanted(by: configuration)
    return limit.soft >= wanted ? limit.soft : raise(limit, to: wanted).best
  }

  /// Raises the limit at start so that `maxclients` fit, or lowers `maxclients` to what fits. False
  /// if not even one fits, when the server cannot start.
  package static func adjust(_ configuration: Configuration, _ log: Log) -> Bool {
    let clients = configuration.integer(.maxclients)
    let wanted = wanted(by: configuration)
    var limit = apus_process_limit()
    guard apus_process_open_files_limit(&limit) == 0 else {
      log.warning(
        "Unable to obtain the current NOFILE limit (\(String(cString: strerror(errno)))), assuming"
          + " 1024 and setting the max clients configuration accordingly.")
      configuration.adopt(.maxclients, .integer(Int128(1024 - reserved)))
      return true
    }
    if limit.soft >= wanted { return true }
    let (best, reason) = raise(limit, to: wanted)
    if best >= wanted {
      log.notice(
        "Increased maximum number of open files to \(wanted) (it was originally set to"
          + " \(limit.soft)).")
      return true
    }
    guard best > reserved else {
      log.warning(
        "Your current 'ulimit -n' of \(limit.soft) is not enough for the server to start. Please"
          + " increase your open file limit to at least \(wanted). Exiting.")
      return false
    }
    let fitting = Int(best) - reserved
    configuration.adopt(.maxclients, .integer(Int128(fitting)))
    log.warning(
      "You requested maxclients of \(clients) requiring at least \(wanted) max file descriptors.")
    log.warning("Server can't set maximum open files to \(wanted) because of OS error: \(reason).")
    log.warning(
      "Current maximum open files is \(best). maxclients has been reduced to \(fitting) to"
        + " compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.")
    return true
  }

  /// Raises the limit for CONFIG SET maxclients; nil, or the reason why it cannot be that many.
  package static func refusal(ofClients clients: Int) -> String? {
    var limit = apus_process_limit()
    guard apus_process_open_files_limit(&limit) == 0 else { return nil }
    let wanted = UInt64(clients + reserved)
    if limit.soft >= wanted { return nil }
    let best = raise(limit, to: wanted).best
    if best >= wanted { return nil }
    return "The operating system is not able to handle the specified number of clients, try with"
      + " \(max(0, Int(best) - reserved))"
  }

  /// Raises the soft limit towards `wanted`, beyond the hard one where that is allowed.
  private static func raise(
    _ limit: apus_process_limit, to wanted: UInt64
  ) -> (best: UInt64, reason: String) {
    let raised = apus_process_limit(soft: wanted, hard: max(limit.hard, wanted))
    if apus_process_set_open_files_limit(raised) == 0 { return (wanted, "") }
    let reason = String(cString: strerror(errno))
    if limit.hard > limit.soft {
      let highest = apus_process_limit(soft: min(limit.hard, wanted), hard: limit.hard)
      if apus_process_set_open_files_limit(highest) == 0 { return (highest.soft, reason) }
    }
    return (limit.soft, reason)
  }
}
