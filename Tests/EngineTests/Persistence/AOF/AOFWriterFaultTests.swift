import Core
import Glibc
import Testing

@testable import Engine

/// What the writer promises when the system does not do as it should.
@Suite struct AOFWriterFaultTests {
  private static let all: [AOFSynchronization] = [.never, .everySecond, .always]
  private static let turns = ["first ", "second ", "third ", "fourth"]

  /// One write after another fails, is interrupted or falls short: in the end everything is there.
  @Test(arguments: all) func noFailedWriteLosesAnything(
    synchronization: AOFSynchronization
  ) throws {
    let faults: [FaultyFileSystem.Fault] = [
      .error(EINTR), .error(ENOSPC), .error(EIO), .error(EDQUOT), .short,
    ]
    for number in 0..<Self.turns.count {
      for fault in faults {
        try withTemporaryFolder { folder in
          let faulty = FaultyFileSystem([number: fault], only: ["write"])
          let bench = try WriterBench(folder, synchronization, files: faulty.files())
          for turn in Self.turns {
            bench.turn(turn)
            bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
          }
          #expect(bench.writer.status.isHealthy)
          #expect(bench.writer.stop().ending == AOFWriter.Ending(error: 0, unwrittenByteCount: 0))
          #expect(bench.content() == bench.expected)
          #expect(faulty.seen.count > number)
        }
      }
    }
  }

