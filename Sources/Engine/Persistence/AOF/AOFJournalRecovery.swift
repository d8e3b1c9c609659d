import Core
import Glibc

/// Puts back into the log's files, before they are loaded, what only the journal has: after a power
/// failure the files end somewhere behind the last fsync of their own.
///
/// After the death of the process alone everything is in the files already, and the journal is
/// deleted without having been needed. If it then has something that the files do not, although the
/// system has run on since, somebody has changed them, or a disk was lost: which one, only the
/// operator knows. A power failure leaves zeros or nothing where bytes are missing; others were
/// written by somebody since, and are not written over either.
package struct AOFJournalRecovery {
  /// Bytes that belong to an increment.
  struct Record {
    let lap: UInt64
    let sequence: Int64
    let offset: Int
    let bytes: ArraySlice<UInt8>
  }

  package enum Mode {
    /// Puts back what is missing, unless the system has run on since.
    case start
    /// Puts back what is missing in any case.
    case force
    /// Says what is missing and changes nothing.
    case look
  }

  private static let byteCountMax = 1 << 30

  let directory: AOFDirectory
  let mode: Mode
  let report: AOFReport

  package init(_ directory: AOFDirectory, _ mode: Mode, _ report: @escaping AOFReport) {
    self.directory = directory
    self.mode = mode
    self.report = report
  }

  private var files: FileSystem { directory.files }
  private var name: String { directory.naming.journal }

  /// Puts back what is missing, to the disk, and deletes the journal; or only looks. How many bytes
  /// were missing.
  @discardableResult
  package func run(_ manifest: AOFManifest) throws(AOFFailure) -> Int {
    guard let content = try read() else { return 0 }
    var byteCount = 0
    if let journal = Content(content) {
      let isSameBoot = !journal.boot.isEmpty && journal.boot == AOFJournal.boot(files)
      byteCount = try putBack(
        journal.records(), manifest, mayChange: mode != .start || !isSameBoot)
    } else if content.contains(where: { $0 != 0 }) {
      let end = mode == .look ? "." : ", and is deleted."
      report(.warning, "The AOF's journal \(name) is no journal" + end)
    }
    if mode != .look { try delete() }
    return byteCount
  }

  private func read() throws(AOFFailure) -> [UInt8]? {
    let path = directory.path(name)
    if files.byteCount(path) < 0 { return nil }
    do throws(SystemFailure) {
      return try files.readFile(path, limit: Self.byteCountMax)
    } catch {
      throw AOFFailure("Can't read the AOF's journal \(name): \(error.reason)")
    }
  }

  private func delete() throws(AOFFailure) {
    var result = files.unlink(directory.path(name))
    if result == 0 { result = files.synchronizeDirectory(directory.path) }
    if result != 0 {
      throw AOFFailure("Can't delete the AOF's journal \(name): \(SystemFailure(-result).reason)")
    }
  }

  // MARK: Into the files

  private func putBack(
    _ records: [Record], _ manifest: AOFManifest, mayChange: Bool
  ) throws(AOFFailure) -> Int {
    guard let newest = manifest.increments.last?.sequence else { return 0 }
    if let record = records.first(where: { $0.sequence > newest }) {
      throw AOFFailure(
        "The AOF's journal \(name) belongs to increment \(record.sequence), which the manifest "
          + "does not know. If the files are an older copy, delete the journal.")
    }
    var byteCount = 0
    for file in manifest.increments {
      let itsOwn = records.filter { $0.sequence == file.sequence }
      if !itsOwn.isEmpty {
        byteCount += try putBack(itsOwn, into: file.name, mayChange: mayChange)
      }
    }
    return byteCount
  }

  private enum Outcome {
    case done(byteCount: Int)
    /// The file is not as it was when the record was written.
    case changed(Record, Found)
    /// The file ends before what the record follows.
    case short(Record, end: Int)
  }

  /// What is in the file where a record belongs.
  private enum Found {
    case itself
    /// Zeros or the file's end stand for some of its bytes.
    case gaps
    case others
  }

  private func putBack(
    _ records: [Record], into name: String, mayChange: Bool
  ) throws(AOFFailure) -> Int {
    let outcome: Outcome
    do throws(SystemFailure) {
      outcome = try repair(directory.path(name), records, mayChange)
    } catch {
      throw AOFFailure("Can't put the AOF's journal back into \(name): \(error.reason)")
    }
    switch outcome {
    case .done(let byteCount):
      if byteCount > 0 { report(.notice, tell(byteCount, name)) }
      return byteCount
    case .changed(let record, let found):
      let reason =
        found == .others
        ? "other bytes are there" : "they are not there, though the system has run on"
      throw refusal(record, name, reason, Self.choice(directory.naming.manifest))
    case .short(let record, let end):
      throw refusal(record, name, "the file ends at \(end)", Self.onlyWay)
    }
  }

  private func tell(_ byteCount: Int, _ name: String) -> String {
    mode == .look
      ? "\(name) lacks \(byteCount) bytes that the AOF's journal \(self.name) has."
      : "Put \(byteCount) bytes back into \(name), which only the AOF's journal had on the disk."
  }

  private func refusal(
    _ record: Record, _ name: String, _ reason: String, _ advice: String
  ) -> AOFFailure {
    AOFFailure([
      "The AOF's journal \(self.name) has \(record.bytes.count) bytes for offset "
        + "\(record.offset) of \(name), but \(reason).", advice,
    ])
  }

  private static func choice(_ manifest: String) -> String {
    "If the file was changed or replaced by hand, or is a copy, delete the journal. If the disk "
      + "lost them, put them back with apus-check-aof --fix \(manifest)."
  }

  private static let onlyWay =
    "The journal can't complete it: the file was cut or replaced by hand, is an older copy, or the "
    + "disk lost more than the journal has. Delete the journal to start with what is there."

  private func repair(
    _ path: String, _ records: [Record], _ mayChange: Bool
  ) throws(SystemFailure) -> Outcome {
    let descriptor = try files.openFile(path, mode == .look ? O_RDONLY : O_RDWR)
    defer { _ = files.close(descriptor) }
    var byteCount = 0
    var end = max(files.byteCount(path), 0)
    for record in records {
      if record.offset > end { return .short(record, end: end) }
      let found = try compare(record, descriptor)
      if found == .itself { continue }
      if !mayChange || (mode == .start && found == .others) { return .changed(record, found) }
      if mode != .look { try write(record, descriptor) }
      byteCount += record.bytes.count
      end = max(end, record.offset + record.bytes.count)
    }
    if mode != .look { try files.synchronizeFile(descriptor) }
    return .done(byteCount: byteCount)
  }

  private func write(_ record: Record, _ descriptor: Int32) throws(SystemFailure) {
    try seek(descriptor, record.offset)
    try Array(record.bytes).withView { (view) throws(SystemFailure) in
      try files.writeAll(descriptor, UnsafeRawPointer(view.base), view.count)
    }
  }

  private func seek(_ descriptor: Int32, _ offset: Int) throws(SystemFailure) {
    let result = files.seek(descriptor, offset)
    if result < 0 { throw SystemFailure(Int32(clamping: -result)) }
  }

  private func compare(_ record: Record, _ descriptor: Int32) throws(SystemFailure) -> Found {
    try seek(descriptor, record.offset)
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: record.bytes.count, alignment: 1)
    defer { room.deallocate() }
    guard let base = room.baseAddress else { return .itself }
    var got = 0
    while got < room.count {
      let count = try files.readSome(descriptor, base + got, room.count - got)
      if count == 0 { break }
      got += count
    }
    if got == room.count, room.elementsEqual(record.bytes) { return .itself }
    let hasOthers = zip(room[..<got], record.bytes).contains { $0 != $1 && $0 != 0 }
    return hasOthers ? .others : .gaps
  }
}

