import Core
import Glibc
import Testing

@testable import Engine

/// Snapshots on disk, with a system that fails at each call in turn.
@Suite struct RDBFileTests {
  /// What a call does instead of what it should.
  enum Fault: Int32, CaseIterable {
    case interrupted, oneByte, nothing, full, broken
  }

  /// A real file system of which one call is disturbed, and which writes down all of them.
  final class DisturbedFiles: @unchecked Sendable {
    private(set) var calls: [String] = []
    private let failingCall: Int
    private let fault: Fault
    /// Whether the fault lasts.
    private let isPermanent: Bool
    let directory: String

    init(failingCall: Int = .max, fault: Fault = .broken, isPermanent: Bool = false) {
      self.failingCall = failingCall
      self.fault = fault
      self.isPermanent = isPermanent
      directory = "/tmp/apus-rdb-\(Randomness.identity())"
      mkdir(directory, 0o755)
    }

    deinit {
      for name in names { unlink("\(directory)/\(name)") }
      rmdir(directory)
    }

    /// What is in the directory.
    var names: [String] {
      guard let handle = opendir(directory) else { return [] }
      defer { closedir(handle) }
      var names: [String] = []
      while let entry = readdir(handle) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if name != ".", name != ".." { names.append(name) }
      }
      return names.sorted()
    }

    /// What the call returns if it is the one that fails; nil to make it.
    private func disturbed(_ name: String) -> Int? {
      calls.append(name)
      let number = calls.count - 1
      guard isPermanent ? number >= failingCall : number == failingCall else { return nil }
      switch fault {
      case .interrupted: return -Int(EINTR)
      case .nothing: return name == "write" ? 0 : nil
      case .oneByte: return name == "write" ? 1 : nil
      case .full: return -Int(ENOSPC)
      case .broken: return -Int(EIO)
      }
    }

    var files: FileSystem {
      let real = FileSystem()
      var files = FileSystem()
      files.open = { path, flags, mode in
        self.disturbed("open").map { Int32($0) } ?? real.open(path, flags, mode)
      }
      files.write = { descriptor, base, count in
        guard let result = self.disturbed("write") else {
          return real.write(descriptor, base, count)
        }
        return result > 0 ? real.write(descriptor, base, result) : result
      }
      files.synchronize = {
        self.disturbed("synchronize").map { Int32($0) } ?? real.synchronize($0)
      }
      files.rename = { self.disturbed("rename").map { Int32($0) } ?? real.rename($0, $1) }
      files.synchronizeDirectory = {
        self.disturbed("synchronizeDirectory").map { Int32($0) } ?? real.synchronizeDirectory($0)
      }
      // It is closed even where the call fails.
      files.close = { descriptor in
        let failure = self.disturbed("close")
        let result = real.close(descriptor)
        return failure.map { Int32($0) } ?? result
      }
      return files
    }

    func content() -> [UInt8]? {
      guard let descriptor = try? FileSystem().openFile("\(directory)/dump.rdb", O_RDONLY) else {
        return nil
      }
      defer { close(descriptor) }
      var bytes = [UInt8](repeating: 0, count: 4 << 20)
      var count = 0
      while true {
        let got = read(descriptor, &bytes[count], bytes.count - count)
        if got <= 0 { return Array(bytes[..<count]) }
        count += got
      }
    }

    func save(_ keyspace: Keyspace) -> SystemFailure? {
      let file = RDBFile(
        path: "\(directory)/dump.rdb", files: files, compresses: true, checksums: true,
        writesBackEarly: true)
      do throws(SystemFailure) {
        try file.save(RDBDataSets.snapshot(keyspace))
        return nil
      } catch {
        return error
      }
    }

