import Core
import Glibc

/// The folder that holds the log's files, and the manifest in it.
///
/// The order of the steps is what a crash at any moment forgives: a file is there, on the disk,
/// before a manifest names it as one to load, and history stays in the manifest until it is
/// deleted. A manifest is replaced whole, by renaming.
package struct AOFDirectory {
  package let files: FileSystem
  package let naming: AOFNaming
  /// `dir`, in which a file of an old version may lie, and `appenddirname` in it.
  package let parent: String
  package let directoryName: String

  private static let manifestByteCountMax = 64 * 1024 * 1024

  package init(
    files: FileSystem = FileSystem(), parent: String = ".", directoryName: String, name: String
  ) {
    self.files = files
    self.parent = parent
    self.directoryName = directoryName
    naming = AOFNaming(name)
  }

  /// The folder, from where the process works.
  package var path: String { parent == "." ? directoryName : "\(parent)/\(directoryName)" }
  package func path(_ name: String) -> String { "\(path)/\(name)" }
  var oldPath: String { parent == "." ? naming.name : "\(parent)/\(naming.name)" }

  func exists(_ path: String) -> Bool { files.byteCount(path) >= 0 }

  // MARK: Manifest

  /// The manifest on the disk, or an empty one where there is none.
  package func loadManifest(_ report: AOFReport) throws(AOFFailure) -> AOFManifest {
    guard files.isDirectory(path) else {
      report(.debug, "The AOF directory \(directoryName) doesn't exist")
      return AOFManifest()
    }
    let path = path(naming.manifest)
    let content: [UInt8]
    do throws(SystemFailure) {
      content = try files.readFile(path, limit: Self.manifestByteCountMax)
    } catch {
      if error.number == ENOENT {
        report(.debug, "The AOF manifest file \(naming.manifest) doesn't exist")
        return AOFManifest()
      }
      throw AOFFailure(
        "Fatal error: can't open the AOF manifest file \(path) for reading: \(error.reason)")
    }
    do throws(AOFManifestError) {
      return try AOFManifest(parsing: content)
    } catch {
      throw AOFFailure(error.messages)
    }
  }

  /// Writes the manifest beside the old one, to the disk, and puts it in the old one's place.
  ///
  /// After a failure the old manifest is still there, unless the last step failed: then either may
  /// be found after a crash, and the files that the two name have to stay.
  package func saveManifest(_ manifest: AOFManifest) throws(AOFFailure) {
    let temporary = naming.temporaryManifest
    let temporaryPath = path(temporary)
    let path = path(naming.manifest)
    do throws(AOFFailure) {
      try writeTemporaryManifest(manifest.text, temporary)
      // The names that it has last before it does, whatever order the file system keeps.
      try synchronize()
      try attempt({ files.rename(temporaryPath, path) }) {
        "Error trying to rename the temporary AOF manifest file \(temporary) into "
          + "\(naming.manifest): \($0)"
      }
    } catch {
      _ = files.unlink(temporaryPath)
      throw error
    }
    try synchronize()
  }

  private func synchronize() throws(AOFFailure) {
    try attempt({ files.synchronizeDirectory(path) }) {
      "Fail to fsync AOF directory \(path): \($0)."
    }
  }

  /// Puts all that was loaded on the disk, names and bytes. The process that wrote it may have died
  /// before it came to that; what was only in the system's memory would be missing after a power
  /// failure, in front of what is promised from now on.
  package func makeDurable(_ manifest: AOFManifest) throws(AOFFailure) {
    if manifest.isEmpty { return }
    for file in manifest.files {
      do throws(SystemFailure) {
        let descriptor = try files.openFile(path(file.name), O_RDONLY)
        defer { _ = files.close(descriptor) }
        try files.synchronizeFile(descriptor)
      } catch {
        throw AOFFailure("Fail to fsync the AOF file \(file.name): \(error.reason).")
      }
    }
    try synchronize()
    try attempt({ files.synchronizeDirectory(parent) }) {
      "Fail to fsync the directory of \(directoryName): \($0)."
    }
  }

  private func writeTemporaryManifest(_ text: [UInt8], _ name: String) throws(AOFFailure) {
    let descriptor: Int32
    do throws(SystemFailure) {
      descriptor = try files.openFile(path(name), O_WRONLY | O_TRUNC | O_CREAT)
    } catch {
      throw AOFFailure("Can't open the AOF manifest file \(name): \(error.reason)")
    }
    defer { _ = files.close(descriptor) }
    do throws(SystemFailure) {
      try text.withView { (view) throws(SystemFailure) in
        try files.writeAll(descriptor, UnsafeRawPointer(view.base), view.count)
      }
    } catch {
      throw AOFFailure(
        "Error trying to write the temporary AOF manifest file \(name): \(error.reason)")
    }
    do throws(SystemFailure) {
      try files.synchronizeFile(descriptor)
    } catch {
      throw AOFFailure("Fail to fsync the temp AOF file \(name): \(error.reason).")
    }
  }

  /// Does a step again while it is interrupted; any other error becomes the message.
  private func attempt(
    _ step: () -> Int32, _ message: (_ reason: String) -> String
  ) throws(AOFFailure) {
    var result = step()
    while result == -EINTR { result = step() }
    if result < 0 { throw AOFFailure(message(SystemFailure(-result).reason)) }
  }

  // MARK: The folder and its files

  /// Makes the folder if it is missing, and makes that last.
  package func make() throws(AOFFailure) {
    if files.isDirectory(path) { return }
    let message = { (reason: String) in
      "Can't open or create append-only dir \(directoryName): \(reason)"
    }
    try attempt({ files.makeDirectory(path, 0o755) }, message)
    // Something else may have that name.
    guard files.isDirectory(path) else { throw AOFFailure(message(SystemFailure(ENOTDIR).reason)) }
    try attempt({ files.synchronizeDirectory(parent) }, message)
  }

  /// Makes the single file of an old version the base of a log, where that is still to be done.
  ///
  /// The manifest comes first: after a crash between the two it names a file that is not there yet,
  /// which is how the next start knows that it has to go on.
  package func upgradeIfNeeded(
    _ manifest: inout AOFManifest, _ report: AOFReport
  ) throws(AOFFailure) {
    guard exists(oldPath), isToBeUpgraded(manifest) else { return }
    try make()
    var upgraded = manifest
    upgraded.adoptOldFile(naming)
    try saveManifest(upgraded)
    let message = { (reason: String) in
      "Error trying to move the old AOF file \(naming.name) into dir \(directoryName): \(reason)"
    }
    try attempt({ files.rename(oldPath, path(naming.name)) }, message)
    try attempt({ files.synchronizeDirectory(path) }, message)
    try attempt({ files.synchronizeDirectory(parent) }, message)
    manifest = upgraded
    report(
      .notice,
      "Successfully migrated an old-style AOF file (\(naming.name)) into the AOF directory "
        + "(\(directoryName)).")
  }

  private func isToBeUpgraded(_ manifest: AOFManifest) -> Bool {
    if !files.isDirectory(path) || manifest.isEmpty { return true }
    return manifest.base?.name == naming.name && manifest.increments.isEmpty
      && !exists(path(naming.name))
  }

  /// Deletes what the manifest lists as history, then writes a manifest without it: a crash between
  /// leaves names to delete again, never files that nobody knows.
  ///
  /// `unlink` takes a path out of the folder at once; freeing its blocks may take its time
  /// elsewhere.
  package func deleteHistory(
    _ manifest: inout AOFManifest, _ report: AOFReport, unlink: (_ path: String) -> Void
  ) throws(AOFFailure) {
    guard !manifest.history.isEmpty else { return }
    var shortened = manifest
    for file in shortened.forgetHistory() {
      report(.notice, "Removing the history file \(file.name) in the background")
      unlink(path(file.name))
    }
    try saveManifest(shortened)
    manifest = shortened
  }

  // MARK: Opening for writing

  /// Opens the increment that is to be written at start, and adds one where there is none. An empty
  /// log gets a base first, which `writeBase` writes whole to the path.
  package func openAtStart(
    _ manifest: inout AOFManifest, usesRDB: Bool, _ report: AOFReport,
    writeBase: (_ path: String) throws(AOFFailure) -> Void
  ) throws(AOFFailure) -> AOFOpenFile {
    try make()
    var changed = manifest
    if changed.isEmpty {
      let base = changed.replaceBase(naming, isRDB: usesRDB)
      try writeBase(path(base.name))
      report(.notice, "Creating AOF base file \(base.name) on server start")
    }
    let isNew = changed.increments.isEmpty
    let file = changed.increments.last ?? changed.addIncrement(naming)
    // Its end is where it is written on from now on.
    changed.setLastOffsets(start: file.startOffset, end: nil)
    let opened = try open(file, O_APPEND)
    if changed != manifest {
      do throws(AOFFailure) {
        try saveManifest(changed)
      } catch {
        _ = files.close(opened.descriptor)
        throw error
      }
    }
    manifest = changed
    report(.notice, "\(isNew ? "Creating" : "Opening") AOF incr file \(file.name) on server start")
    return opened
  }

  /// Adds an increment and opens it, for a rewrite: what comes from now on is not in the base that
  /// is being made.
  package func openNextIncrement(
    _ manifest: inout AOFManifest, startOffset: Int64?, _ report: AOFReport
  ) throws(AOFFailure) -> AOFOpenFile {
    var changed = manifest
    let file = changed.addIncrement(naming, startOffset: startOffset)
    let opened = try open(file, O_TRUNC)
    do throws(AOFFailure) {
      try saveManifest(changed)
    } catch {
      _ = files.close(opened.descriptor)
      throw error
    }
    manifest = changed
    report(.notice, "Creating AOF incr file \(file.name) on background rewrite")
    return opened
  }

  private func open(_ file: AOFManifest.File, _ flag: Int32) throws(AOFFailure) -> AOFOpenFile {
    let path = path(file.name)
    do throws(SystemFailure) {
      let descriptor = try files.openFile(path, O_WRONLY | O_CREAT | O_APPEND | flag)
      return AOFOpenFile(
        name: file.name, sequence: file.sequence, descriptor: descriptor,
        byteCount: max(files.byteCount(path), 0))
    } catch {
      throw AOFFailure("Can't open the append-only file \(file.name): \(error.reason)")
    }
  }
}

/// A file that is written on. Ownership: whoever gets it closes the descriptor.
package struct AOFOpenFile {
  package let name: String
  /// Its number in the manifest; 0 while it is in none.
  package var sequence: Int64
  package let descriptor: Int32
  /// What was in it.
  package let byteCount: Int

  package init(name: String, sequence: Int64 = 0, descriptor: Int32, byteCount: Int) {
    self.name = name
    self.sequence = sequence
    self.descriptor = descriptor
    self.byteCount = byteCount
  }
}
