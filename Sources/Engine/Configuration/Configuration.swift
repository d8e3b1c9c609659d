/// The values of all parameters.
///
/// One object for the engine thread: loaded at start, read by whoever needs a value, changed by
/// CONFIG SET. Reading goes through a dictionary, so code on a hot path copies what it needs when
/// `set` reports a change.
package final class Configuration {
  private var values: [ParameterID: ParameterValue] = [:]
  private let directory: WorkingDirectory

  /// The absolute path of the file that was loaded, which CONFIG REWRITE replaces.
  package var file: String?
  /// The first `save` line of a file replaces the default points; those after it add to them.
  var hasLoadedSavePoints = false

  package init(directory: WorkingDirectory = .ofProcess) {
    self.directory = directory
    for parameter in ParameterTable.all { values[parameter.id] = parameter.initial }
  }

  // MARK: Reading

  package func value(_ id: ParameterID) -> ParameterValue {
    if id == .dir { return .text(directory.current()) }
    return values[id] ?? .text([])
  }

  /// Whether a yes/no parameter says yes. REQUIRES: `id` is one, as for its siblings below.
  package func boolean(_ id: ParameterID) -> Bool {
    guard case .boolean(let isOn) = value(id) else { return mismatch(id, false) }
    return isOn
  }

  /// A number, of bytes where it is memory. Beyond `Int.max` it is `Int.max`.
  package func integer(_ id: ParameterID) -> Int {
    guard case .integer(let number) = value(id) else { return mismatch(id, 0) }
    return Int(clamping: number)
  }

  /// The name chosen in a parameter that has a list of them.
  package func choice(_ id: ParameterID) -> String {
    guard case .choice(let name) = value(id) else { return mismatch(id, "") }
    return name
  }

  package func choices(_ id: ParameterID) -> [String] {
    guard case .choices(let names) = value(id) else { return mismatch(id, []) }
    return names
  }

  /// Text as bytes: secrets and paths need not be UTF-8.
  package func bytes(_ id: ParameterID) -> [UInt8] {
    guard case .text(let bytes) = value(id) else { return mismatch(id, []) }
    return bytes
  }

  /// Text for messages and for paths handed to C, which both take what was given.
  package func text(_ id: ParameterID) -> String { String(decoding: bytes(id), as: UTF8.self) }

  private func mismatch<Value>(_ id: ParameterID, _ fallback: Value) -> Value {
    assertionFailure("\(id.rawValue) has another kind")
    return fallback
  }

  // MARK: CONFIG GET

  /// The parameters that `patterns` name, each once, as name and value. A pattern without a glob
  /// finds hidden parameters too, and is answered with the name as it was asked for.
  package func matching(_ patterns: [[UInt8]]) -> [(name: [UInt8], value: [UInt8])] {
    var seen: Set<String> = []
    var found: [(name: [UInt8], value: [UInt8])] = []
    for pattern in patterns {
      guard NamePattern.isGlob(pattern) else {
        let name = String(decoding: ConfigurationText.lowercased(pattern), as: UTF8.self)
        if let parameter = ParameterTable.parameter(named: pattern), seen.insert(name).inserted {
          found.append((pattern, text(of: parameter)))
        }
        continue
      }
      let glob = NamePattern(pattern)
      for (name, parameter) in ParameterTable.entries
      where !parameter.flags.contains(.hidden) && glob.matches(name) && seen.insert(name).inserted {
        found.append((Array(name.utf8), text(of: parameter)))
      }
    }
    return found
  }

  func text(of parameter: Parameter) -> [UInt8] { parameter.kind.text(of: value(parameter.id)) }

  // MARK: Writing

  /// Stores what the server itself decided, such as `maxclients` lowered to what the system allows.
  package func adopt(_ id: ParameterID, _ value: ParameterValue) { values[id] = value }

  /// Stores `value`, or says why it cannot be. Moving the process to `dir` is the one effect that
  /// belongs to storing, because the value is wherever the process is.
  func store(_ parameter: Parameter, _ value: ParameterValue) -> String? {
    if parameter.id == .dir, case .text(let path) = value { return directory.change(path) }
    values[parameter.id] = parameter.id == .hz ? Self.clampedFrequency(value) : value
    return nil
  }

  /// Ticks a second are kept where a timer can follow, silently as in Redis.
  private static func clampedFrequency(_ value: ParameterValue) -> ParameterValue {
    guard case .integer(let frequency) = value else { return value }
    return .integer(min(max(frequency, 1), 500))
  }
}
