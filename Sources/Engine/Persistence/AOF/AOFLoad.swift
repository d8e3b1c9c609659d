import CPrimitives
import Core

/// Loads the log, as many bytes at a time as the caller likes.
///
/// Lifetime: one for a log. Ownership: owns the file that is open, and closes it at the latest when
/// it goes itself.
package final class AOFLoad {
  private let loader: AOFLoader
  private let files: [AOFManifest.File]
  private let consumer: AOFLoader.Consumer
  private var index = 0
  private var current: AOFFileLoad?
  /// When the current file was opened, in monotonic nanoseconds.
  private var openedAt: UInt64 = 0
  package private(set) var summary = AOFLoader.Summary()

  package init(
    _ loader: AOFLoader, _ plan: AOFLoader.Plan, into consumer: AOFLoader.Consumer
  ) {
    self.loader = loader
    files = plan.manifest.files
    self.consumer = consumer
  }

  /// Bytes of all files that have been read.
  package var offset: Int { summary.byteCount + (current?.offset ?? 0) }

  /// Loads about so many bytes more, of one file. Returns whether that was the last of all.
  package func load(byteCount: Int) throws(AOFFailure) -> Bool {
    if index == files.count { return true }
    if current == nil { current = try open(files[index]) }
    guard let file = current else { return true }
    if try file.load(byteCount: byteCount, into: consumer, &summary) { didLoad(file) }
    return index == files.count
  }

  private func open(_ file: AOFManifest.File) throws(AOFFailure) -> AOFFileLoad {
    openedAt = apus_monotonic_nanoseconds()
    return try AOFFileLoad(loader: loader, file: file, isLast: !isFollowed)
  }

  /// Whether a later file has anything in it. A rewrite makes the next one before the end of this
  /// one is on the disk.
  private var isFollowed: Bool {
    files[(index + 1)...].contains {
      loader.directory.files.byteCount(loader.directory.path($0.name)) > 0
    }
  }

  private func didLoad(_ loaded: AOFFileLoad) {
    let file = files[index]
    current = nil
    index += 1
    summary.byteCount += loaded.endOffset
    if loaded.isEmpty { return }
    let milliseconds = (apus_monotonic_nanoseconds() - openedAt) / 1_000_000
    let fraction = String(1000 + milliseconds % 1000).dropFirst()
    loader.report(
      .notice,
      "DB loaded from \(file.kind == .base ? "base" : "incr") file \(file.name): "
        + "\(milliseconds / 1000).\(fraction) seconds")
  }
}
