import CProcess
import Glibc

/// The report that the server writes when it dies of a signal; see `apus_crash.h`.
package enum CrashReport {
  package typealias Section = apus_crash_section
  /// Writes a part of the report. A function without context, because it is called from a signal's
  /// handler: it finds the engine where it is kept for the process.
  package typealias Writer = @convention(c) (Section, Int32) -> Void

  /// Installs or removes the handlers, as `crash-log-enabled` says; false if the system refuses.
  package static func apply(_ configuration: Configuration, writer: Writer?) -> Bool {
    apus_crash_set_writer(writer)
    guard configuration.boolean(.crashLogEnabled) else {
      apus_crash_remove()
      return true
    }
    return apus_crash_install(Version.apus) == 0
  }

  /// For writers: text to the report.
  package static func write(_ text: [UInt8], to descriptor: Int32) {
    try? FileContent.write(text, to: descriptor)
  }

  /// For writers: the parameters that change which code runs, as they would stand in a file.
  package static func debugParameters(_ configuration: Configuration) -> String {
    var text: [UInt8] = []
    for parameter in ParameterTable.all where parameter.flags.contains(.debug) {
      for line in parameter.lines(for: configuration.value(parameter.id)) {
        text += Array(parameter.name.utf8) + " ".utf8 + line.words + "\n".utf8
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
