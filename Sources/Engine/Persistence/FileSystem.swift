import CProcess
import Glibc

/// The system calls that persistence makes, behind functions: a test puts in ones that fail, fall
/// short or are interrupted, at every call in turn.
///
/// Each returns what the system call does, with the negated error number for -1, so that a result
/// is whole without `errno`, which belongs to a thread. Nothing is retried here; what a caller does
/// about EINTR and short writes stands in the extension below and nowhere else. Cold: one call
/// costs a system call. The functions capture nothing that another thread changes, and may be
/// called from any thread and in a forked child.
package struct FileSystem: Sendable {
  /// `open(2)` with O_CLOEXEC added.
  package var open: @Sendable (_ path: String, _ flags: Int32, _ mode: mode_t) -> Int32 = {
    negated(Glibc.open($0, $1 | O_CLOEXEC, $2))
  }
  package var read: @Sendable (Int32, UnsafeMutableRawPointer, Int) -> Int = {
    let count = Glibc.read($0, $1, $2)
    return count < 0 ? -Int(errno) : count
  }
  package var write: @Sendable (Int32, UnsafeRawPointer, Int) -> Int = {
    let count = Glibc.write($0, $1, $2)
    return count < 0 ? -Int(errno) : count
  }
  /// `fdatasync(2)`: content and length.
  package var synchronize: @Sendable (Int32) -> Int32 = { negated(fdatasync($0)) }
  /// `fsync(2)` of the directory at the path: what was created, renamed or unlinked in it stays so.
  package var synchronizeDirectory: @Sendable (_ path: String) -> Int32 = { path in
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return -errno }
    defer { Glibc.close(descriptor) }
    return negated(fsync(descriptor))
  }
  /// Starts to put a part of the file on the disk; `waits` for it as well. A hint that promises
  /// nothing, which keeps the last `synchronize` short.
  package var writeBack:
    @Sendable (_ descriptor: Int32, _ offset: Int, _ count: Int, _ waits: Bool) -> Int32 = {
      negated(apus_process_write_back($0, Int64($1), Int64($2), $3))
    }
  package var truncate: @Sendable (Int32, Int) -> Int32 = { negated(ftruncate($0, $1)) }
  package var close: @Sendable (Int32) -> Int32 = { negated(Glibc.close($0)) }
  package var rename: @Sendable (_ from: String, _ to: String) -> Int32 = {
    negated(Glibc.rename($0, $1))
  }
  package var unlink: @Sendable (_ path: String) -> Int32 = { negated(Glibc.unlink($0)) }
  /// A directory that exists already is as good as made.
  package var makeDirectory: @Sendable (_ path: String, mode_t) -> Int32 = {
    if mkdir($0, $1) == 0 { return 0 }
    return errno == EEXIST ? 0 : -errno
  }
  /// Bytes of the file at the path.
  package var byteCount: @Sendable (_ path: String) -> Int = { path in
    var information = stat()
    return stat(path, &information) == 0 ? Int(information.st_size) : -Int(errno)
  }
  /// `lseek(2)` from the file's beginning.
  package var seek: @Sendable (Int32, _ offset: Int) -> Int = { descriptor, offset in
    let position = lseek(descriptor, offset, SEEK_SET)
    return position < 0 ? -Int(errno) : position
  }
  /// Whether the open file is the one that is found at the path.
  package var isFile: @Sendable (_ descriptor: Int32, _ path: String) -> Bool = {
    var (open, found) = (stat(), stat())
    return fstat($0, &open) == 0 && stat($1, &found) == 0 && open.st_ino == found.st_ino
      && open.st_dev == found.st_dev
  }
  package var isDirectory: @Sendable (_ path: String) -> Bool = { path in
    var information = stat()
    return stat(path, &information) == 0 && information.st_mode & S_IFMT == S_IFDIR
  }

  package init() {}

  /// One whose files do not exist and take what is written for nothing: for an engine in a test.
  package static var discarding: FileSystem {
    var files = FileSystem()
    let open = files.open
    files.open = { _, flags, mode in open("/dev/null", flags & ~(O_CREAT | O_TRUNC), mode) }
    files.synchronize = { _ in 0 }
    files.synchronizeDirectory = { _ in 0 }
    files.writeBack = { _, _, _, _ in 0 }
    files.rename = { _, _ in 0 }
    files.unlink = { _ in 0 }
    files.makeDirectory = { _, _ in 0 }
    files.byteCount = { _ in -Int(ENOENT) }
    return files
  }
}

private func negated(_ result: Int32) -> Int32 { result < 0 ? -errno : result }

/// A system call that failed, with its error number.
package struct SystemFailure: Error, Equatable {
  package let number: Int32

  package init(_ number: Int32) { self.number = number }

  /// The system's words.
  package var reason: String { String(cString: strerror(number)) }
}

extension FileSystem {
  /// Opens the file, however often it is interrupted.
  package func openFile(
    _ path: String, _ flags: Int32, mode: mode_t = 0o644
  ) throws(SystemFailure) -> Int32 {
    while true {
      let descriptor = open(path, flags, mode)
      if descriptor >= 0 { return descriptor }
      if descriptor != -EINTR { throw SystemFailure(-descriptor) }
    }
  }

  /// Up to `count` bytes; 0 at the end of the file.
  package func readSome(
    _ descriptor: Int32, _ base: UnsafeMutableRawPointer, _ count: Int
  ) throws(SystemFailure) -> Int {
    while true {
      let got = read(descriptor, base, count)
      if got >= 0 { return got }
      if got != -Int(EINTR) { throw SystemFailure(Int32(clamping: -got)) }
    }
  }

  /// All bytes of a file that is expected to be small; EFBIG if it has more than `limit`.
  package func readFile(_ path: String, limit: Int) throws(SystemFailure) -> [UInt8] {
    let descriptor = try openFile(path, O_RDONLY)
    defer { _ = close(descriptor) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let result = buffer.withUnsafeMutableBytes { bytes -> Result<Int, SystemFailure> in
        guard let base = bytes.baseAddress else { return .success(0) }
        do throws(SystemFailure) {
          return .success(try readSome(descriptor, base, bytes.count))
        } catch {
          return .failure(error)
        }
      }
      let count = try result.get()
      if count == 0 { return content }
      content += buffer[..<count]
      if content.count > limit { throw SystemFailure(EFBIG) }
    }
  }

  /// Writes all `count` bytes, in as many pieces as it takes. A write that takes nothing is as a
  /// full disk.
  package func writeAll(
    _ descriptor: Int32, _ base: UnsafeRawPointer, _ count: Int
  ) throws(SystemFailure) {
    var done = 0
    while done < count {
      let put = write(descriptor, base + done, count - done)
      if put > 0 {
        done += put
      } else if put == 0 {
        throw SystemFailure(ENOSPC)
      } else if put != -Int(EINTR) {
        throw SystemFailure(Int32(clamping: -put))
      }
    }
  }

  /// Puts content and length on the disk. After a failure the content may be lost although the
  /// next call succeeds: the file has to be written anew.
  package func synchronizeFile(_ descriptor: Int32) throws(SystemFailure) {
    while true {
      let result = synchronize(descriptor)
      if result == 0 { return }
      if result != -EINTR { throw SystemFailure(-result) }
    }
  }

  /// Renames and makes that last.
  package func replaceFile(
    _ to: String, by from: String, inDirectory directory: String
  ) throws(SystemFailure) {
    let result = rename(from, to)
    if result != 0 { throw SystemFailure(-result) }
    let synchronized = synchronizeDirectory(directory)
    if synchronized != 0 { throw SystemFailure(-synchronized) }
  }
}
