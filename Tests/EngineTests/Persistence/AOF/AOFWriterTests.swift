import Core
import Glibc
import Testing

@testable import Engine

/// A writer of files in a folder, and what was promised about them.
final class WriterBench {
  let folder: String
  var writer: AOFWriter
  /// All bytes appended, in order.
  private(set) var expected: [UInt8] = []
  /// Offsets at which pieces end.
  private(set) var ends: [Int] = [0]
  private let wakes = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init(
    _ folder: String, _ synchronization: AOFSynchronization, files: FileSystem = FileSystem()
  ) throws {
    self.folder = folder
    sem_init(wakes, 0, 0)
    writer = try AOFWriter(
      Self.open("\(folder)/1"), synchronization: synchronization, files: files,
      wakeUp: { context in
        if let wakes = context?.assumingMemoryBound(to: sem_t.self) { sem_post(wakes) }
      },
      context: UnsafeMutableRawPointer(wakes))
  }

  deinit { wakes.deallocate() }

  static func open(_ path: String) throws -> AOFOpenFile {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    try #require(descriptor >= 0)
    return AOFOpenFile(
      name: path, descriptor: descriptor, byteCount: FileSystem().byteCount(path))
  }

  /// One turn: a piece of its own.
  func turn(_ bytes: [UInt8]) {
    bytes.withView { writer.append($0) }
    writer.handOver()
    expected += bytes
    ends.append(expected.count)
  }

  func turn(_ text: String) { turn(Array(text.utf8)) }

  func content(_ name: String = "1") -> [UInt8]? { readFile("\(folder)/\(name)") }

  /// Waits until it is so; far longer than it can take.
  func wait(_ what: String, _ isSo: () -> Bool) {
    for _ in 0..<20_000 {
      if isSo() { return }
      usleep(1000)
    }
    Issue.record("waited in vain: \(what)")
  }

  func waitForWake() { while sem_wait(wakes) != 0 {} }
}

@Suite struct AOFWriterTests {
  private static let all: [AOFSynchronization] = [.never, .everySecond, .always]

  @Test(arguments: all) func writesEverythingInOrder(synchronization: AOFSynchronization) throws {
    try withTemporaryFolder { folder in
      let bench = try WriterBench(folder, synchronization)
      for number in 0..<3000 {
        let count = number % 97 == 0 ? 200_000 : number % 13 * 50
        bench.turn([UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count))
      }
      #expect(bench.writer.endOffset == bench.expected.count)
      bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
      #expect(bench.writer.backlogByteCount == 0)
      #expect(bench.content() == bench.expected)
      #expect(bench.writer.status.fileByteCount == bench.expected.count)
      let ending = bench.writer.stop().ending
      #expect(ending == AOFWriter.Ending(error: 0, unwrittenByteCount: 0))
      #expect(bench.content() == bench.expected)
    }
  }

  @Test func appendsToWhatIsThere() throws {
    try withTemporaryFolder { folder in
      writeFile("\(folder)/1", "before ")
      let bench = try WriterBench(folder, .always)
      bench.turn("after")
      #expect(bench.writer.flush() == 0)
      #expect(bench.content() == Array("before after".utf8))
      #expect(bench.writer.status.fileByteCount == 12 && bench.writer.durableOffset == 5)
      _ = bench.writer.stop()
    }
  }

