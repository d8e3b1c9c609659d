import Core
import Glibc

/// Loads one file of the log, some bytes at a time: its RDB content, if it begins with one, then
/// its commands.
///
/// Ownership: owns descriptor and buffers.
final class AOFFileLoad {
  private let loader: AOFLoader
  private let file: AOFManifest.File
  private let isLast: Bool
  private let byteCount: Int
  private let descriptor: Int32
  private var preamble: (any AOFPreamble)?
  private var reader: AOFReader?
  private var arguments: ArgumentList
  /// How many bytes the file has now that it has been loaded: fewer, if its end was cut off.
  private(set) var endOffset = 0

  private static let commandsInSliceMax = 1024

  init(loader: AOFLoader, file: AOFManifest.File, isLast: Bool) throws(AOFFailure) {
    self.loader = loader
    self.file = file
    self.isLast = isLast
    let files = loader.directory.files
    let path = loader.directory.path(file.name)
    descriptor = try Self.open(files, path, file.name)
    byteCount = files.byteCount(path)
    arguments = ArgumentList()
  }

  deinit {
    reader?.close()
    arguments.destroy()
    _ = files.close(descriptor)
  }

  private var name: String { file.name }
  private var files: FileSystem { loader.directory.files }
  private var path: String { loader.directory.path(file.name) }
  /// The log of a version before 7, which goes on behind its RDB content.
  private var isOldStyle: Bool { name == loader.directory.naming.name }
  var isEmpty: Bool { byteCount <= 0 }

  /// How far the file has been read.
  var offset: Int { reader?.offset ?? preamble?.offset ?? 0 }

  /// Loads about so many bytes more, and not too many commands. Returns whether that was all.
  func load(
    byteCount: Int, into consumer: AOFLoader.Consumer, _ summary: inout AOFLoader.Summary
  ) throws(AOFFailure) -> Bool {
    if isEmpty { return true }
    if reader == nil {
      guard try loadPreamble(byteCount, consumer) else { return false }
      let start = preamble?.offset ?? 0
      guard start >= 0, start <= self.byteCount else { throw rdbFailure }
      if preamble != nil, isOldStyle {
        loader.report(.notice, "Reading the remaining AOF tail...")
      }
      preamble = nil
      reader = AOFReader(
        files: files, descriptor: descriptor, byteCount: self.byteCount, offset: start)
    }
    return try read(byteCount, into: consumer, &summary)
  }

  private static func open(
    _ files: FileSystem, _ path: String, _ name: String
  ) throws(AOFFailure) -> Int32 {
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

  private func isRDB() throws(AOFFailure) -> Bool {
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

  /// Returns whether the commands can follow: there is no RDB content, or it is loaded.
  private func loadPreamble(
    _ byteCount: Int, _ consumer: AOFLoader.Consumer
  ) throws(AOFFailure) -> Bool {
    if preamble == nil, try !isRDB() { return true }
    do throws(AOFFailure) {
      if let preamble { return try preamble.load(byteCount: byteCount) }
      loader.report(
        .notice,
        isOldStyle
          ? "Reading RDB preamble from AOF file..." : "Reading RDB base file on AOF loading...")
      let opened = try consumer.openRDB(path)
      preamble = opened
      return try opened.load(byteCount: byteCount)
    } catch {
      throw AOFFailure(error.messages + rdbFailure.messages)
    }
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
    _ byteCount: Int, into consumer: AOFLoader.Consumer, _ summary: inout AOFLoader.Summary
  ) throws(AOFFailure) -> Bool {
    let (target, overflow) = offset.addingReportingOverflow(byteCount)
    let limit = overflow ? Int.max : target
    var commandCount = 0
    while commandCount < Self.commandsInSliceMax, offset < limit {
      let start = offset
      guard let outcome = reader?.next(into: &arguments) else { return true }
      switch outcome {
      case .command:
        try execute(consumer, at: start)
        commandCount += 1
        summary.commandCount += 1
        continue
      case .end: endOffset = self.byteCount
      case .truncated(let offset, let revertsTransaction):
        if revertsTransaction { consumer.discardTransaction() }
        try truncate(to: offset, revertsTransaction)
        endOffset = offset
        summary.wasTruncated = true
      case .badFormat: throw badFormat(at: start)
      case .failed(let failure): throw unrecoverable(failure)
      }
      summary.timestamp = reader?.timestamp ?? summary.timestamp
      reader?.close()
      reader = nil
      return true
    }
    return false
  }

  private func execute(_ consumer: AOFLoader.Consumer, at start: Int) throws(AOFFailure) {
    let slice = ArgumentSlice(
      UnsafeBufferPointer(start: arguments.base, count: arguments.count))
    if case .refused(let message) = consumer.execute(name, slice) {
      throw damage(message, at: start)
    }
  }

  /// Redis' words, and where it is.
  private func damage(_ message: String, at offset: Int) -> AOFFailure {
    AOFFailure([message, "It is at offset \(offset) of \(name)."])
  }

  private func badFormat(at start: Int) -> AOFFailure {
    damage(
      "Bad file format reading the append only file \(name): make a backup of your AOF file, "
        + "then use apus-check-aof --fix <filename.manifest>", at: start)
  }

  /// Cuts the file at the offset, on the disk, if that is allowed.
  private func truncate(to offset: Int, _ revertsTransaction: Bool) throws(AOFFailure) {
    let warn = { [loader] in loader.report(.warning, $0) }
    if revertsTransaction {
      warn("Revert incomplete MULTI/EXEC transaction in AOF file \(name)")
    }
    guard loader.isTruncationAllowed else { throw unexpectedEnd(at: offset) }
    warn("!!! Warning: short read while loading the AOF file \(name)!!!")
    guard isLast else {
      throw damage("Fatal error: the truncated file is not the last file", at: offset)
    }
    warn("!!! Truncating the AOF \(name) at offset \(offset) !!!")
    do throws(SystemFailure) {
      try cut(at: offset)
    } catch {
      let first = "Error truncating the AOF file \(name): \(error.reason)"
      throw AOFFailure([first] + unexpectedEnd(at: offset).messages)
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

  private func unexpectedEnd(at offset: Int) -> AOFFailure {
    damage(
      "Unexpected end of file reading the append only file \(name). You can: 1) Make a backup of "
        + "your AOF file, then use apus-check-aof --fix <filename.manifest>. 2) Alternatively "
        + "you can set the 'aof-load-truncated' configuration option to yes and restart the "
        + "server.", at: offset)
  }
}
