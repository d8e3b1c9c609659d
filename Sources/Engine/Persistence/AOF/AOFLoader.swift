import CPrimitives
import Core
import Glibc

/// Loads the log at start: the old file taken over if there is one, then the base, then the
/// increments, with the lines that Redis logs.
///
/// Where it differs from Redis on purpose:
/// - Only the last file is ever cut on the disk. Redis cuts any, then refuses; started once more,
///   it loads without a word what is missing in the middle.
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
    /// Loads the RDB content that begins the file and returns the offset behind it.
    package var loadRDB: (_ path: String) throws(AOFFailure) -> Int
    /// Called before a file, and from time to time with the bytes of all files that have been read.
    package var progress: (_ file: String, _ byteCount: Int) -> Void

    package init(
      execute: @escaping (_ file: String, ArgumentSlice) -> Execution,
      discardTransaction: @escaping () -> Void,
      loadRDB: @escaping (_ path: String) throws(AOFFailure) -> Int,
      progress: @escaping (_ file: String, _ byteCount: Int) -> Void = { _, _ in }
    ) {
      self.execute = execute
      self.discardTransaction = discardTransaction
      self.loadRDB = loadRDB
      self.progress = progress
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

  /// Loads all files of the plan.
  package func load(_ plan: Plan, into consumer: Consumer) throws(AOFFailure) -> Summary {
    var summary = Summary()
    let last = plan.manifest.files.last?.name
    for file in plan.manifest.files {
      consumer.progress(file.name, summary.byteCount)
      let start = apus_monotonic_nanoseconds()
      let loaded = try AOFFileLoader(loader: self, file: file, isLast: file.name == last)
        .load(into: consumer, &summary)
      guard loaded else { continue }
      let milliseconds = (apus_monotonic_nanoseconds() - start) / 1_000_000
      let fraction = String(1000 + milliseconds % 1000).dropFirst()
      report(
        .notice,
        "DB loaded from \(file.kind == .base ? "base" : "incr") file \(file.name): "
          + "\(milliseconds / 1000).\(fraction) seconds")
    }
    return summary
  }
}

/// Loads one file.
struct AOFFileLoader {
  let loader: AOFLoader
  let file: AOFManifest.File
  let isLast: Bool

  private static let commandsBetweenReports = 1024

  private var name: String { file.name }
  private var files: FileSystem { loader.directory.files }
  private var path: String { loader.directory.path(file.name) }
  /// The log of a version before 7, which goes on behind its RDB content.
  private var isOldStyle: Bool { name == loader.directory.naming.name }

  /// Whether there was anything in the file.
  func load(
    into consumer: AOFLoader.Consumer, _ summary: inout AOFLoader.Summary
  ) throws(AOFFailure) -> Bool {
    let descriptor = try open()
    defer { _ = files.close(descriptor) }
    let byteCount = files.byteCount(path)
    guard byteCount > 0 else { return false }
    let offset = try isRDB(descriptor) ? loadRDB(into: consumer) : 0
    guard offset >= 0, offset <= byteCount else { throw rdbFailure }
    var reader = AOFReader(
      files: files, descriptor: descriptor, byteCount: byteCount, offset: offset)
    defer { reader.close() }
    try read(&reader, into: consumer, &summary)
    summary.timestamp = reader.timestamp ?? summary.timestamp
    return true
  }

  private func open() throws(AOFFailure) -> Int32 {
    do throws(SystemFailure) {
      return try files.openFile(path, O_RDONLY)
    } catch {
      if error.number == ENOENT {
        throw AOFFailure("The append log file \(name) doesn't exist: \(error.reason)")
      }
      throw AOFFailure(
        "Fatal error: can't open the append log file \(name) for reading: \(error.reason)")
    }
  }

  // MARK: RDB content

  private func isRDB(_ descriptor: Int32) throws(AOFFailure) -> Bool {
    var magic: UInt64 = 0
    var count = 0
    do throws(SystemFailure) {
      try withUnsafeMutableBytes(of: &magic) { (bytes) throws(SystemFailure) in
        guard let base = bytes.baseAddress else { return }
        while count < 6 {
          let got = try files.readSome(descriptor, base + count, 6 - count)
          if got == 0 { break }
          count += got
        }
      }
    } catch {
      throw unrecoverable(error)
    }
    return withUnsafeBytes(of: &magic) { bytes in
      bytes.starts(with: "REDIS".utf8) || bytes.starts(with: "VALKEY".utf8)
    }
  }

