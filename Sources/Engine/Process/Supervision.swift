import CProcess
import Glibc

/// Who started the server and wants to hear from it.
package enum Supervision: Equatable {
  case none
  case upstart
  case systemd

  /// Reads `supervised`, looking at the environment where it says `auto`.
  package static func detect(_ configuration: Configuration, _ log: Log) -> Supervision {
    let isUpstart = getenv("UPSTART_JOB") != nil
    let isSystemd = getenv("NOTIFY_SOCKET") != nil
    switch configuration.choice(.supervised) {
    case "upstart":
      if isUpstart { return .upstart }
      log.warning("Upstart supervision requested, but UPSTART_JOB not found!")
      return .none
    case "systemd": return .systemd
    case "auto" where isUpstart:
      log.verbose("Upstart supervision detected.")
      return .upstart
    case "auto" where isSystemd:
      log.verbose("Systemd supervision detected.")
      return .systemd
    default: return .none
    }
  }

  /// Says that the server has started to load. Upstart takes a stop for readiness, and cannot be
  /// told apart from one that comes later.
  package func begin(_ log: Log) {
    switch self {
    case .none: break
    case .upstart:
      log.notice("Supervised by upstart, will stop to signal readiness.")
      raise(SIGSTOP)
      unsetenv("UPSTART_JOB")
    case .systemd:
      log.warning(
        "WARNING supervised by systemd - you MUST set appropriate values for TimeoutStartSec and"
          + " TimeoutStopSec in your service unit.")
      notify("STATUS=Redis is loading...\n")
    }
  }

  package func ready() { notify("STATUS=Ready to accept connections\nREADY=1\n") }

  package func stopping() { notify("STOPPING=1\n") }

  /// Sends one message to systemd. Nobody waits for it where it cannot be sent.
  package func notify(_ message: String) {
    guard self == .systemd, let path = getenv("NOTIFY_SOCKET") else { return }
    _ = apus_process_send_datagram(path, message, message.utf8.count)
  }
}