  @Test func aPieceIsAsLargeAsItsBytes() throws {
    try withTemporaryFolder { folder in
      let bench = try WriterBench(folder, .never)
      bench.writer.room(5).copyMemory(from: "first", byteCount: 5)
      bench.writer.didAppend(5)
      bench.writer.room(1_000_000).initializeMemory(as: UInt8.self, repeating: 7, count: 1_000_000)
      bench.writer.didAppend(1_000_000)
      _ = bench.writer.room(10)
      bench.writer.append(ByteView("last"))
      #expect(bench.writer.endOffset == 1_000_009)
      _ = bench.writer.stop()
      #expect(
        bench.content() == Array("first".utf8) + [UInt8](repeating: 7, count: 1_000_000)
          + Array("last".utf8))
    }
  }

  /// Everything that comes during an fsync shares the next; nothing counts before its own is over.
  @Test func alwaysCommitsInGroups() throws {
    try withTemporaryFolder { folder in
      let gate = Gate()
      let bench = try WriterBench(folder, .always, files: gate.files())
      bench.turn("first")
      gate.waitUntilEntered(1)
      for number in 0..<100 { bench.turn("turn \(number)") }
      #expect(bench.writer.durableOffset == 0 && bench.writer.writtenOffset == 5)
      gate.open(1)
      gate.waitUntilEntered(2)
      #expect(bench.writer.durableOffset == 5)
      #expect(bench.writer.writtenOffset == bench.expected.count)
      gate.open(1)
      bench.wait("durable") { bench.writer.durableOffset == bench.expected.count }
      #expect(bench.writer.status.synchronizationCount == 2)
      bench.waitForWake()
      bench.waitForWake()
      gate.open(100)
      _ = bench.writer.stop()
    }
  }

  /// A slow fsync holds up neither writing nor the engine, and is reported.
  @Test func everySecondWritesDuringAnFsync() throws {
    try withTemporaryFolder { folder in
      let gate = Gate()
      let bench = try WriterBench(folder, .everySecond, files: gate.files())
      bench.turn("first")
      gate.waitUntilEntered(1)
      for number in 0..<100 { bench.turn("turn \(number)") }
      bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
      #expect(bench.content() == bench.expected && bench.writer.durableOffset == 0)
      bench.wait("delay") { bench.writer.status.delayedSynchronizationCount > 0 }
      #expect(bench.writer.takeNews())
      #expect(
        bench.writer.takeMessages().map(\.text) == [
          "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer "
            + "without waiting for fsync to complete, this may slow down the server."
        ])
      gate.open(100)
      bench.wait("durable") { bench.writer.durableOffset == bench.expected.count }
      _ = bench.writer.stop()
    }
  }

  @Test func neverLeavesItToTheSystemUntilTheEnd() throws {
    try withTemporaryFolder { folder in
      let calls = FaultyFileSystem(only: ["synchronize"])
      let bench = try WriterBench(folder, .never, files: calls.files())
      bench.turn("bytes")
      bench.wait("written") { bench.writer.writtenOffset == 5 }
      #expect(calls.seen.isEmpty && bench.writer.durableOffset == 0)
      #expect(bench.writer.stop().ending.error == 0)
      #expect(calls.seen == ["synchronize"])
    }
  }

  @Test func theModeCanChange() throws {
    try withTemporaryFolder { folder in
      let bench = try WriterBench(folder, .never)
      bench.turn("never")
      bench.wait("written") { bench.writer.writtenOffset == 5 }
      bench.writer.setSynchronization(.always)
      #expect(bench.writer.synchronization == .always)
      bench.wait("durable") { bench.writer.durableOffset == 5 }
      bench.writer.suspendSynchronization(true)
      bench.turn("suspended")
      bench.wait("written") { bench.writer.writtenOffset == 14 }
      #expect(bench.writer.durableOffset == 5)
      bench.writer.suspendSynchronization(false)
      bench.wait("durable") { bench.writer.durableOffset == 14 }
      bench.writer.setSynchronization(.everySecond)
      bench.turn("every second")
      bench.wait("durable") { bench.writer.durableOffset == bench.expected.count }
      _ = bench.writer.stop()
    }
  }

  @Test(arguments: all) func filesChangeBetweenTwoBytes(
    synchronization: AOFSynchronization
  ) throws {
    try withTemporaryFolder { folder in
      let calls = FaultyFileSystem(only: ["synchronize"])
      let bench = try WriterBench(folder, synchronization, files: calls.files())
      bench.turn("old")
      bench.writer.append(ByteView("!"))
      let offset = bench.writer.changeFile(to: try WriterBench.open("\(folder)/2"))
      #expect(offset == 4)
      bench.turn("new")
      bench.wait("old file on disk") { bench.writer.durableOffset >= 4 }
      bench.wait("written") { bench.writer.writtenOffset == 7 }
      #expect(bench.content("1") == Array("old!".utf8))
      #expect(bench.content("2") == Array("new".utf8))
      #expect(bench.writer.status.fileByteCount == 3)
      #expect(bench.writer.stop().ending.error == 0)
      #expect(calls.seen.count >= 2)
    }
  }

  @Test func theEngineIsWokenWhenTheBacklogIsGone() throws {
    try withTemporaryFolder { folder in
      let bench = try WriterBench(folder, .never)
      bench.turn("bytes")
      bench.writer.wakeWhenWritten()
      bench.waitForWake()
      #expect(bench.writer.writtenOffset == 5)
      _ = bench.writer.stop()
    }
  }

  /// What waits takes the memory of its bytes, not of its turns.
  @Test func smallTurnsShareAPiece() throws {
    try withTemporaryFolder { folder in
      let gate = Gate()
      let bench = try WriterBench(folder, .always, files: gate.files())
      bench.turn("first")
      gate.waitUntilEntered(1)
      let base = bench.writer.room(1)
      for _ in 0..<1000 { bench.turn("x") }
      #expect(bench.writer.room(1) - base == 1000)
      gate.open(1000)
      bench.wait("durable") { bench.writer.durableOffset == 1005 }
      _ = bench.writer.stop()
      #expect(bench.content() == bench.expected)
    }
  }

  @Test func piecesAreUsedAgain() throws {
    try withTemporaryFolder { folder in
      let bench = try WriterBench(folder, .never)
      var bases: Set<Int> = []
      for _ in 0..<500 {
        bases.insert(Int(bitPattern: bench.writer.room(40_000)))
        bench.turn([UInt8](repeating: 1, count: 40_000))
        bench.wait("written") { bench.writer.backlogByteCount == 0 }
      }
      #expect(bases.count <= 4)
      _ = bench.writer.stop()
    }
  }
}

/// Holds each fsync until it is let through.
final class Gate: @unchecked Sendable {
  private let entered = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private let opened = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
  private var waitedFor = 0

  init() {
    sem_init(entered, 0, 0)
    sem_init(opened, 0, 0)
  }

  deinit {
    entered.deallocate()
    opened.deallocate()
  }

  func files() -> FileSystem {
    var files = FileSystem()
    let real = files.synchronize
    files.synchronize = { descriptor in
      sem_post(self.entered)
      while sem_wait(self.opened) != 0 {}
      return real(descriptor)
    }
    return files
  }

  func waitUntilEntered(_ count: Int) {
    while waitedFor < count {
      while sem_wait(entered) != 0 {}
      waitedFor += 1
    }
  }

  func open(_ count: Int) { for _ in 0..<count { sem_post(opened) } }
}
