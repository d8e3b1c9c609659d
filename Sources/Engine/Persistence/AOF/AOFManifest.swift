/// Which files make up the append-only log, and in which order: the content of the manifest.
///
///     file appendonly.aof.2.base.rdb seq 2 type b
///     file appendonly.aof.1.incr.aof seq 1 type h startoffset 0
///     file appendonly.aof.2.incr.aof seq 2 type i startoffset 1234
///
/// The base is a snapshot, the increments are what was written since, oldest first. History is what
/// a finished rewrite has replaced: it is listed until it is deleted, so that a crash between
/// leaves nothing behind.
///
/// A value: whoever changes it works on a copy, writes that to the disk and only then takes it
/// over.
package struct AOFManifest: Equatable {
  package enum Kind: UInt8 {
    case base = 0x62
    case history = 0x68
    case increment = 0x69
  }

  package struct File: Equatable {
    package var name: String
    package var sequence: Int64
    package var kind: Kind
    /// Replication offsets at the file's beginning and end, which Redis writes from 8.2 on.
    package var startOffset: Int64?
    package var endOffset: Int64?

    package init(
      _ name: String, _ sequence: Int64, _ kind: Kind, startOffset: Int64? = nil,
      endOffset: Int64? = nil
    ) {
      self.name = name
      self.sequence = sequence
      self.kind = kind
      self.startOffset = startOffset
      self.endOffset = endOffset
    }
  }

  package private(set) var base: File?
  package private(set) var history: [File] = []
  package private(set) var increments: [File] = []
  /// The last numbers given, which history alone does not raise, as in Redis.
  package private(set) var baseSequence: Int64 = 0
  package private(set) var incrementSequence: Int64 = 0

  package init() {}

  /// Files to load, in order.
  package var files: [File] { (base.map { [$0] } ?? []) + increments }
  package var isEmpty: Bool { base == nil && increments.isEmpty }

  // MARK: Changes

  /// Makes a file the base; the one before becomes history.
  package mutating func replaceBase(_ naming: AOFNaming, isRDB: Bool) -> File {
    if var old = base {
      old.kind = .history
      history.insert(old, at: 0)
    }
    baseSequence += 1
    let file = File(naming.base(baseSequence, isRDB: isRDB), baseSequence, .base)
    base = file
    return file
  }

  /// Adds an increment, which from now on is the one that is written.
  package mutating func addIncrement(_ naming: AOFNaming, startOffset: Int64? = nil) -> File {
    incrementSequence += 1
    let file = File(
      naming.increment(incrementSequence), incrementSequence, .increment, startOffset: startOffset)
    increments.append(file)
    return file
  }

  /// What a finished rewrite has replaced becomes history: all increments, or all but the one that
  /// is being written.
  package mutating func retireIncrements(keepingLast: Bool) {
    let kept = keepingLast ? min(increments.count, 1) : 0
    let retired = increments.dropLast(kept).map { file in
      var file = file
      file.kind = .history
      return file
    }
    history.insert(contentsOf: retired, at: 0)
    increments.removeFirst(increments.count - kept)
  }

  /// Takes the history out; what is to be deleted with it. A name that is still in use is not.
  package mutating func forgetHistory() -> [File] {
    let used = Set(files.map(\.name))
    defer { history = [] }
    return history.filter { !used.contains($0.name) }
  }

  /// Notes where the last increment begins or ends; writing on makes its end unknown.
  package mutating func setLastOffsets(start: Int64?, end: Int64?) {
    guard !increments.isEmpty else { return }
    increments[increments.count - 1].startOffset = start
    increments[increments.count - 1].endOffset = end
  }

  /// The single file of a version before 7 as the base.
  package mutating func adoptOldFile(_ naming: AOFNaming) {
    base = File(naming.name, 1, .base)
    baseSequence = 1
  }

  /// Adds what a line of the manifest says.
  mutating func append(_ file: File) throws(AOFManifestError.Reason) {
    switch file.kind {
    case .base:
      guard base == nil else { throw .duplicateBase }
      base = file
      // The next one must not be zero, which no manifest may hold.
      baseSequence = max(file.sequence, 0)
    case .history: history.append(file)
    case .increment:
      guard file.sequence > (increments.last?.sequence ?? 0) else { throw .notMonotonic }
      increments.append(file)
      incrementSequence = file.sequence
    }
  }
}

/// The names of the log's files: `NAME.SEQ.base.rdb` and so on.
package struct AOFNaming: Equatable {
  /// `appendfilename`
  package let name: String

  package init(_ name: String) { self.name = name }

  package var manifest: String { "\(name).manifest" }
  package var temporaryManifest: String { "temp-\(name).manifest" }
  /// The end of the log, for a start after a power failure (`AOFJournal`).
  package var journal: String { "\(name).journal" }
  /// What is written while the first base of a log is still being made.
  package var temporaryIncrement: String { "temp-\(name).incr" }

  package func base(_ sequence: Int64, isRDB: Bool) -> String {
    "\(name).\(sequence).base.\(isRDB ? "rdb" : "aof")"
  }

  package func increment(_ sequence: Int64) -> String { "\(name).\(sequence).incr.aof" }

  /// What the child of a rewrite writes, with its process id.
  package static func temporaryRewrite(_ process: Int32) -> String {
    "temp-rewriteaof-bg-\(process).aof"
  }
}
