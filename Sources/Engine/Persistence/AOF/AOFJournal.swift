import Core
import Glibc

/// The end of the log, twice: with `appendfsync always`, what is not on the disk goes into a file
/// whose length never changes, because an fsync of that is several times as fast.
///
/// An fsync of a file that has grown has to put its new length and blocks on the disk as well: a
/// second and a third trip, through the file system's own journal where it has one. One that writes
/// over bytes that were there before makes a single trip. So the log is written as ever, whole, for
/// everybody to read, and survives the process like that; but what survives the machine's end is
/// the same bytes in here, until the log's file is on the disk too. Only a start after a power
/// failure reads this file (`AOFJournalRecovery`).
///
///     | header, a block | first half: records, one behind the other | second half: records |
///
///     header  "APUSJRNL" | version 8 | half's bytes 8 | number 8 | boot 40 | checksum 8
///     record  checksum 8 | number 8 | lap 8 | sequence 8 | offset 8 | count 8 | bytes | zeros
///
/// The header's number is a random one, which all its records carry: those of an earlier journal in
/// the same blocks are none. The boot is the system's name for the time since it was started.
/// Sequence and offset say where in the log the bytes belong: in which increment, and where in it.
/// The lap counts how often a half was begun; it is the same for all that are valid in a half, and
/// even in the first. Numbers are little-endian. A record begins a block of its own, so that no
/// fsync writes over what an earlier one has promised.
///
/// Invariants:
/// - What a record covers is in the log's file already, if only in the system's memory.
/// - The records of both halves together reach from the place up to which the log's file is on the
///   disk without them, to the end of what was promised, without gap.
/// - A half is begun again only when the log's file is on the disk as far as that half covered.
///
/// Ownership: the writer's thread's. `end` deletes it if the log's file is on the disk; otherwise
/// it stays for the next start.
///
/// Complexity: an fsync writes the bytes that wait, rounded up to blocks. The log is written twice.
///
/// The alternatives that lost: writing zeros ahead in the log's file itself, which a kill would
/// leave there, so that no other server could read it; and `fallocate`, after which each first
/// write of a block changes the file's map, which is no faster than growing.
package struct AOFJournal {
  static let blockByteCount = 4096
  static let magic: [UInt8] = Array("APUSJRNL".utf8)
  static let version: UInt64 = 1
  static let bootByteCount = 40
  static let headerByteCount = 80
  static let recordHeaderByteCount = 48
  static let byteCountMin = 64 * 1024

  /// Where it is, and how large.
  package struct Place {
    let directory: AOFDirectory
    let byteCount: Int

    var path: String { directory.path(directory.naming.journal) }
  }

  private enum State {
    /// Nothing needed it yet.
    case none
    case open(descriptor: Int32)
    /// It could not be made or written: the log's file is put on the disk itself.
    case failed
  }

  private let place: Place
  private let halfByteCount: Int
  /// More is put on the disk in the log's file: then bytes cost more than trips.
  private let stagedByteCountMax: Int
  private var state = State.none
  private var number: UInt64 = 0
  private var lap: UInt64 = 0
  /// Bytes of the half that are written.
  private var position = 0
  /// A record's header, and the bytes that wait.
  private let buffer: UnsafeMutableRawPointer
  private var stagedByteCount = 0
  /// Where the bytes that wait begin in the log and in its file; all of them up to `stagedEnd`,
  /// unless they were too many.
  private var stagedStart = 0
  private var stagedEnd = 0
  private var stagedFileOffset = 0
  /// Whether it has records that the log's file needs.
  private(set) var isNeeded = false

  init(_ place: Place) {
    self.place = place
    halfByteCount = Self.halfByteCount(of: place.byteCount)
    let roomMax = min(halfByteCount / 2, 256 * 1024) & ~(Self.blockByteCount - 1)
    stagedByteCountMax = roomMax - Self.recordHeaderByteCount
    buffer = .allocate(byteCount: roomMax, alignment: Self.blockByteCount)
  }

  private var files: FileSystem { place.directory.files }

  static func rounded(_ byteCount: Int) -> Int {
    (byteCount + blockByteCount - 1) & ~(blockByteCount - 1)
  }

  /// Bytes of a half in a journal of so many.
  private static func halfByteCount(of byteCount: Int) -> Int {
    (max(byteCount, byteCountMin) / 2 - blockByteCount) & ~(blockByteCount - 1)
  }

  // MARK: What waits

  /// Takes bytes that were written to the log's file, at `offset` of the log and `fileOffset` of
  /// the file.
  mutating func stage(_ bytes: UnsafeRawPointer, _ count: Int, at offset: Int, fileOffset: Int) {
    if offset != stagedEnd || stagedByteCount == 0 {
      stagedStart = offset
      stagedFileOffset = fileOffset
      stagedByteCount = 0
    }
    stagedEnd = offset + count
    guard stagedEnd - stagedStart <= stagedByteCountMax else { return }
    (buffer + Self.recordHeaderByteCount + stagedByteCount).copyMemory(
      from: bytes, byteCount: count)
    stagedByteCount += count
  }

  /// Whether the bytes that wait are all from `start` to `end` of the log.
  func covers(from start: Int, to end: Int) -> Bool {
    if case .failed = state { return false }
    return stagedByteCount > 0 && stagedStart <= start && stagedEnd == end
      && stagedByteCount == end - stagedStart
  }

  /// The log's file is on the disk, as far as it was written.
  mutating func didSynchronizeFile() {
    stagedByteCount = 0
    isNeeded = false
  }

  /// What comes is in another file, and the one before is on the disk. If the folder was moved or
  /// the journal deleted meanwhile, a start would not find what is put there: it is made anew.
  mutating func didChangeFile() {
    stagedByteCount = 0
    guard case .open(let descriptor) = state, !files.isFile(descriptor, place.path) else { return }
    _ = files.close(descriptor)
    state = .none
    lap = 0
    position = 0
    isNeeded = false
  }

  // MARK: Putting it on the disk

  /// Whether what waits has no room in this half.
  var isHalfFull: Bool {
    position + Self.rounded(Self.recordHeaderByteCount + stagedByteCount) > halfByteCount
  }

  /// Goes on in the other half. REQUIRES: the log's file is on the disk as far as that covers.
  mutating func beginNextHalf() {
    lap += 1
    position = 0
  }

  /// Puts what waits on the disk. After a failure the journal is used no more; what it has stays.
  mutating func put(sequence: Int64) throws(SystemFailure) {
    do throws(SystemFailure) {
      let descriptor = try openIfNeeded()
      let byteCount = sealRecord(sequence)
      if position == 0 { try seek(descriptor, place: recordPlace) }
      try files.writeAll(descriptor, buffer, byteCount)
      try files.synchronizeFile(descriptor)
      position += byteCount
    } catch {
      if case .open(let descriptor) = state { _ = files.close(descriptor) }
      state = .failed
      throw error
    }
    stagedByteCount = 0
    isNeeded = true
  }

  private var recordPlace: Int {
    Self.blockByteCount + Int(lap & 1) * halfByteCount + position
  }

  /// Completes the record around the bytes that wait. Returns how many it has, with zeros.
  private func sealRecord(_ sequence: Int64) -> Int {
    let end = Self.recordHeaderByteCount + stagedByteCount
    let byteCount = Self.rounded(end)
    memset(buffer + end, 0, byteCount - end)
    store(number, 8)
    store(lap, 16)
    store(UInt64(bitPattern: sequence), 24)
    store(UInt64(stagedFileOffset), 32)
    store(UInt64(stagedByteCount), 40)
    let content = UnsafeRawPointer(buffer + 8).assumingMemoryBound(to: UInt8.self)
    store(RDBFormat.checksum(ByteView(content, count: end - 8)), 0)
    return byteCount
  }

  private func store(_ number: UInt64, _ offset: Int) {
    buffer.storeBytes(of: number.littleEndian, toByteOffset: offset, as: UInt64.self)
  }

  // MARK: The file

  private mutating func openIfNeeded() throws(SystemFailure) -> Int32 {
    if case .open(let descriptor) = state { return descriptor }
    let descriptor = try files.openFile(place.path, O_WRONLY | O_CREAT | O_TRUNC)
    do throws(SystemFailure) {
      try fill(descriptor)
      try writeHeader(descriptor)
    } catch {
      _ = files.close(descriptor)
      throw error
    }
    state = .open(descriptor: descriptor)
    return descriptor
  }

  /// Writes the whole file, so that its length and blocks are settled.
  private func fill(_ descriptor: Int32) throws(SystemFailure) {
    let chunk = [UInt8](repeating: 0, count: 1 << 18)
    var left = Self.blockByteCount + 2 * halfByteCount
    while left > 0 {
      let count = min(left, chunk.count)
      try chunk.withView { (view) throws(SystemFailure) in
        try files.writeAll(descriptor, UnsafeRawPointer(view.base), count)
      }
      left -= count
    }
    try files.synchronizeFile(descriptor)
    let result = files.synchronizeDirectory(place.directory.path)
    if result != 0 { throw SystemFailure(-result) }
  }

  private mutating func writeHeader(_ descriptor: Int32) throws(SystemFailure) {
    number = .random(in: .min ... .max)
    var header = Self.magic
    for value in [Self.version, UInt64(halfByteCount), number] {
      header += withUnsafeBytes(of: value.littleEndian, Array.init)
    }
    let boot = Self.boot(files).prefix(Self.bootByteCount)
    header += boot + [UInt8](repeating: 0, count: Self.bootByteCount - boot.count)
    let checksum = header.withView { RDBFormat.checksum($0) }
    header += withUnsafeBytes(of: checksum.littleEndian, Array.init)
    try seek(descriptor, place: 0)
    try header.withView { (view) throws(SystemFailure) in
      try files.writeAll(descriptor, UnsafeRawPointer(view.base), view.count)
    }
    try files.synchronizeFile(descriptor)
  }

  private func seek(_ descriptor: Int32, place: Int) throws(SystemFailure) {
    let result = files.seek(descriptor, place)
    if result < 0 { throw SystemFailure(Int32(clamping: -result)) }
  }

  /// The system's name for the time since it was started, the same for every process; none where it
  /// does not tell.
  static func boot(_ files: FileSystem) -> [UInt8] {
    do throws(SystemFailure) {
      let text = try files.readFile("/proc/sys/kernel/random/boot_id", limit: 4096)
      return Array(text.prefix { $0 > 0x20 })
    } catch {
      return []
    }
  }

  // MARK: The end

  /// From the disk as well: it must not be there again when the log has gone on without it.
  private func delete() {
    if files.unlink(place.path) == 0 { _ = files.synchronizeDirectory(place.directory.path) }
  }

  /// Closes it, and deletes it if nothing needs it.
  func end() {
    if case .open(let descriptor) = state { _ = files.close(descriptor) }
    if case .none = state {} else if !isNeeded { delete() }
    buffer.deallocate()
  }
}
