import CPrimitives
import Core
import Glibc

/// What the writer's thread does: it takes the pieces in order, writes them, and puts them on the
/// disk as `appendfsync` says. Everything here runs on that thread.
///
/// A piece is written whole or not at all, as far as the file can be cut back: pieces end between
/// commands, so that a file that ran out of room still ends behind one.
struct AOFWriterThread {
  private struct File {
    let descriptor: Int32
    /// Bytes in it: those of before, and those of whole pieces.
    var byteCount: Int
    var number = 0
  }

  private static let second: UInt64 = 1_000_000_000
  /// After a write that failed. Redis tries again as often.
  private static let retryNanoseconds: UInt64 = 100_000_000
  private static let secondsBetweenMessages: UInt64 = 30
  /// Pieces that wait for the engine to use them again.
  private static let outboxCountMax = 8

  private let memory: AOFWriterMemory
  private let synchronizer: AOFSynchronizer
  private var file: File
  /// Pieces that are not done, first and last.
  private var first: AOFPiece?
  private var last: AOFPiece?
  private var writtenOffset: Int
  /// Up to where an fsync was begun, or is not needed.
  private var requestedOffset: Int
  private var requestedAt: UInt64 = 0
  private var delayCountedAt: UInt64 = 0
  private var isFailing = false
  private var lastMessageAt: UInt64 = 0

  private init(_ memory: AOFWriterMemory, descriptor: Int32, byteCount: Int) {
    self.memory = memory
    synchronizer = AOFSynchronizer(memory)
    file = File(descriptor: descriptor, byteCount: byteCount)
    writtenOffset = 0
    requestedOffset = 0
  }

  private var files: FileSystem { memory.pointee.files }
  private var policy: AOFSynchronization {
    AOFSynchronization(rawValue: apus_atomic_load(memory.synchronization)) ?? .always
  }
  private var isStopping: Bool { apus_atomic_load(memory.isStopping) != 0 }
  private var isSuspended: Bool { apus_atomic_load(memory.isSuspended) != 0 }
  private var isBroken: Bool { memory.locked { $0.durability.isBroken } }

  /// Writes until the engine stops it, then everything that is left, and closes the file.
  static func run(_ memory: AOFWriterMemory, descriptor: Int32, byteCount: Int) {
    var thread = AOFWriterThread(memory, descriptor: descriptor, byteCount: byteCount)
    while true {
      thread.takePieces()
      thread.writePieces()
      thread.synchronizeIfDue()
      if thread.isStopping, !thread.takePieces() { break }
      if thread.first == nil || thread.isFailing {
        apus_handover_sleep(memory.inbox, thread.nextDeadline())
      }
    }
    thread.end()
  }

  // MARK: Pieces

  /// Whether pieces came.
  @discardableResult
  private mutating func takePieces() -> Bool {
    guard let taken = apus_handover_take(memory.inbox).map(AOFPiece.init) else { return false }
    if let last { last.next = taken } else { first = taken }
    var end = taken
    while let next = end.next { end = next }
    last = end
    return true
  }

  /// Does what waits, up to the first write that fails.
  private mutating func writePieces() {
    while let piece = first {
      switch piece.header.pointee.kind {
      case .bytes: guard write(piece) else { return }
      case .file: changeFile(piece)
      case .flush: flush()
      }
      first = piece.next
      if first == nil { last = nil }
      dispose(piece)
    }
  }

  private func dispose(_ piece: AOFPiece) {
    guard piece.header.pointee.capacity == AOFPiece.usualCapacity,
      apus_atomic_load(memory.outboxCount) < Self.outboxCountMax
    else { return piece.freeElsewhere() }
    _ = apus_atomic_add(memory.outboxCount, 1)
    apus_handover_push(memory.outbox, piece.base)
  }

  // MARK: Writing

  /// Writes what is left of a piece; false if that failed, for now.
  private mutating func write(_ piece: AOFPiece) -> Bool {
    let header = piece.header
    if header.pointee.count == 0 { return true }
    let start = apus_monotonic_nanoseconds()
    while header.pointee.written < header.pointee.count {
      let left = header.pointee.count - header.pointee.written
      let put = files.write(file.descriptor, piece.bytes + header.pointee.written, left)
      if put > 0 {
        header.pointee.written += min(put, left)
      } else if put != -Int(EINTR) {
        fail(put == 0 ? ENOSPC : Int32(clamping: -put), piece)
        return false
      }
    }
    file.byteCount += header.pointee.count
    writtenOffset += header.pointee.count
    didWrite(apus_monotonic_nanoseconds() - start)
    return true
  }

  private mutating func didWrite(_ duration: UInt64) {
    apus_atomic_store(memory.writtenOffset, UInt64(writtenOffset))
    let byteCount = file.byteCount
    memory.locked {
      $0.status.fileByteCount = byteCount
      $0.writeDurations?.record(nanoseconds: duration)
    }
    if isFailing {
      isFailing = false
      memory.publish {
        $0.status.writeError = 0
        $0.status.say(.warning, "AOF write error looks solved. The server can write again.")
      }
    }
    if UInt64(writtenOffset) >= apus_atomic_load(memory.wantedOffset) {
      apus_atomic_store(memory.wantedOffset, .max)
      memory.wake()
    }
  }

