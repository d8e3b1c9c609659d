import Core
import Glibc
import Testing

@testable import Engine

/// A log with a journal, whose machine can lose its power.
private struct JournalBench {
  let folder: String
  let directory: AOFDirectory
  var manifest = AOFManifest()

  init(_ folder: String, files: FileSystem = FileSystem()) {
    self.folder = folder
    directory = AOFDirectory(files: files, parent: folder, directoryName: "log", name: "a")
    mkdir("\(folder)/log", 0o755)
    _ = manifest.addIncrement(directory.naming)
  }

  var increment: String { directory.path("a.1.incr.aof") }
  var journal: String { directory.path("a.journal") }

  /// A file system that tells another boot.
  static func rebooted() -> FileSystem {
    var files = FileSystem()
    let open = files.open
    files.open = { path, flags, mode in
      open(path.hasSuffix("boot_id") ? "/proc/sys/kernel/random/uuid" : path, flags, mode)
    }
    return files
  }

  /// Puts records of the given lengths into a journal. Returns the log.
  func write(_ counts: [Int], byteCount: Int = AOFJournal.byteCountMin) throws -> [UInt8] {
    var journal = AOFJournal(AOFJournal.Place(directory: directory, byteCount: byteCount))
    var log: [UInt8] = []
    for (index, count) in counts.enumerated() {
      let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: index + 1), count: count)
      bytes.withUnsafeBytes {
        if let base = $0.baseAddress {
          journal.stage(base, count, at: log.count, fileOffset: log.count)
        }
      }
      #expect(journal.covers(from: log.count, to: log.count + count))
      log += bytes
      if journal.isHalfFull { journal.beginNextHalf() }
      try journal.put(sequence: 1)
    }
    journal.end()
    return log
  }

  func recover(
    _ files: FileSystem, _ mode: AOFJournalRecovery.Mode = .start
  ) -> (AOFFailure?, [String]) {
    let messages = Messages()
    let directory = AOFDirectory(files: files, parent: folder, directoryName: "log", name: "a")
    do throws(AOFFailure) {
      try AOFJournalRecovery(directory, mode) { messages.texts.append($1) }.run(manifest)
    } catch {
      return (error, messages.texts)
    }
    return (nil, messages.texts)
  }

  private final class Messages { var texts: [String] = [] }
}

