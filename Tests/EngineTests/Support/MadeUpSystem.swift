import Glibc

@testable import Engine

/// A tree of files that stands for a machine's `/proc` and `/sys`, gone with the object.
final class MadeUpSystem {
  private let root = "/tmp/apus-system-\(Randomness.identity())"
  private var removals: [() -> Void] = []

  init(_ files: [String: String] = [:]) {
    makeFolder(root)
    for (path, content) in files { write(path, content) }
  }

  deinit { for remove in removals.reversed() { remove() } }

  var files: SystemFiles { SystemFiles(root: root) }

  func write(_ path: String, _ content: String) {
    makeFolders(of: path)
    let descriptor = open(root + path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    precondition(descriptor >= 0, "cannot make \(path)")
    defer { close(descriptor) }
    try? FileContent.write(Array(content.utf8), to: descriptor)
    removals.append { [root] in unlink(root + path) }
  }

  /// Something that is there and cannot be read as a file.
  func makeFolder(at path: String) {
    makeFolders(of: path)
    makeFolder(root + path)
  }

  private func makeFolders(of path: String) {
    var folder = root
    for name in path.split(separator: "/").dropLast() {
      folder += "/" + name
      makeFolder(folder)
    }
  }

  private func makeFolder(_ folder: String) {
    if mkdir(folder, 0o755) == 0 { removals.append { rmdir(folder) } }
  }
}

/// What a check came to: as it is shown.
enum Outcome: Equatable {
  case fine(String)
  case harm(Harm)
  case skipped(String)

  var harm: Harm? { if case .harm(let harm) = self { harm } else { nil } }
  var isSkipped: Bool { if case .skipped = self { true } else { false } }
}

extension SystemCheck {
  /// `openFilesMax` and `isOutOfHugePages` are what the kernel would say of the process.
  func outcome(
    _ system: MadeUpSystem, _ configuration: Configuration = testConfiguration(),
    openFilesMax: UInt64? = nil, isOutOfHugePages: Bool = false
  ) -> Outcome {
    let view = SystemView(
      files: system.files, openFilesMax: openFilesMax, isOutOfHugePages: isOutOfHugePages)
    // The files go with the object.
    return withExtendedLifetime(system) { outcome(view, configuration) }
  }

  func outcome(
    _ files: [String: String], _ configuration: Configuration = testConfiguration()
  ) -> Outcome {
    outcome(MadeUpSystem(files), configuration)
  }

  private func outcome(_ view: SystemView, _ configuration: Configuration) -> Outcome {
    do throws(Unseen) {
      switch try inspect(view, configuration) {
      case .fine(let value): return .fine(value)
      case .harm(let harm): return .harm(harm)
      }
    } catch {
      return .skipped(error.reason)
    }
  }
}

/// What a kernel never writes, but a broken mount may show.
let nonsense = [
  "", " ", "\n", "x", "-1", "+1", "1 2", "99999999999999999999999", "0x1", "1.5", "[", "]", "[]",
  "[always", "always]", "[always] [never]", "[nothing]", "always", "\u{0}", "\u{1b}[31m",
  "\u{fffd}",
]