  private func loadRDB(into consumer: AOFLoader.Consumer) throws(AOFFailure) -> Int {
    loader.report(
      .notice,
      isOldStyle
        ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...")
    let offset: Int
    do throws(AOFFailure) {
      offset = try consumer.loadRDB(path)
    } catch {
      throw AOFFailure(error.messages + rdbFailure.messages)
    }
    if isOldStyle { loader.report(.notice, "Reading the remaining AOF tail...") }
    return offset
  }

  private var rdbFailure: AOFFailure {
    AOFFailure(
      "Error reading the RDB \(isOldStyle ? "preamble of the AOF" : "base") file \(name), "
        + "AOF loading aborted")
  }

  private func unrecoverable(_ failure: SystemFailure) -> AOFFailure {
    AOFFailure("Unrecoverable error reading the append only file \(name): \(failure.reason)")
  }

  // MARK: Commands

  private func read(
    _ reader: inout AOFReader, into consumer: AOFLoader.Consumer,
    _ summary: inout AOFLoader.Summary
  ) throws(AOFFailure) {
    var arguments = ArgumentList()
    defer { arguments.destroy() }
    let before = summary.byteCount
    while true {
      switch reader.next(into: &arguments) {
      case .command:
        let slice = ArgumentSlice(
          UnsafeBufferPointer(start: arguments.base, count: arguments.count))
        if case .refused(let message) = consumer.execute(name, slice) {
          throw AOFFailure(message)
        }
        summary.commandCount += 1
        if summary.commandCount % Self.commandsBetweenReports == 0 {
          consumer.progress(name, before + reader.offset)
        }
      case .end:
        summary.byteCount = before + reader.byteCount
        return
      case .truncated(let offset, let revertsTransaction):
        if revertsTransaction { consumer.discardTransaction() }
        try truncate(to: offset, revertsTransaction)
        summary.byteCount = before + offset
        summary.wasTruncated = true
        return
      case .badFormat: throw badFormat
      case .failed(let failure): throw unrecoverable(failure)
      }
    }
  }

  private var badFormat: AOFFailure {
    AOFFailure(
      "Bad file format reading the append only file \(name): make a backup of your AOF file, "
        + "then use ./redis-check-aof --fix <filename.manifest>")
  }

  /// Cuts the file at the offset, on the disk, if that is allowed.
  private func truncate(to offset: Int, _ revertsTransaction: Bool) throws(AOFFailure) {
    let warn = { loader.report(.warning, $0) }
    if revertsTransaction {
      warn("Revert incomplete MULTI/EXEC transaction in AOF file \(name)")
    }
    guard loader.isTruncationAllowed else { throw unexpectedEnd }
    warn("!!! Warning: short read while loading the AOF file \(name)!!!")
    guard isLast else {
      throw AOFFailure("Fatal error: the truncated file is not the last file")
    }
    warn("!!! Truncating the AOF \(name) at offset \(offset) !!!")
    do throws(SystemFailure) {
      try cut(at: offset)
    } catch {
      let first = "Error truncating the AOF file \(name): \(error.reason)"
      throw AOFFailure([first] + unexpectedEnd.messages)
    }
    warn("AOF \(name) loaded anyway because aof-load-truncated is enabled")
  }

  private func cut(at offset: Int) throws(SystemFailure) {
    let descriptor = try files.openFile(path, O_WRONLY)
    defer { _ = files.close(descriptor) }
    var result = files.truncate(descriptor, offset)
    while result == -EINTR { result = files.truncate(descriptor, offset) }
    if result < 0 { throw SystemFailure(-result) }
    try files.synchronizeFile(descriptor)
  }

  private var unexpectedEnd: AOFFailure {
    AOFFailure(
      "Unexpected end of file reading the append only file \(name). You can: 1) Make a backup of "
        + "your AOF file, then use ./redis-check-aof --fix <filename.manifest>. 2) Alternatively "
        + "you can set the 'aof-load-truncated' configuration option to yes and restart the server."
    )
  }
}
