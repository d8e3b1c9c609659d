import Core
import Glibc

/// When the log is put on the disk: `appendfsync`.
package enum AOFSynchronization: UInt64 {
  case never, everySecond, always

  package init(named name: String) {
    switch name {
    case "always": self = .always
    case "no": self = .never
    default: self = .everySecond
    }
  }
}

/// How the writer fares, as INFO shows it and as decides whether clients may write.
package struct AOFWriterStatus {
  /// Why the last write failed, or 0 once one succeeded. What could not be written is kept.
  package internal(set) var writeError: Int32 = 0
  /// Why an fsync failed, or 0. What was written before may be lost although the system says
  /// nothing any more, so this stays until a new generation of the log is on the disk.
  package internal(set) var synchronizationError: Int32 = 0
  package internal(set) var synchronizationCount = 0
  /// Seconds at which an fsync was due while the one before had taken two already.
  package internal(set) var delayedSynchronizationCount = 0
  /// Monotonic time at which the last fsync that succeeded began.
  package internal(set) var lastSynchronizationNanoseconds: UInt64 = 0
  /// Bytes in the file that is being written.
  package internal(set) var fileByteCount = 0
  /// Lines for the log that nobody has taken yet.
  package internal(set) var messages: [Message] = []

  package struct Message: Equatable {
    package let level: Log.Level
    package let text: String
  }

  package var isHealthy: Bool { writeError == 0 && synchronizationError == 0 }

  private static let messageCountMax = 64

  /// Whether the engine has to look.
  func isNews(since before: AOFWriterStatus) -> Bool {
    writeError != before.writeError || synchronizationError != before.synchronizationError
      || messages.count != before.messages.count
  }

  mutating func say(_ level: Log.Level, _ text: String) {
    if messages.count < Self.messageCountMax { messages.append(Message(level: level, text: text)) }
  }
}

/// Which bytes of the log are sure to survive. Offsets count all bytes since the writer started.
///
/// An fsync that fails leaves pages that the system no longer knows to be unwritten, so that the
/// next one succeeds and means nothing. From then on nothing more counts until a new generation,
/// whose base holds everything before its increment, is on the disk; what was synchronized in that
/// increment meanwhile counts with it.
struct AOFDurability {
  private(set) var durableOffset = 0
  private(set) var isBroken = false
  /// The number of the file being written, and the offset at which it begins.
  private(set) var fileNumber = 0
  private var fileStart = 0
  /// In that file, without gap from its beginning.
  private var synchronizedOffset = 0
  /// A generation has to begin here at least to make up for what failed.
  private var requiredStart = 0
  private var completedStart = 0

  mutating func didSynchronize(file: Int, upTo offset: Int) {
    if isBroken {
      if file == fileNumber, requiredStart <= fileStart {
        synchronizedOffset = max(synchronizedOffset, offset)
      }
    } else {
      durableOffset = max(durableOffset, offset)
    }
  }

  mutating func didFail(file: Int) {
    let start = file == fileNumber ? Int.max : fileStart
    // What was in an older file is in the base already.
    guard start > completedStart else { return }
    requiredStart = isBroken ? max(requiredStart, start) : start
    isBroken = true
  }

  /// From `offset` on another file is written.
  mutating func didChangeFile(at offset: Int) {
    fileNumber += 1
    fileStart = offset
    synchronizedOffset = offset
    if isBroken, requiredStart == .max { requiredStart = offset }
    mendIfCovered()
  }

  /// Base and manifest of a generation are on the disk that hold everything before `offset`.
  mutating func didCompleteGeneration(from offset: Int) {
    completedStart = max(completedStart, offset)
    if !isBroken { durableOffset = max(durableOffset, offset) }
    mendIfCovered()
  }

  private mutating func mendIfCovered() {
    guard isBroken, requiredStart <= completedStart else { return }
    isBroken = false
    durableOffset = max(durableOffset, completedStart)
    if completedStart >= fileStart { durableOffset = max(durableOffset, synchronizedOffset) }
  }
}