  /// Takes back what was written of the piece, if it can be, and says so now and then.
  private mutating func fail(_ number: Int32, _ piece: AOFPiece) {
    let now = apus_monotonic_nanoseconds()
    let isNews = !isFailing
    let mayLog =
      lastMessageAt == 0 || now - lastMessageAt > Self.secondsBetweenMessages * Self.second
    if mayLog { lastMessageAt = now }
    isFailing = true
    var messages: [String] = []
    let written = piece.header.pointee.written
    if written > 0 {
      messages.append(
        "Short write while writing to the AOF file: (nwritten=\(written), "
          + "expected=\(piece.header.pointee.count))")
      let result = files.truncate(file.descriptor, file.byteCount)
      if result == 0 {
        piece.header.pointee.written = 0
      } else {
        messages.append(
          "Could not remove short write from the append-only file.  The server may refuse to load "
            + "the AOF the next time it starts.  ftruncate: \(SystemFailure(-result).reason)")
      }
    } else {
      messages.append("Error writing to the AOF file: \(SystemFailure(number).reason)")
    }
    defer { memory.endFlush(number) }
    guard isNews || mayLog else { return }
    memory.publish { shared in
      shared.status.writeError = number
      if mayLog { for message in messages { shared.status.say(.warning, message) } }
    }
  }

  // MARK: Putting it on the disk

  private var isUnsynchronized: Bool { writtenOffset > requestedOffset }

  private mutating func synchronizeIfDue() {
    guard isUnsynchronized, !isSuspended, !isStopping else { return }
    switch policy {
    case .never: return
    case .always: synchronizeHere()
    case .everySecond:
      let now = apus_monotonic_nanoseconds()
      guard now >= requestedAt + Self.second else { return }
      if synchronizer.isBusy { return countDelay(now) }
      requestedAt = now
      requestedOffset = writtenOffset
      synchronizer.add(
        AOFSynchronizer.Job(
          descriptor: file.descriptor, file: file.number, offset: writtenOffset))
    }
  }

  /// Puts everything written on the disk, after what the other thread has begun.
  private mutating func synchronizeHere() {
    synchronizer.finish()
    requestedAt = apus_monotonic_nanoseconds()
    requestedOffset = writtenOffset
    _ = memory.synchronize(file.descriptor, file: file.number, upTo: writtenOffset)
  }

  /// An fsync is due, and the one before has not come back for two seconds.
  private mutating func countDelay(_ now: UInt64) {
    guard now >= requestedAt + 2 * Self.second, now >= delayCountedAt + Self.second else { return }
    let isFirst = delayCountedAt <= requestedAt
    delayCountedAt = now
    memory.publish { shared in
      shared.status.delayedSynchronizationCount += 1
      if isFirst {
        shared.status.say(
          .notice,
          "Asynchronous AOF fsync is taking too long (disk is busy?). Writing the AOF buffer "
            + "without waiting for fsync to complete, this may slow down the server.")
      }
    }
  }

  /// Until when there is nothing to do by itself; 0 for ever.
  private func nextDeadline() -> UInt64 {
    let now = apus_monotonic_nanoseconds()
    if isFailing { return now + Self.retryNanoseconds }
    guard isUnsynchronized, policy == .everySecond || isSuspended else { return 0 }
    // Due, but held up: look again after a while.
    return max(requestedAt + Self.second, now + Self.retryNanoseconds)
  }

  // MARK: Changing the file

  private mutating func changeFile(_ piece: AOFPiece) {
    let isNeeded = durableOffset < writtenOffset && !isBroken
    if policy == .always, isNeeded { synchronizeHere() }
    synchronizer.add(
      AOFSynchronizer.Job(
        descriptor: file.descriptor, file: file.number, offset: writtenOffset,
        isNeeded: isNeeded && policy != .always, closes: true))
    file = File(
      descriptor: piece.header.pointee.descriptor, byteCount: piece.header.pointee.fileByteCount,
      number: file.number + 1)
    requestedOffset = writtenOffset
    let offset = writtenOffset
    let byteCount = file.byteCount
    memory.publish { shared in
      shared.durability.didChangeFile(at: offset)
      shared.status.fileByteCount = byteCount
      if !shared.durability.isBroken { shared.status.synchronizationError = 0 }
    }
  }

  private var durableOffset: Int { memory.locked { $0.durability.durableOffset } }

  private mutating func flush() {
    if apus_atomic_load(memory.isFlushing) == 0 { return }
    synchronizeHere()
    memory.endFlush(memory.locked { $0.status.synchronizationError })
  }

  // MARK: The end

  /// Puts the rest on the disk, and frees what could not be written.
  private mutating func end() {
    if durableOffset < writtenOffset, !isBroken { synchronizeHere() }
    synchronizer.end()
    _ = files.close(file.descriptor)
    while let piece = first {
      first = piece.next
      if piece.header.pointee.kind == .file { _ = files.close(piece.header.pointee.descriptor) }
      piece.freeElsewhere()
    }
  }
}
