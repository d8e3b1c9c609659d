import Core

/// What the log at start consists of and how it is to be loaded: the old file taken over if there
/// is one, then the base, then the increments, with the lines that Redis logs. `AOFLoad` loads it.
///
/// Where it differs from Redis on purpose:
/// - Only the last file that has anything in it is ever cut on the disk. Redis cuts any, then
///   refuses; started once more, it loads without a word what is missing in the middle.
/// - A transaction that lacks its EXEC is taken out also if the file ends in the middle of one of
///   its commands. Redis 8.2 leaves its MULTI, which swallows what is written behind it.
/// - Behind an RDB preamble nothing is cut. Redis cuts it with the first command.
/// - Zeros up to the end count as a file that was cut; Redis refuses to start.
package struct AOFLoader {
  /// What the caller does with what is in the files.
  package struct Consumer {
    package enum Execution {
      case done
      /// The log is refused, with the line to write.
      case refused(String)
    }

    /// Runs a command, or keeps it until EXEC. The views hold until it returns.
    package var execute: (_ file: String, ArgumentSlice) -> Execution
    /// Forgets what is kept of a transaction whose end is missing.
    package var discardTransaction: () -> Void
    /// Opens the RDB content that begins the file.
    package var openRDB: (_ path: String) throws(AOFFailure) -> any AOFPreamble

    package init(
      execute: @escaping (_ file: String, ArgumentSlice) -> Execution,
      discardTransaction: @escaping () -> Void,
      openRDB: @escaping (_ path: String) throws(AOFFailure) -> any AOFPreamble
    ) {
      self.execute = execute
      self.discardTransaction = discardTransaction
      self.openRDB = openRDB
    }
  }

  /// What there is to load.
  package struct Plan: Equatable {
    package let manifest: AOFManifest
    /// Bytes of all files, and of the base alone.
    package let totalByteCount: Int
    package let baseByteCount: Int
  }

  package struct Summary: Equatable {
    /// Bytes of all files as they are now.
    package var byteCount = 0
    package var commandCount = 0
    package var wasTruncated = false
    package var timestamp: Int64?
  }

  let directory: AOFDirectory
  let isTruncationAllowed: Bool
  let report: AOFReport

  /// `isTruncationAllowed` is `aof-load-truncated`.
  package init(_ directory: AOFDirectory, isTruncationAllowed: Bool, _ report: @escaping AOFReport)
  {
    self.directory = directory
    self.isTruncationAllowed = isTruncationAllowed
    self.report = report
  }

  /// Takes over an old file and looks which files there are; nil where there is no log.
  package func plan(_ manifest: inout AOFManifest) throws(AOFFailure) -> Plan? {
    try directory.upgradeIfNeeded(&manifest, report)
    if manifest.isEmpty { return nil }
    var total = 0
    var base = 0
    for file in manifest.files {
      let byteCount = directory.files.byteCount(directory.path(file.name))
      guard byteCount >= 0 else {
        let reason = SystemFailure(Int32(clamping: -byteCount)).reason
        throw AOFFailure("Unable to obtain the AOF file \(file.name) length. stat: \(reason)")
      }
      if file.kind == .base { base = byteCount }
      total += byteCount
    }
    return Plan(manifest: manifest, totalByteCount: total, baseByteCount: base)
  }
}

/// RDB content at the beginning of a file of the log.
package protocol AOFPreamble: AnyObject {
  /// Bytes read so far; when all of it is loaded, the commands follow there.
  var offset: Int { get }
  /// Loads about so many bytes more. Returns whether the content is at its end.
  func load(byteCount: Int) throws(AOFFailure) -> Bool
}
