import Glibc

/// Why a configuration could not be loaded.
package enum ConfigurationFailure: Error, Equatable {
  /// A line that cannot be taken: its number counts from 1 in the text it stands in.
  case line(number: Int, text: [UInt8], reason: String)
  /// The configuration as a whole cannot be taken.
  case whole(reason: String)
  case unreadable(path: String, reason: String)

  /// What Redis prints on standard error before it exits, or nil for a file that cannot be opened,
  /// which is a line of the log.
  package var report: String? {
    let head = "\n*** FATAL CONFIG FILE ERROR (Redis \(Version.redis)) ***\n"
    switch self {
    case .line(let number, let text, let reason):
      return head + "Reading the configuration file, at line \(number)\n"
        + ">>> '\(String(decoding: text, as: UTF8.self))'\n\(reason)\n"
    case .whole(let reason): return head + reason + "\n"
    case .unreadable: return nil
    }
  }

  package var logLine: String? {
    guard case .unreadable(let path, let reason) = self else { return nil }
    return "Fatal error, can't open config file '\(path)': \(reason)"
  }
}

/// Reads configuration text into a `Configuration`: a file, then standard input, then the command
/// line, as if they were one text.
package struct ConfigurationLoader {
  private let configuration: Configuration
  /// Files that include each other would otherwise be read until memory is out.
  private static let deepestInclude = 16

  package init(into configuration: Configuration) { self.configuration = configuration }

  /// Loads `file`, then `input`, then `options`; a later line wins over an earlier one. Creates the
  /// log file unless `opensLog` is false.
  package func load(
    file: [UInt8]?, input: [UInt8] = [], options: [UInt8] = [], opensLog: Bool = true
  ) throws(ConfigurationFailure) {
    var text: [UInt8] = []
    if let file { text += try Self.content(ofFilesMatching: file) }
    text += input
    if !options.isEmpty { text += "\n".utf8 + options }
    try load(text: text, depth: 0)
    if opensLog { try checkLogFile() }
  }

  private func load(text: [UInt8], depth: Int) throws(ConfigurationFailure) {
    let lines = text.split(separator: 0x0a, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      let line = ConfigurationText.trimmed(line)
      if line.isEmpty || line[0] == UInt8(ascii: "#") { continue }
      guard let words = ConfigurationText.words(of: line) else {
        throw .line(
          number: index + 1, text: line, reason: "Unbalanced quotes in configuration line")
      }
      guard let name = words.first else { continue }
      if ConfigurationText.lowercased(name) == Array("include".utf8), words.count == 2 {
        try include(words[1], depth: depth, line: (index + 1, line))
        continue
      }
      if let reason = take(name, Array(words.dropFirst())) {
        throw .line(number: index + 1, text: line, reason: reason)
      }
    }
  }

  private func include(
    _ pattern: [UInt8], depth: Int, line: (number: Int, text: [UInt8])
  ) throws(ConfigurationFailure) {
    guard depth < Self.deepestInclude else {
      throw .line(number: line.number, text: line.text, reason: "Too many nested includes")
    }
    try load(text: try Self.content(ofFilesMatching: pattern), depth: depth + 1)
  }

  /// Takes one directive; nil, or why not.
  private func take(_ name: [UInt8], _ words: [[UInt8]]) -> String? {
    guard let parameter = ParameterTable.parameter(named: name) else {
      let name = String(decoding: ConfigurationText.lowercased(name), as: UTF8.self)
      return ConfigurationDirective.refusal(of: name, words)
    }
    do throws(ParameterError) {
      let current = configuration.value(parameter.id)
      let value = try parameter.parse(words, current: current)
      return configuration.store(parameter, merged(value, current))
    } catch {
      return error.reason
    }
  }

  /// Save points add up over the lines of a file, except for an empty one, which clears them.
  private func merged(_ value: ParameterValue, _ current: ParameterValue) -> ParameterValue {
    guard case .savePoints(let points) = value else { return value }
    defer { configuration.hasLoadedSavePoints = true }
    guard configuration.hasLoadedSavePoints, !points.isEmpty, case .savePoints(let old) = current
    else { return value }
    return .savePoints(old + points)
  }

  /// A log file that cannot be opened is found out now, while somebody looks at standard error.
  private func checkLogFile() throws(ConfigurationFailure) {
    let path = configuration.text(.logfile)
    if path.isEmpty { return }
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw .whole(reason: "Can't open the log file: \(String(cString: strerror(errno)))")
    }
    close(descriptor)
  }

  // MARK: Files

  /// All of standard input, or nothing where it cannot be read.
  package static func standardInput() -> [UInt8] { (try? FileContent.read(STDIN_FILENO)) ?? [] }

  /// The text of one file, or of all files that a glob matches, of which there may be none.
  private static func content(
    ofFilesMatching pattern: [UInt8]
  ) throws(ConfigurationFailure) -> [UInt8] {
    let path = String(decoding: pattern, as: UTF8.self)
    guard NamePattern.isGlob(pattern) else { return try content(ofFile: path) }
    var matches = glob_t()
    defer { globfree(&matches) }
    guard glob(path, 0, nil, &matches) == 0 else { return [] }
    var text: [UInt8] = []
    for index in 0..<Int(matches.gl_pathc) {
      guard let match = matches.gl_pathv[index] else { continue }
      text += try content(ofFile: String(cString: match))
      if text.last != 0x0a { text.append(0x0a) }
    }
    return text
  }

  private static func content(ofFile path: String) throws(ConfigurationFailure) -> [UInt8] {
    do throws(FileError) {
      return try FileContent.read(path)
    } catch {
      throw .unreadable(path: path, reason: error.reason)
    }
  }
}
