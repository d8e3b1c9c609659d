import Core
import Glibc

/// Checks the files of a log and cuts what is broken, with the words of `redis-check-aof`.
///
/// It takes what `AOFReader` takes. Where `redis-check-aof` calls valid what its server then
/// refuses (commands without words, blanks and signs in counts, an annotation without end), this
/// one says so.
package struct AOFChecker {
  package enum Mode: Equatable {
    case check
    /// `--fix`
    case fix
    /// `--truncate-to-timestamp`
    case truncate(timestamp: Int)
  }

  /// What the RDB content that begins a file is like.
  package enum RDBVerdict {
    case valid(endOffset: Int)
    case invalid
  }

  /// Why checking ends before all is checked; what there is to say has been said.
  struct Abort: Error {}

  let files: FileSystem
  let mode: Mode
  let write: (String) -> Void
  /// A line of the operator's, or nil.
  let readAnswer: () -> String?
  /// Checks RDB content, and says what it finds.
  let checkRDB: (_ path: String) -> RDBVerdict

  /// The last line that was understood, from 1, over all files.
  var line = 1

  package init(
    mode: Mode, files: FileSystem = FileSystem(), write: @escaping (String) -> Void,
    readAnswer: @escaping () -> String?, checkRDB: @escaping (_ path: String) -> RDBVerdict
  ) {
    self.mode = mode
    self.files = files
    self.write = write
    self.readAnswer = readAnswer
    self.checkRDB = checkRDB
  }

  /// Checks a manifest's files, or a single one. The exit code.
  package mutating func run(_ path: String) -> Int32 {
    do throws(Abort) {
      if try isManifest(path) {
        try checkManifest(path)
      } else {
        write("Start checking Old-Style AOF\n")
        try check(path, path, kind: "AOF", isLast: true, isRDB: isRDB(path))
      }
      return 0
    } catch {
      return 1
    }
  }

  // MARK: What the file is

  private func beginning(_ path: String, _ limit: Int) throws(Abort) -> [UInt8] {
    let descriptor: Int32
    do throws(SystemFailure) {
      descriptor = try files.openFile(path, O_RDONLY)
    } catch {
      write("Cannot open file \(path): \(error.reason)\n")
      throw Abort()
    }
    defer { _ = files.close(descriptor) }
    do throws(SystemFailure) {
      var file = try AOFCheckedFile(files: files, descriptor: descriptor, offset: 0)
      var line: [UInt8] = []
      repeat { line = try file.line(limit: limit) } while limit > 8 && line.first == 0x23
      return line
    } catch {
      write("Cannot read file: \(path)\n")
      throw Abort()
    }
  }

  /// A manifest's first line that is no comment begins with "file".
  private func isManifest(_ path: String) throws(Abort) -> Bool {
    try beginning(path, 1024).starts(with: "file".utf8)
  }

  private func isRDB(_ path: String) throws(Abort) -> Bool {
    let start = try beginning(path, 8)
    return start.count == 8
      && (start.starts(with: "REDIS".utf8) || start.starts(with: "VALKEY".utf8))
  }

  // MARK: Several files

  private mutating func checkManifest(_ path: String) throws(Abort) {
    write("Start checking Multi Part AOF\n")
    let manifest = try loadManifest(path)
    let directory = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    try checkJournal(path, directory, manifest)
    // Behind it are at the most files in which nothing is.
    let last = manifest.files.last { files.byteCount("\(directory)/\($0.name)") > 0 }
    for file in manifest.files {
      let path = "\(directory)/\(file.name)"
      var isRDB = false
      if file.kind == .base {
        isRDB = try self.isRDB(path)
        write("Start to check BASE AOF (\(isRDB ? "RDB" : "RESP") format).\n")
      } else if file == manifest.increments.first {
        write("Start to check INCR files.\n")
      }
      let kind = file.kind == .base ? "BASE AOF" : "INCR AOF"
      try check(file.name, path, kind: kind, isLast: file == last, isRDB: isRDB)
    }
    write("All AOF files and manifest are valid\n")
  }

  /// Says what the journal has and the files lack, and puts it back if it may.
  private func checkJournal(
    _ path: String, _ directory: String, _ manifest: AOFManifest
  ) throws(Abort) {
    let name = path.dropFirst(directory == "." ? 0 : directory.count + 1)
    guard name.hasSuffix(".manifest") else { return }
    let folder = AOFDirectory(
      files: files, directoryName: directory, name: String(name.dropLast(".manifest".count)))
    let journal = folder.naming.journal
    guard files.byteCount(folder.path(journal)) >= 0 else { return }
    if try recover(folder, .look, manifest) > 0 {
      try askForJournal(journal)
    } else {
      write("There is a journal, \(journal), and nothing in it that the files lack.\n")
    }
    if mode == .check { return }
    _ = try recover(folder, .force, manifest)
    write("Deleted the journal \(journal)\n")
  }

  private func recover(
    _ folder: AOFDirectory, _ mode: AOFJournalRecovery.Mode, _ manifest: AOFManifest
  ) throws(Abort) -> Int {
    do throws(AOFFailure) {
      let write = write
      return try AOFJournalRecovery(folder, mode) { write($1 + "\n") }.run(manifest)
    } catch {
      for message in error.messages { write(message + "\n") }
      throw Abort()
    }
  }

  private func askForJournal(_ journal: String) throws(Abort) {
    if mode == .check {
      write(
        "A start after a power failure puts back what the journal has, any other start refuses "
          + "these files. Use the --fix option to put it back, or delete \(journal) if the files "
          + "were changed by hand.\n")
      throw Abort()
    }
    write("This will put it back, and delete the journal \(journal)\n")
    if mode == .fix { try ask() }
  }

  private func loadManifest(_ path: String) throws(Abort) -> AOFManifest {
    let content: [UInt8]
    do throws(SystemFailure) {
      content = try files.readFile(path, limit: 64 * 1024 * 1024)
    } catch {
      write("Cannot read file: \(path)\n")
      throw Abort()
    }
    do throws(AOFManifestError) {
      return try AOFManifest(parsing: content)
    } catch {
      for message in error.messages { write(message) }
      throw Abort()
    }
  }

  // MARK: One file

  private enum Result {
    case valid, empty, truncated
    case truncatedToTimestamp(Int)
  }

  private mutating func check(
    _ name: String, _ path: String, kind: String, isLast: Bool, isRDB: Bool
  ) throws(Abort) {
    switch try checkFile(name, path, isLast: isLast, isRDB: isRDB) {
    case .valid: write("\(kind) \(name) is valid\n")
    case .empty: write("\(kind) \(name) is empty\n")
    case .truncated: write("Successfully truncated AOF \(name)\n")
    case .truncatedToTimestamp(let timestamp):
      write("Successfully truncated AOF \(name) to timestamp \(timestamp)\n")
    }
  }

  private mutating func checkFile(
    _ name: String, _ path: String, isLast: Bool, isRDB: Bool
  ) throws(Abort) -> Result {
    let descriptor: Int32
    do throws(SystemFailure) {
      descriptor = try files.openFile(path, O_RDWR)
    } catch {
      write("Cannot open file \(path): \(error.reason), aborting...\n")
      throw Abort()
    }
    defer { _ = files.close(descriptor) }
    let byteCount = files.byteCount(path)
    if byteCount == 0 { return .empty }
    let start = isRDB ? try checkPreamble(path) : 0
    let scan: AOFScan
    do throws(SystemFailure) {
      var file = try AOFCheckedFile(files: files, descriptor: descriptor, offset: start)
      scan = try AOFScan.run(&file, name: name, path: path, timestamp: timestamp, line: &line)
    } catch {
      write("Failed to read from AOF \(name), aborting...\n")
      throw Abort()
    }
    if scan.isFormatError { write("AOF \(name) format error\n") }
    if let error = scan.error { write(error + "\n") }
    if let cut = scan.timestampOffset { return try cutAtTimestamp(cut, descriptor, path, isLast) }
    if scan.aborts { throw Abort() }
    return try judge(name, descriptor, byteCount: byteCount, validCount: scan.validOffset, isLast)
  }

  private var timestamp: Int? {
    // As in redis-check-aof 0 stands for none.
    if case .truncate(let timestamp) = mode, timestamp != 0 { return timestamp }
    return nil
  }

  private func checkPreamble(_ path: String) throws(Abort) -> Int {
    guard case .valid(let end) = checkRDB(path) else {
      write("RDB preamble of AOF file is not sane, aborting.\n")
      throw Abort()
    }
    write("RDB preamble is OK, proceeding with AOF tail...\n")
    return end
  }

  /// Says how far the file is good, and cuts it there if it may.
  private func judge(
    _ name: String, _ descriptor: Int32, byteCount: Int, validCount: Int, _ isLast: Bool
  ) throws(Abort) -> Result {
    let surplus = byteCount - validCount
    if surplus == 0, let timestamp {
      write("Truncate nothing in AOF \(name) to timestamp \(timestamp)\n")
      return .valid
    }
    write(
      "AOF analyzed: filename=\(name), size=\(byteCount), ok_up_to=\(validCount), "
        + "ok_up_to_line=\(line), diff=\(surplus)\n")
    if surplus <= 0 { return .valid }
    guard mode == .fix else {
      write("AOF \(name) is not valid. Use the --fix option to try fixing it.\n")
      throw Abort()
    }
    guard isLast else {
      write("Failed to truncate AOF \(name) because it is not the last file\n")
      throw Abort()
    }
    write(
      "This will shrink the AOF \(name) from \(byteCount) bytes, with \(surplus) bytes, to "
        + "\(validCount) bytes\n")
    try ask()
    guard cut(descriptor, validCount) else {
      write("Failed to truncate AOF \(name)\n")
      throw Abort()
    }
    return .truncated
  }

  private func ask() throws(Abort) {
    write("Continue? [y/N]: ")
    guard let answer = readAnswer(), answer.hasPrefix("y") || answer.hasPrefix("Y") else {
      write("Aborting...\n")
      throw Abort()
    }
  }

  private func cutAtTimestamp(
    _ offset: Int, _ descriptor: Int32, _ path: String, _ isLast: Bool
  ) throws(Abort) -> Result {
    let timestamp = timestamp ?? 0
    if offset == 0 {
      write("AOF \(path) has nothing before timestamp \(timestamp), aborting...\n")
      throw Abort()
    }
    guard isLast else {
      write(
        "Failed to truncate AOF \(path) to timestamp \(timestamp) to offset \(offset) because it "
          + "is not the last file.\nIf you insist, please delete all files after this file "
          + "according to the manifest file and delete the corresponding records in manifest file "
          + "manually. Then re-run apus-check-aof.\n")
      throw Abort()
    }
    guard cut(descriptor, offset) else {
      write("Failed to truncate AOF \(path) to timestamp \(timestamp)\n")
      throw Abort()
    }
    return .truncatedToTimestamp(timestamp)
  }

  private func cut(_ descriptor: Int32, _ byteCount: Int) -> Bool {
    var result = files.truncate(descriptor, byteCount)
    while result == -EINTR { result = files.truncate(descriptor, byteCount) }
    return result == 0 && files.synchronize(descriptor) == 0
  }
}