    func writeOld() {
      let descriptor = open("\(directory)/dump.rdb", O_WRONLY | O_CREAT, 0o644)
      _ = "old".withCString { write(descriptor, $0, 3) }
      close(descriptor)
    }
  }

  /// Some writes' worth of data.
  private static func keyspace() -> Keyspace {
    let keyspace = RDBDataSets.keyspace()
    var random = KeyspaceRandom(state: 7)
    for number in 0..<12 {
      let value = (0..<60_000).map { _ in UInt8.random(in: 0...255, using: &random) }
      Array("key\(number)".utf8).withView { name in
        value.withView { keyspace[0].setString(keyspace[0].key(name), nil, $0, .remove) }
      }
    }
    return keyspace
  }

  private static func loads(_ bytes: [UInt8]?, _ keyspace: Keyspace) -> Bool {
    let copy = RDBDataSets.keyspace()
    guard let bytes, case .success = RDBDataSets.load(bytes, into: copy) else { return false }
    return copy.digest == keyspace.digest
  }

  @Test func savesInOrder() {
    let keyspace = Self.keyspace()
    let files = DisturbedFiles()
    files.writeOld()
    #expect(files.save(keyspace) == nil)
    let steps = files.calls.filter { $0 != "write" }
    #expect(steps == ["open", "synchronize", "close", "rename", "synchronizeDirectory"])
    #expect(files.calls.filter { $0 == "write" }.count > 3)
    #expect(
      files.calls.lastIndex(of: "write") ?? 0 < files.calls.firstIndex(of: "synchronize") ?? 0)
    #expect(files.names == ["dump.rdb"])
    #expect(Self.loads(files.content(), keyspace))
  }

  /// Whatever fails: the old file or the new one, whole, and nothing beside it.
  @Test(arguments: Fault.allCases) func eachCallFails(_ fault: Fault) {
    let keyspace = Self.keyspace()
    let calls = DisturbedFiles().callsOfSave(keyspace)
    for (number, call) in calls.enumerated() {
      for isPermanent in [false, true] {
        // Whoever is interrupted for ever tries for ever.
        if isPermanent, fault == .interrupted { continue }
        let files = DisturbedFiles(failingCall: number, fault: fault, isPermanent: isPermanent)
        files.writeOld()
        let failure = files.save(keyspace)
        let context = "\(call) \(number), \(fault), \(isPermanent)"
        #expect(files.names == ["dump.rdb"], "\(context)")
        check(files, failure, keyspace, call, fault, isPermanent, context)
      }
    }
  }

  private func check(
    _ files: DisturbedFiles, _ failure: SystemFailure?, _ keyspace: Keyspace, _ call: String,
    _ fault: Fault, _ isPermanent: Bool, _ context: String
  ) {
    let isHarmless =
      switch fault {
      case .interrupted: ["open", "write", "synchronize"].contains(call)
      case .oneByte: true
      case .nothing: call != "write" && !(isPermanent && call == "open")
      case .full, .broken: false
      }
    if isHarmless {
      #expect(failure == nil, "\(context)")
      #expect(Self.loads(files.content(), keyspace), "\(context)")
      return
    }
    let number: Int32 =
      switch fault {
      case .interrupted: EINTR
      case .broken: EIO
      default: ENOSPC
      }
    #expect(failure == SystemFailure(number), "\(context)")
    // The new one has its name already when the directory is put on the disk.
    let isNew = call == "synchronizeDirectory"
    #expect(isNew ? Self.loads(files.content(), keyspace) : files.content() == Array("old".utf8))
  }

  @Test func pathsWithoutADirectory() {
    func file(_ path: String) -> RDBFile {
      RDBFile(
        path: path, files: FileSystem(), compresses: true, checksums: true, writesBackEarly: false)
    }
    #expect(file("dump.rdb").temporaryPath == "temp-\(getpid()).rdb")
    #expect(file("/dump.rdb").temporaryPath == "/temp-\(getpid()).rdb")
    #expect(file("/a/b/dump.rdb").temporaryPath == "/a/b/temp-\(getpid()).rdb")
  }

  // MARK: Reading

  @Test func readingIsTriedAgain() throws {
    nonisolated(unsafe) var left = [-Int(EINTR), -Int(EINTR), 7]
    var files = FileSystem()
    files.read = { _, _, _ in left.removeFirst() }
    var place: UInt8 = 0
    #expect(try files.readSome(3, &place, 1) == 7)
    files.read = { _, _, _ in -Int(EIO) }
    #expect(throws: SystemFailure(EIO)) { try files.readSome(3, &place, 1) }
  }
}

extension RDBFileTests.DisturbedFiles {
  func callsOfSave(_ keyspace: Keyspace) -> [String] {
    _ = save(keyspace)
    return calls
  }
}
