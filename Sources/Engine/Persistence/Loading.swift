import Core

/// A data set that is being loaded at start, a slice in each turn: the loop goes on, and clients
/// are told how far it is.
package struct Loading {
  enum Source {
    case snapshot(SnapshotLoad)
    case log(LogLoad)
  }

  let source: Source
  let byteCount: Int
  /// Unix seconds.
  let startSecond: Int64
  /// Monotonic time.
  let startedAt: UInt64
  var loggedPercentage = 0

  init(_ source: Source, byteCount: Int, at clock: Clock) {
    self.source = source
    self.byteCount = byteCount
    startSecond = clock.wallMilliseconds / 1000
    startedAt = clock.nanoseconds
  }

  var loadedByteCount: Int {
    let offset =
      switch source {
      case .snapshot(let snapshot): snapshot.offset
      case .log(let log): log.files.offset
      }
    return min(offset, byteCount)
  }

  var fraction: Double { byteCount == 0 ? 0 : Double(loadedByteCount) / Double(byteCount) }

  /// What the writer of a snapshot said of the memory it used.
  var usedMemory: String {
    guard case .snapshot(let snapshot) = source else { return "0" }
    return snapshot.content.notes.field("used-mem") ?? "0"
  }
}

/// A snapshot that is being loaded. Ownership: owns its descriptor.
final class SnapshotLoad {
  let content: RDBLoad
  let path: String
  private let descriptor: Int32
  private let files: FileSystem

  init(_ content: RDBLoad, _ path: String, _ descriptor: Int32, _ files: FileSystem) {
    self.content = content
    self.path = path
    self.descriptor = descriptor
    self.files = files
  }

  deinit { _ = files.close(descriptor) }

  var offset: Int { content.offset }
}

/// An append-only file that is being loaded.
struct LogLoad {
  let files: AOFLoad
  let plan: AOFLoader.Plan
  let replay: Replay
}

/// What the last load has brought, for INFO.
struct LoadResult {
  var loadedCount = 0
  var expiredCount = 0
}
