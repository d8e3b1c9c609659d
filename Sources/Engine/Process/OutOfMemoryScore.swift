import Glibc

/// `oom-score-adj`: which processes the system kills first when memory is out.
package struct OutOfMemoryScore {
  package enum Member: Int {
    case primary, replica, child
  }

  private static let path = "/proc/self/oom_score_adj"

  /// The score before we touched it, to which relative values are added and to which it returns.
  private var original: Int?

  package init() {}

  /// Sets the score of this process as configured for `member`; false if the system refuses.
  package mutating func apply(
    _ configuration: Configuration, as member: Member, _ log: Log
  ) -> Bool {
    let mode = configuration.choice(.oomScoreAdj)
    guard case .integers(let values) = configuration.value(.oomScoreAdjValues) else { return false }
    if mode == "no" {
      guard let original else { return true }
      self.original = nil
      return write(original, log)
    }
    let base = original ?? Self.current
    original = base
    let score = values[member.rawValue] + (mode == "absolute" ? 0 : base)
    return write(min(max(score, -1000), 1000), log)
  }

  static var current: Int {
    guard let bytes = try? FileContent.read(path) else { return 0 }
    let text = String(decoding: ConfigurationText.trimmed(bytes), as: UTF8.self)
    return Int(text) ?? 0
  }

  private func write(_ score: Int, _ log: Log) -> Bool {
    let descriptor = open(Self.path, O_WRONLY | O_CLOEXEC)
    defer { if descriptor >= 0 { close(descriptor) } }
    do throws(FileError) {
      guard descriptor >= 0 else { throw FileError() }
      try FileContent.write(Array(String(score).utf8), to: descriptor)
      return true
    } catch {
      log.warning("Unable to write oom_score_adj: \(error.reason)")
      return false
    }
  }
}