@Suite("The log's journal") struct AOFJournalTests {
  @Test func everyLengthComesBack() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([1, 4048, 4049, 8144, 8145, 3, 100])
      writeFile(bench.increment, [])
      #expect(bench.recover(JournalBench.rebooted()).0 == nil)
      #expect(readFile(bench.increment) == log)
      #expect(readFile(bench.journal) == nil)
    }
  }

  /// Seven blocks in each half: from the last turn but one on, everything is there.
  @Test func afterManyTurnsItHasTheEnd() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([Int](repeating: 4000, count: 40))
      // Blocks 0...34 have made five halves; the sixth is under way.
      writeFile(bench.increment, Array(log[..<(28 * 4000)]))
      #expect(bench.recover(JournalBench.rebooted()).0 == nil)
      #expect(readFile(bench.increment) == log)
    }
  }

  @Test func aGapIsRefused() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([Int](repeating: 4000, count: 40))
      let short = Array(log[..<(28 * 4000 - 1)])
      writeFile(bench.increment, short)
      let failure = bench.recover(JournalBench.rebooted()).0
      #expect(failure?.messages.first?.contains("the file ends at \(28 * 4000 - 1)") == true)
      #expect(failure?.messages.last?.contains("Delete the journal to start") == true)
      #expect(readFile(bench.increment) == short)
      #expect(readFile(bench.journal) != nil)
    }
  }

  @Test func withoutAPowerFailureNothingIsWritten() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([10, 20])
      writeFile(bench.increment, Array(log[..<20]))
      #expect(bench.recover(FileSystem()).0?.messages.count == 2)
      #expect(readFile(bench.increment) == Array(log[..<20]))
      let looked = bench.recover(FileSystem(), .look)
      #expect(looked.0 == nil)
      #expect(looked.1 == ["a.1.incr.aof lacks 20 bytes that the AOF's journal a.journal has."])
      #expect(readFile(bench.increment) == Array(log[..<20]))
      let (failure, messages) = bench.recover(FileSystem(), .force)
      #expect(failure == nil)
      #expect(
        messages == [
          "Put 20 bytes back into a.1.incr.aof, which only the AOF's journal had on the disk."
        ])
      #expect(readFile(bench.increment) == log)
    }
  }

  /// A power failure leaves zeros or nothing, so somebody has written these.
  @Test(arguments: [0, 1, 2]) func othersBytesAreNotWrittenOver(index: Int) throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([10, 20])
      let foreign = [Array(log[..<10]) + [2, 0, 9], [9], log.map { $0 ^ 0x40 } + [1]][index]
      writeFile(bench.increment, foreign)
      let failure = bench.recover(JournalBench.rebooted()).0
      #expect(failure?.messages.first?.hasSuffix("but other bytes are there.") == true)
      #expect(failure?.messages.last?.contains("apus-check-aof --fix") == true)
      #expect(readFile(bench.increment) == foreign)
      #expect(readFile(bench.journal) != nil)
      #expect(bench.recover(FileSystem(), .force).0 == nil)
      #expect(readFile(bench.increment)?.starts(with: log) == true)
    }
  }

  @Test func zerosAreGaps() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write([10, 20])
      writeFile(bench.increment, [UInt8](repeating: 0, count: 40))
      #expect(bench.recover(JournalBench.rebooted()).0 == nil)
      #expect(readFile(bench.increment) == log + [UInt8](repeating: 0, count: 10))
    }
  }

  /// The folder is moved under a running server, which goes on in a new one of the same name.
  @Test func itIsMadeAnewWhereAStartLooks() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let place = AOFJournal.Place(directory: bench.directory, byteCount: AOFJournal.byteCountMin)
      var journal = AOFJournal(place)
      let bytes: [UInt8] = [1, 2, 3]
      func put(_ sequence: Int64) throws {
        bytes.withUnsafeBytes {
          if let base = $0.baseAddress { journal.stage(base, 3, at: 0, fileOffset: 0) }
        }
        try journal.put(sequence: sequence)
      }
      try put(1)
      journal.didChangeFile()
      let first = readFile(bench.journal)
      try put(2)
      #expect(readFile(bench.journal) != first && first != nil, "it is still the same file")
      #expect(AOFJournalRecovery.Content(readFile(bench.journal) ?? [])?.records().count == 2)
      rename("\(folder)/log", "\(folder)/old")
      mkdir("\(folder)/log", 0o755)
      journal.didChangeFile()
      try put(3)
      let records = AOFJournalRecovery.Content(readFile(bench.journal) ?? [])?.records()
      #expect(records?.map(\.sequence) == [3])
      journal.end()
    }
  }

  @Test func oldIncrementsAreForgotten() throws {
    try withTemporaryFolder { folder in
      var bench = JournalBench(folder)
      _ = try bench.write([10, 20])
      bench.manifest = AOFManifest()
      _ = bench.manifest.addIncrement(bench.directory.naming)
      _ = bench.manifest.addIncrement(bench.directory.naming)
      bench.manifest.retireIncrements(keepingLast: true)
      #expect(bench.recover(JournalBench.rebooted()).0 == nil)
      #expect(readFile(bench.journal) == nil)
      #expect(readFile(bench.increment) == nil)
    }
  }

  /// Whatever the bytes are: nothing but what was written comes into the log.
  @Test func damage() throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      let log = try bench.write((0..<40).map { $0 * 211 % 5000 + 1 })
      let journal = try #require(readFile(bench.journal))
      var generator = KeyspaceRandom(state: 5)
      for _ in 0..<2000 {
        var damaged = journal
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
          let place = Int.random(in: 0..<damaged.count, using: &generator)
          let isNumber = Bool.random(using: &generator)
          // The numbers are at the beginning of blocks.
          damaged[isNumber ? place & ~4095 + place % 80 : place] = .random(
            in: .min ... .max, using: &generator)
        }
        if Bool.random(using: &generator) {
          damaged.removeLast(Int.random(in: 0...damaged.count, using: &generator))
        }
        for record in AOFJournalRecovery.Content(damaged)?.records() ?? [] {
          #expect(Array(record.bytes) == Array(log[record.offset...].prefix(record.bytes.count)))
        }
      }
    }
  }

  /// Numbers that lie, with a checksum that says that they do not.
  @Test(arguments: [16, 24, 32, 40]) func lies(place: Int) throws {
    try withTemporaryFolder { folder in
      let bench = JournalBench(folder)
      _ = try bench.write([100])
      let journal = try #require(readFile(bench.journal))
      for number: UInt64 in [0, 1, 1 << 16, 1 << 31, 1 << 63, .max, .max - 47, 1 << 62] {
        var lying = journal
        let start = 4096
        lying.replace(start + place, by: number)
        let end = start + 48 + min(Int(clamping: lying.number(start + 40)), 27_000)
        lying.replace(start, by: checksum(lying[(start + 8)..<end]))
        writeFile(bench.increment, [])
        writeFile(bench.journal, lying)
        _ = bench.recover(JournalBench.rebooted())
        #expect((readFile(bench.increment) ?? []).count <= 65_536)

        var header = journal
        header.replace(16, by: number)
        header.replace(72, by: checksum(header[..<72]))
        let content = AOFJournalRecovery.Content(header)
        #expect((content?.records() ?? []).count <= 1)
      }
    }
  }

  private func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    Array(bytes).withView { RDBFormat.checksum($0) }
  }
}

extension [UInt8] {
  fileprivate mutating func replace(_ place: Int, by number: UInt64) {
    replaceSubrange(
      place..<(place + 8), with: Swift.withUnsafeBytes(of: number.littleEndian, Array.init))
  }

  fileprivate func number(_ place: Int) -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(self[place + $1]) << (8 * UInt64($1)) }
  }
}