extension AOFJournalRecovery {
  /// A journal's bytes, looked through. Nothing in them is believed before a checksum says so.
  struct Content {
    let boot: [UInt8]
    private let bytes: [UInt8]
    private let halfByteCount: Int
    private let number: UInt64

    /// Nil if there is no header: the process died before the journal was of any use, or it is
    /// none.
    init?(_ bytes: [UInt8]) {
      self.bytes = bytes
      let header = AOFJournal.headerByteCount
      guard bytes.count >= AOFJournal.blockByteCount, bytes.starts(with: AOFJournal.magic),
        Self.number(bytes, header - 8) == Self.checksum(bytes[..<(header - 8)]),
        Self.number(bytes, 8) == AOFJournal.version,
        let halfByteCount = Int(exactly: Self.number(bytes, 16)),
        halfByteCount <= (bytes.count - AOFJournal.blockByteCount) / 2
      else { return nil }
      self.halfByteCount = halfByteCount
      number = Self.number(bytes, 24)
      let boot = bytes[32..<(32 + AOFJournal.bootByteCount)]
      self.boot = Array(boot.prefix { $0 != 0 })
    }

    /// All that are valid, in the order in which they were written.
    func records() -> [Record] {
      let start = AOFJournal.blockByteCount
      let first = records(from: start)
      let second = records(from: start + halfByteCount)
      let isFirstOlder = (first.first?.lap ?? 0) <= (second.first?.lap ?? 0)
      return isFirstOlder ? first + second : second + first
    }

    private func records(from start: Int) -> [Record] {
      var records: [Record] = []
      var place = start
      let end = start + halfByteCount
      while let record = record(at: place, before: end) {
        if let first = records.first, first.lap != record.lap { break }
        records.append(record)
        place += AOFJournal.rounded(AOFJournal.recordHeaderByteCount + record.bytes.count)
      }
      return records
    }

    private func record(at place: Int, before end: Int) -> Record? {
      let start = place + AOFJournal.recordHeaderByteCount
      guard start <= end, Self.number(bytes, place + 8) == number,
        let count = Int(exactly: Self.number(bytes, place + 40)), count > 0, count <= end - start,
        let offset = Int(exactly: Self.number(bytes, place + 32)),
        let sequence = Int64(exactly: Self.number(bytes, place + 24)),
        !offset.addingReportingOverflow(count).overflow,
        Self.number(bytes, place) == Self.checksum(bytes[(place + 8)..<(start + count)])
      else { return nil }
      return Record(
        lap: Self.number(bytes, place + 16), sequence: sequence, offset: offset,
        bytes: bytes[start..<(start + count)])
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
      bytes.withUnsafeBytes {
        UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      }
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
      Array(bytes).withView { RDBFormat.checksum($0) }
    }
  }
}