  /// The disk is full in the middle of a piece: the file ends behind a whole one, and goes on
  /// there.
  @Test func aShortWriteIsTakenBack() throws {
    try withTemporaryFolder { folder in
      let disk = SmallDisk(room: 10)
      let bench = try WriterBench(folder, .everySecond, files: disk.files())
      bench.turn("first ")
      bench.wait("written") { bench.writer.writtenOffset == 6 }
      bench.turn("second ")
      bench.wait("error") { bench.writer.status.writeError == ENOSPC }
      bench.turn("third")
      bench.wait("taken back") { bench.content() == Array("first ".utf8) }
      #expect(bench.writer.writtenOffset == 6 && bench.writer.backlogByteCount == 12)
      #expect(!bench.writer.status.isHealthy && bench.writer.takeNews())
      #expect(
        bench.writer.takeMessages().map(\.text) == [
          "Short write while writing to the AOF file: (nwritten=4, expected=7)"
        ])
      disk.setRoom(1000)
      bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
      bench.wait("healthy") { bench.writer.status.isHealthy }
      #expect(
        bench.writer.takeMessages().map(\.text) == [
          "AOF write error looks solved. The server can write again."
        ])
      #expect(bench.content() == bench.expected)
      #expect(bench.writer.stop().ending.error == 0)
    }
  }

  @Test func aShortWriteThatStaysIsContinued() throws {
    try withTemporaryFolder { folder in
      let disk = SmallDisk(room: 4)
      var files = disk.files()
      files.truncate = { _, _ in -EIO }
      let bench = try WriterBench(folder, .never, files: files)
      bench.turn("first")
      bench.wait("error") { bench.writer.status.writeError == ENOSPC }
      #expect(bench.content() == Array("firs".utf8))
      #expect(
        bench.writer.takeMessages().last?.text
          == "Could not remove short write from the append-only file.  The server may refuse to "
          + "load the AOF the next time it starts.  ftruncate: Input/output error")
      disk.setRoom(1000)
      bench.turn(" second")
      bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
      _ = bench.writer.stop()
      #expect(bench.content() == bench.expected)
    }
  }

  @Test(arguments: all) func stoppingGivesUpOnAFullDisk(synchronization: AOFSynchronization) throws
  {
    try withTemporaryFolder { folder in
      let disk = SmallDisk(room: 9)
      let bench = try WriterBench(folder, synchronization, files: disk.files())
      bench.turn(Self.turns[0])
      bench.wait("written") { bench.writer.writtenOffset == 6 }
      for turn in Self.turns[1...] { bench.turn(turn) }
      let (ending, messages) = bench.writer.stop()
      #expect(
        ending == AOFWriter.Ending(error: ENOSPC, unwrittenByteCount: bench.expected.count - 6))
      #expect(messages.first?.text.hasPrefix("Short write") == true)
      #expect(bench.content() == Array("first ".utf8))
    }
  }

  @Test func flushingTellsOfAFullDisk() throws {
    try withTemporaryFolder { folder in
      let disk = SmallDisk(room: 0)
      let bench = try WriterBench(folder, .everySecond, files: disk.files())
      bench.turn("bytes")
      #expect(bench.writer.flush() == ENOSPC)
      #expect(bench.writer.flush() == ENOSPC)
      disk.setRoom(5)
      bench.wait("written") { bench.writer.writtenOffset == 5 }
      #expect(bench.writer.flush() == 0)
      #expect(bench.writer.durableOffset == 5)
      _ = bench.writer.stop()
    }
  }

  /// Whichever fsync fails, what counts as durable is never more than was put on the disk before
  /// it, and it stays so although later ones succeed.
  @Test(arguments: [EIO, ENOSPC]) func aFailedFsyncIsNotForgotten(error: Int32) throws {
    for number in 0..<Self.turns.count {
      try withTemporaryFolder { folder in
        let faulty = FaultyFileSystem([number: .error(error)], only: ["synchronize"])
        let bench = try WriterBench(folder, .always, files: faulty.files())
        for (index, turn) in Self.turns.enumerated() {
          bench.turn(turn)
          bench.wait("fsync") { faulty.seen.count > index }
          bench.wait("written") { bench.writer.writtenOffset == bench.expected.count }
        }
        bench.wait("status") { bench.writer.status.synchronizationError == error }
        bench.wait("durable") { bench.writer.durableOffset == bench.ends[number] }
        let (ending, messages) = bench.writer.stop()
        #expect(ending == AOFWriter.Ending(error: error, unwrittenByteCount: 0))
        #expect(
          messages.map(\.text) == ["Fail to fsync the AOF file: \(SystemFailure(error).reason)"])
        #expect(bench.content() == bench.expected)
      }
    }
  }

  @Test func anInterruptedFsyncIsDoneAgain() throws {
    try withTemporaryFolder { folder in
      let faulty = FaultyFileSystem([0: .error(EINTR)], only: ["synchronize"])
      let bench = try WriterBench(folder, .always, files: faulty.files())
      bench.turn("bytes")
      bench.wait("durable") { bench.writer.durableOffset == 5 }
      #expect(bench.writer.status.isHealthy && faulty.seen.count == 2)
      _ = bench.writer.stop()
    }
  }

  @Test func aNewGenerationMakesUpForAFailedFsync() throws {
    try withTemporaryFolder { folder in
      let faulty = FaultyFileSystem([1: .error(EIO)], only: ["synchronize"])
      let bench = try WriterBench(folder, .always, files: faulty.files())
      bench.turn("good ")
      bench.wait("durable") { bench.writer.durableOffset == 5 }
      bench.turn("lost ")
      bench.wait("error") { bench.writer.status.synchronizationError == EIO }
      let offset = bench.writer.changeFile(to: try WriterBench.open("\(folder)/2"))
      bench.turn("new")
      bench.wait("fsync of the new file") { faulty.seen.count == 3 }
      #expect(bench.writer.durableOffset == 5)
      bench.writer.didCompleteGeneration(from: offset)
      bench.wait("durable") { bench.writer.durableOffset == bench.expected.count }
      #expect(bench.writer.status.isHealthy)
      bench.turn("er")
      bench.wait("durable") { bench.writer.durableOffset == bench.expected.count }
      #expect(bench.writer.stop().ending.error == 0)
      #expect(bench.content("2") == Array("newer".utf8))
    }
  }
}

/// A disk that takes so many bytes in all.
final class SmallDisk: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var room: Int

  init(room: Int) {
    self.room = room
    pthread_mutex_init(mutex, nil)
  }

  deinit { mutex.deallocate() }

  func setRoom(_ room: Int) { locked { self.room = room } }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  func files() -> FileSystem {
    let real = FileSystem()
    var files = FileSystem()
    files.write = { descriptor, base, count in
      self.locked {
        let count = min(count, self.room)
        if count == 0 { return -Int(ENOSPC) }
        let put = real.write(descriptor, base, count)
        if put > 0 { self.room -= put }
        return put
      }
    }
    files.truncate = { descriptor, count in
      self.locked {
        let before = Int(lseek(descriptor, 0, SEEK_END))
        let result = real.truncate(descriptor, count)
        if result == 0 { self.room += before - count }
        return result
      }
    }
    return files
  }
}
