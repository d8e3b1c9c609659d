import Testing

@testable import Engine

/// A configuration whose `dir` is a variable, so that no test moves the process.
final class TestDirectory {
  var path = Array("/start".utf8)

  var functions: WorkingDirectory {
    WorkingDirectory(
      change: { path in
        if path.starts(with: "/missing".utf8) { return "No such file or directory" }
        self.path = path
        return nil
      },
      current: { self.path })
  }
}

func testConfiguration() -> Configuration { Configuration(directory: TestDirectory().functions) }

extension Configuration {
  /// CONFIG GET of one name, as text.
  func shown(_ name: String) -> String? {
    matching([Array(name.utf8)]).first.map { String(decoding: $0.value, as: UTF8.self) }
  }

  /// CONFIG SET of text; the error reply, or nil.
  func attempt(_ pairs: (String, String)..., mayChangeProtected: Bool = false) -> String? {
    let bytes = pairs.map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    switch set(bytes, as: ConfigurationSetter(mayChangeProtected: mayChangeProtected)) {
    case .changed: return nil
    case .failed(let error): return error
    }
  }

  /// Loads text; what the server would print on standard error, or nil.
  func load(_ text: String) -> ConfigurationFailure? {
    do throws(ConfigurationFailure) {
      try ConfigurationLoader(into: self).load(file: nil, input: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  /// Loads one line; the reason why it was not taken, or nil.
  func refusal(of line: String) -> String? {
    guard case .line(_, _, let reason) = load(line) else { return nil }
    return reason
  }
}

/// A file of its own that is gone after `body`.
func withTemporaryFile(_ content: String, _ body: (String) throws -> Void) throws {
  let path = "/tmp/apus-configuration-\(Randomness.identity()).conf"
  try FileContent.replace(path, with: Array(content.utf8))
  defer { removeFile(path) }
  try body(path)
}
