import CProcess
import Glibc

/// Life in the background.
package enum Daemon {
  /// Continues as a child without terminal; the process that was started exits with 0. Returns
  /// nil, or the reason why there is no child.
  package static func enter() -> String? {
    apus_process_daemonize() == 0 ? nil : String(cString: strerror(errno))
  }
}
