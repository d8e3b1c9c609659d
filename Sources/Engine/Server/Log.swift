import CProcess
import Glibc

/// The server's log, line by line as Redis writes it: `pid:role date level message`.
///
/// Programs wait for certain lines, so a line goes out with one `write` at once, and a log file is
/// opened for each line: it can be moved away at any time, as log rotation does.
package final class Log {
  package enum Level: Int, Sendable {
    case debug, verbose, notice, warning
    /// As `loglevel`, above all lines there are.
    case nothing

    /// The level named as in `loglevel`.
    package init(named name: String) {
      switch name {
      case "debug": self = .debug
      case "verbose": self = .verbose
      case "warning": self = .warning
      case "nothing": self = .nothing
      default: self = .notice
      }
    }

    fileprivate var mark: String {
      switch self {
      case .debug: "."
      case .verbose: "-"
      case .notice: "*"
      case .warning, .nothing: "#"
      }
    }

    fileprivate var priority: Int32 {
      switch self {
      case .debug: LOG_DEBUG
      case .verbose: LOG_INFO
      case .notice: LOG_NOTICE
      case .warning, .nothing: LOG_WARNING
      }
    }
  }

  /// Who speaks, by the letter in front of the date.
  package enum Role: UInt8, Sendable {
    case primary = 0x4d
    case replica = 0x53
    /// A child, and the server itself until its data is set up.
    case child = 0x43
    case sentinel = 0x58
  }

  package var level: Level = .notice
  package var role: Role = .child {
    didSet { apus_crash_set_role(CChar(role.rawValue)) }
  }

  /// The path of the log file; empty for standard output.
  private var file = ""
  private var usesSyslog = false
  /// The system keeps the pointer, so the text lives as long as the process.
  private var syslogIdentity: UnsafeMutablePointer<CChar>?

  package init() {}

  /// Takes level, file and system log from the configuration; to be called again when they change.
  package func configure(_ configuration: Configuration) {
    level = Level(named: configuration.choice(.loglevel))
    file = configuration.text(.logfile)
    apus_crash_set_log_file(file)
    if configuration.boolean(.syslogEnabled), !usesSyslog { openSyslog(configuration) }
  }

  package func debug(_ message: @autoclosure () -> String) { write(.debug, message()) }
  package func verbose(_ message: @autoclosure () -> String) { write(.verbose, message()) }
  package func notice(_ message: @autoclosure () -> String) { write(.notice, message()) }
  package func warning(_ message: @autoclosure () -> String) { write(.warning, message()) }

  /// Writes one line if its level is asked for; otherwise the message is not even put together.
  package func write(_ level: Level, _ message: @autoclosure () -> String) {
    guard level.rawValue >= self.level.rawValue else { return }
    let message = message()
    append(Self.line(role, level, message, atMilliseconds: WallClock.milliseconds()))
    if usesSyslog { apus_process_syslog(level.priority, message) }
  }

  /// Writes text without prefix, such as the logo.
  package func writeRaw(_ level: Level, _ text: String) {
    if level.rawValue >= self.level.rawValue { append(text) }
  }

  /// One whole line of the log.
  static func line(
    _ role: Role, _ level: Level, _ message: String, atMilliseconds time: Int64
  ) -> String {
    let letter = Character(UnicodeScalar(role.rawValue))
    let date = WallClock.text(atMilliseconds: time)
    return "\(getpid()):\(letter) \(date) \(level.mark) \(message)\n"
  }

  private func append(_ text: String) {
    var descriptor = STDOUT_FILENO
    if !file.isEmpty {
      descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
      if descriptor < 0 { return }
    }
    defer { if descriptor != STDOUT_FILENO { close(descriptor) } }
    // A log that cannot be written, on a full disk, must not stop the server.
    try? FileContent.write(Array(text.utf8), to: descriptor)
  }

  private func openSyslog(_ configuration: Configuration) {
    let facility = configuration.choice(.syslogFacility)
    // "local0" to "local7" follow each other; the C macros for both are not imported.
    let local = Int32(facility.last?.wholeNumberValue ?? 0)
    let code: Int32 = (facility == "user" ? 1 : 16 + local) << 3
    syslogIdentity = strdup(configuration.text(.syslogIdent))
    openlog(syslogIdentity, LOG_PID | LOG_NDELAY | LOG_NOWAIT, code)
    usesSyslog = true
  }
}
