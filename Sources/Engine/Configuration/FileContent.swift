import Glibc

/// Why a file could not be read or written: the system's words.
struct FileError: Error {
  let reason: String
  init(_ number: Int32 = errno) { reason = String(cString: strerror(number)) }
}

/// Whole files of text that people write.
enum FileContent {
  /// Far more than any of them; a device has no end.
  private static let byteCountMax = 64 * 1024 * 1024

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// All bytes of the file at `path`.
  static func read(_ path: String) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError() }
    defer { close(descriptor) }
    return try read(descriptor)
  }

  /// All bytes up to the end of what `descriptor` gives.
  static func read(_ descriptor: Int32) throws(FileError) -> [UInt8] {
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw FileError() }
      if count == 0 { return content }
      content += buffer[..<count]
      if content.count > byteCountMax { throw FileError(EFBIG) }
    }
  }

  /// Replaces the file at `path`: readers, and a crash at any moment, find the old content or the
  /// new one, never a part. A file that exists keeps its mode; `redis.conf` may hold a password.
  static func replace(_ path: String, with content: [UInt8]) throws(FileError) {
    var information = stat()
    let mode = stat(path, &information) == 0 ? information.st_mode & 0o777 : 0o644
    let temporary = "\(path)-\(getpid()).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw FileError() }
    do throws(FileError) {
      defer { close(descriptor) }
      try write(content, to: descriptor)
      guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else { throw FileError() }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let error = FileError()
      unlink(temporary)
      throw error
    }
    try synchronize(directoryOf: path)
  }

  /// Writes all of `content`.
  static func write(_ content: [UInt8], to descriptor: Int32) throws(FileError) {
    var rest = content[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw FileError() }
      rest = rest.dropFirst(count)
    }
  }

  /// A renamed file is only sure to stay renamed once its directory is written.
  private static func synchronize(directoryOf path: String) throws(FileError) {
    let end = path.lastIndex(of: "/")
    let directory = end.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError() }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError() }
  }
}
