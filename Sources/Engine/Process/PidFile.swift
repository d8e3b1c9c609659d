import Glibc

/// The file that tells others the process id.
package struct PidFile {
  private static let usual = "/var/run/redis.pid"

  /// Where the file is; nil if none is asked for.
  package let path: String?

  /// A server in the background has one even if not asked to, at Redis' usual place.
  package init(_ configuration: Configuration, isInBackground: Bool) {
    let path = configuration.text(.pidfile)
    if path.isEmpty, isInBackground {
      configuration.adopt(.pidfile, .text(Array(Self.usual.utf8)))
      self.path = Self.usual
    } else {
      self.path = path.isEmpty ? nil : path
    }
  }

  /// Writes the file. A server that cannot is no worse a server, so that this is only logged.
  package func write(_ log: Log) {
    guard let path else { return }
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      return log.warning("Failed to write PID file: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    do throws(FileError) {
      try FileContent.write(Array("\(getpid())\n".utf8), to: descriptor)
    } catch {
      log.warning("Failed to write PID file: \(error.reason)")
    }
  }

  package func remove(_ log: Log) {
    guard let path else { return }
    log.notice("Removing the pid file.")
    unlink(path)
  }
}
