import Glibc

@testable import Engine

/// A file system of which one call, by its number, fails, falls short or is interrupted; the others
/// are real. Calls may come from several threads.
final class FaultyFileSystem: @unchecked Sendable {
  enum Fault {
    case error(Int32)
    /// Reads and writes take half, at most; other calls are not harmed.
    case short
  }

  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let faults: [Int: Fault]
  private let only: Set<String>?
  private var calls: [String] = []

  /// Fails the calls with the numbers from 0, of those that are named or of all.
  init(_ faults: [Int: Fault] = [:], only: Set<String>? = nil) {
    self.faults = faults
    self.only = only
    pthread_mutex_init(mutex, nil)
  }

  deinit { mutex.deallocate() }

  /// What was called so far, in order.
  var seen: [String] {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return calls
  }

  private func next(_ name: String) -> Fault? {
    if let only, !only.contains(name) { return nil }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    calls.append(name)
    return faults[calls.count - 1]
  }

  /// The error to return instead of the call, or 0.
  private func error(_ name: String) -> Int32 {
    if case .error(let number) = next(name) { return -number }
    return 0
  }

  private func room(_ name: String, _ count: Int) -> Int {
    switch next(name) {
    case nil: count
    case .short: max(count / 2, 1)
    case .error(let number): -Int(number)
    }
  }

  func files() -> FileSystem {
    let real = FileSystem()
    var files = FileSystem()
    files.open = { path, flags, mode in
      let error = self.error("open")
      return error < 0 ? error : real.open(path, flags, mode)
    }
    files.read = { descriptor, base, count in
      let room = self.room("read", count)
      return room < 0 ? room : real.read(descriptor, base, room)
    }
    files.write = { descriptor, base, count in
      let room = self.room("write", count)
      return room < 0 ? room : real.write(descriptor, base, room)
    }
    files.synchronize = { descriptor in
      let error = self.error("synchronize")
      return error < 0 ? error : real.synchronize(descriptor)
    }
    files.synchronizeDirectory = { path in
      let error = self.error("synchronizeDirectory")
      return error < 0 ? error : real.synchronizeDirectory(path)
    }
    files.truncate = { descriptor, count in
      let error = self.error("truncate")
      return error < 0 ? error : real.truncate(descriptor, count)
    }
    files.rename = { from, to in
      let error = self.error("rename")
      return error < 0 ? error : real.rename(from, to)
    }
    files.makeDirectory = { path, mode in
      let error = self.error("makeDirectory")
      return error < 0 ? error : real.makeDirectory(path, mode)
    }
    files.seek = { descriptor, offset in
      let error = self.error("seek")
      return error < 0 ? Int(error) : real.seek(descriptor, offset)
    }
    return files
  }
}

/// A folder that is there while `body` runs.
func withTemporaryFolder<Result>(_ body: (String) throws -> Result) rethrows -> Result {
  let path = "/tmp/apus-test-\(Randomness.identity())"
  mkdir(path, 0o755)
  defer { removeFolder(path) }
  return try body(path)
}

private func removeFolder(_ path: String) {
  for name in namesInFolder(path) {
    let entry = "\(path)/\(name)"
    if unlink(entry) != 0 { removeFolder(entry) }
  }
  rmdir(path)
}

func namesInFolder(_ path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names.sorted()
}

func writeFile(_ path: String, _ content: [UInt8]) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
  _ = content.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  close(descriptor)
}

func writeFile(_ path: String, _ content: String) { writeFile(path, Array(content.utf8)) }

/// The file's bytes, or nil if there is none.
func readFile(_ path: String) -> [UInt8]? {
  try? FileSystem().readFile(path, limit: 1 << 30)
}
