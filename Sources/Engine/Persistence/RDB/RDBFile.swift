import Core
import Glibc

/// A snapshot on disk: written beside its place, made to last, and put there whole.
struct RDBFile {
  let path: String
  let files: FileSystem
  let compresses: Bool
  let checksums: Bool
  /// Whether the disk is kept busy while the file is written, so that the end is not one long wait.
  let writesBackEarly: Bool

  /// Where the file is written first: in the same directory, with the process' number.
  var temporaryPath: String {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    return "\(directory)temp-\(getpid()).rdb"
  }

  private var directory: String {
    guard let end = path.lastIndex(of: "/") else { return "." }
    return end == path.startIndex ? "/" : String(path[..<end])
  }

  /// Puts the data set into the file at `path`; readers find the old one or the new one, whatever
  /// happens in between.
  func save(
    _ snapshot: RDBSnapshot, _ progress: RDBSnapshot.Progress? = nil
  ) throws(SystemFailure) {
    let temporary = temporaryPath
    do throws(SystemFailure) {
      try write(snapshot, to: temporary, progress)
      try files.replaceFile(path, by: temporary, inDirectory: directory)
    } catch {
      _ = files.unlink(temporary)
      throw error
    }
  }

  /// Writes the data set to a new file, which is on disk then under a name that may not last.
  func write(
    _ snapshot: RDBSnapshot, to path: String, _ progress: RDBSnapshot.Progress?
  ) throws(SystemFailure) {
    let descriptor = try files.openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
    do throws(SystemFailure) {
      let sink = FileSink(files, descriptor, writesBackEarly: writesBackEarly)
      var writer = RDBWriter(compresses: compresses, checksums: checksums) { sink.take($0, $1) }
      snapshot.write(to: &writer, checksums: checksums, progress)
      if let failure = sink.failure { throw failure }
      try files.synchronizeFile(descriptor)
    } catch {
      _ = files.close(descriptor)
      throw error
    }
    let closed = files.close(descriptor)
    if closed < 0 { throw SystemFailure(-closed) }
  }
}

/// Takes a file's bytes in order, and lets the disk work on what was written before.
final class FileSink {
  private let files: FileSystem
  private let descriptor: Int32
  private let writesBackEarly: Bool
  private var offset = 0
  private var startedOffset = 0
  private(set) var failure: SystemFailure?

  /// What is handed to the disk at once. The one before must be written by then.
  private static let stretchByteCount = 8 << 20

  init(_ files: FileSystem, _ descriptor: Int32, writesBackEarly: Bool) {
    self.files = files
    self.descriptor = descriptor
    self.writesBackEarly = writesBackEarly
  }

  func take(_ base: UnsafeRawPointer, _ count: Int) -> Bool {
    do throws(SystemFailure) {
      try files.writeAll(descriptor, base, count)
    } catch {
      failure = error
      return false
    }
    offset += count
    if writesBackEarly, offset - startedOffset >= Self.stretchByteCount { startWritingBack() }
    return true
  }

  private func startWritingBack() {
    _ = files.writeBack(descriptor, startedOffset, offset - startedOffset, false)
    if startedOffset > 0 {
      let previous = max(0, startedOffset - Self.stretchByteCount)
      _ = files.writeBack(descriptor, previous, startedOffset - previous, true)
    }
    startedOffset = offset
  }
}
