import CPrimitives
import CProcess
import Core
import Glibc

/// What the writer's thread does: it writes what is published, carries out orders at their places
/// in the log, and puts the file on the disk as `appendfsync` says, or the journal in its stead.
/// Everything here runs on that thread.
///
/// What is published ends between two turns, and is written whole or not at all, as far as the file
/// can be cut back: one that ran out of room still ends behind a command.
struct AOFWriterThread {
  private struct File {
    let descriptor: Int32
    /// Bytes in it: those of before, and those of whole runs.
    var byteCount: Int
    var number = 0
    /// In the manifest; 0 while it is in none.
    var sequence: Int64
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
  /// The piece that is read, and orders that are not carried out, first and last.
  private var piece: AOFPiece
  private var first: AOFOrder?
  private var last: AOFOrder?
  /// Behind the last whole run that is in the file, and what of the next is there as well.
  private var writtenOffset = 0
  private var partialByteCount = 0
  /// Up to where an fsync was begun, or is not needed.
  private var requestedOffset = 0
  private var requestedAt: UInt64 = 0
  private var delayCountedAt: UInt64 = 0
  /// Whether the other thread was given an fsync that `requestedOffset` counts as done.
  private var hasPendingJob = false
  private var journal: AOFJournal?
  private var gathering = AOFGathering()
  /// Until when others are waited for; 0 if they are not.
  private var gatheringDeadline: UInt64 = 0
  private var isFailing = false
  private var lastMessageAt: UInt64 = 0

  private init(
    _ memory: AOFWriterMemory, _ piece: AOFPiece, _ file: AOFOpenFile,
    _ journal: AOFJournal.Place?
  ) {
    self.memory = memory
    self.piece = piece
    self.journal = journal.map(AOFJournal.init)
    synchronizer = AOFSynchronizer(memory)
    self.file = File(
      descriptor: file.descriptor, byteCount: file.byteCount, sequence: file.sequence)
  }

  private var files: FileSystem { memory.pointee.files }
  private var policy: AOFSynchronization {
    AOFSynchronization(rawValue: apus_atomic_load(memory.synchronization)) ?? .always
  }
  private var isStopping: Bool { apus_atomic_load(memory.isStopping) != 0 }
  private var isSuspended: Bool { apus_atomic_load(memory.isSuspended) != 0 }
  private var isBroken: Bool { memory.locked { $0.durability.isBroken } }

  /// Writes until the engine stops it, then everything that is left, and closes the file.
  static func run(
    _ memory: AOFWriterMemory, _ piece: AOFPiece, _ file: AOFOpenFile,
    _ journal: AOFJournal.Place?
  ) {
    // Where both have one core, the engine finishes its turn before its bytes are written.
    apus_process_be_batch_thread()
    var thread = AOFWriterThread(memory, piece, file, journal)
    while true {
      let isStopping = thread.isStopping
      let published = apus_atomic_load(memory.publishedOffset)
      // After the offset: an order for a place before it is there by now.
      thread.takeOrders()
      thread.work(upTo: Int(published))
      // What was published before the writer was stopped has been tried once at least.
      if isStopping { break }
      thread.synchronizeIfDue()
      apus_atomic_store(memory.isGathering, thread.gatheringDeadline == 0 ? 0 : 1)
      apus_handover_sleep(
        memory.inbox, memory.publishedOffset, published, thread.nextDeadline())
    }
    thread.end()
  }

  // MARK: Orders

  private mutating func takeOrders() {
    guard let taken = apus_handover_take(memory.inbox).map(AOFOrder.init) else { return }
    if let last { last.content.pointee.link = taken.base } else { first = taken }
    var end = taken
    while let next = end.next { end = next }
    last = end
  }

  /// Writes and carries out orders up to the offset, or to the first write that fails.
  private mutating func work(upTo published: Int) {
    while let order = first, order.content.pointee.offset <= published {
      guard write(upTo: order.content.pointee.offset) else { return }
      switch order.content.pointee.kind {
      case .look: break
      case .file: changeFile(order.content.pointee)
      case .named: file.sequence = order.content.pointee.sequence
      case .flush: flush()
      }
      first = order.next
      if first == nil { last = nil }
      order.freeElsewhere()
    }
    _ = write(upTo: published)
  }

  // MARK: Writing

  /// Writes everything before the offset; false if that failed, for now.
  private mutating func write(upTo end: Int) -> Bool {
    while writtenOffset < end {
      // Once there is a next piece, this one's end stands.
      let next = piece.next
      let stop = next == nil ? end : min(piece.end, end)
      guard writtenOffset == stop || writeRun(upTo: stop) else { return false }
      if let next, writtenOffset == piece.end {
        dispose(piece)
        piece = next
      }
    }
    return true
  }

  /// A run that lies in the piece.
  private mutating func writeRun(upTo stop: Int) -> Bool {
    let start = apus_monotonic_nanoseconds()
    let count = stop - writtenOffset
    let base = piece.bytes + (writtenOffset - piece.header.pointee.start)
    while partialByteCount < count {
      let left = count - partialByteCount
      let put = files.write(file.descriptor, base + partialByteCount, left)
      if put > 0 {
        partialByteCount += min(put, left)
      } else if put != -Int(EINTR) {
        fail(put == 0 ? ENOSPC : Int32(clamping: -put), expected: count)
        return false
      }
    }
    partialByteCount = 0
    if usesJournal {
      journal?.stage(base, count, at: writtenOffset, fileOffset: file.byteCount)
    }
    file.byteCount += count
    writtenOffset = stop
    didWrite(apus_monotonic_nanoseconds() - start)
    return true
  }

  /// Gives a piece back to the engine, or frees it.
  private func dispose(_ piece: AOFPiece) {
    guard piece.isUsual, apus_atomic_load(memory.outboxCount) < Self.outboxCountMax else {
      return piece.freeElsewhere()
    }
    _ = apus_atomic_add(memory.outboxCount, 1)
    apus_handover_push(memory.outbox, piece.base)
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

  /// Takes back what was written of the run, if it can be, and says so now and then.
  private mutating func fail(_ number: Int32, expected: Int) {
    let now = apus_monotonic_nanoseconds()
    let isNews = !isFailing
    let mayLog =
      lastMessageAt == 0 || now - lastMessageAt > Self.secondsBetweenMessages * Self.second
    if mayLog { lastMessageAt = now }
    isFailing = true
    var messages: [String] = []
    if partialByteCount > 0 {
      messages.append(
        "Short write while writing to the AOF file: (nwritten=\(partialByteCount), "
          + "expected=\(expected))")
      let result = files.truncate(file.descriptor, file.byteCount)
      if result == 0 {
        partialByteCount = 0
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
    gatheringDeadline = 0
    guard isUnsynchronized, !isSuspended, !isStopping else { return }
    switch policy {
    case .never: return
    case .always:
      gatheringDeadline = deadlineForOthers() ?? 0
      if gatheringDeadline == 0 { synchronizeHere() }
    case .everySecond:
      let now = apus_monotonic_nanoseconds()
      guard now >= requestedAt + Self.second else { return }
      if synchronizer.isBusy { return countDelay(now) }
      requestedAt = now
      requestedOffset = writtenOffset
      hasPendingJob = true
      synchronizer.add(
        AOFSynchronizer.Job(
          descriptor: file.descriptor, file: file.number, offset: writtenOffset))
    }
  }

  /// Puts everything written on the disk, in the journal if that will do.
  private mutating func synchronizeHere() {
    let start = apus_monotonic_nanoseconds()
    if !synchronizeInJournal(since: start) { synchronizeFile() }
    gathering.didSynchronize(from: start, to: apus_monotonic_nanoseconds())
  }

  /// Puts the file on the disk, after what the other thread has begun.
  private mutating func synchronizeFile() {
    finishJobs()
    requestedAt = apus_monotonic_nanoseconds()
    requestedOffset = writtenOffset
    let error = memory.synchronize(file.descriptor, file: file.number, upTo: writtenOffset)
    if error == 0 { journal?.didSynchronizeFile() }
  }

  private mutating func finishJobs() {
    synchronizer.finish()
    hasPendingJob = false
  }

  // MARK: In the journal

  private var usesJournal: Bool { policy == .always && file.sequence != 0 && journal != nil }

  /// Puts what was written since the last time into the journal; false if that cannot be.
  private mutating func synchronizeInJournal(since start: UInt64) -> Bool {
    guard usesJournal, journal?.covers(from: requestedOffset, to: writtenOffset) == true else {
      return false
    }
    if hasPendingJob { finishJobs() }
    do throws(SystemFailure) {
      if journal?.isHalfFull == true { turnOver() }
      if isBroken { return false }
      try journal?.put(sequence: file.sequence)
    } catch {
      memory.publish {
        $0.status.say(
          .warning,
          "Can't write the AOF's journal: \(error.reason). From now on every fsync is of the AOF.")
      }
      return false
    }
    requestedAt = start
    requestedOffset = writtenOffset
    memory.didSynchronize(file: file.number, upTo: writtenOffset, since: start)
    return true
  }

  /// Goes on in the journal's other half, which the fsync of when it was left has freed, and has
  /// the file put on the disk as far as this one covers.
  private mutating func turnOver() {
    finishJobs()
    journal?.beginNextHalf()
    synchronizer.add(
      AOFSynchronizer.Job(descriptor: file.descriptor, file: file.number, offset: writtenOffset))
  }

  private mutating func deadlineForOthers() -> UInt64? {
    let waiting = AOFWaiting(
      count: apus_atomic_load(memory.waitingCount),
      expectedCount: apus_atomic_load(memory.expectedCount))
    return gathering.deadline(
      now: apus_monotonic_nanoseconds(), published: UInt64(writtenOffset), waiting,
      isAcknowledged: apus_atomic_load(memory.acknowledgedOffset) >= UInt64(requestedOffset))
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
    if gatheringDeadline != 0 { return gatheringDeadline }
    guard isUnsynchronized, policy == .everySecond || isSuspended else { return 0 }
    // Due, but held up: look again after a while.
    return max(requestedAt + Self.second, now + Self.retryNanoseconds)
  }

  // MARK: Changing the file

  /// The old file is on the disk before anything is written to the new one, whatever `appendfsync`
  /// says: the system may put the one there before the other, and a log with a gap is none.
  private mutating func changeFile(_ order: AOFOrder.Content) {
    settleFile()
    synchronizer.add(
      AOFSynchronizer.Job(descriptor: file.descriptor, file: file.number, offset: nil))
    file = File(
      descriptor: order.descriptor, byteCount: order.fileByteCount, number: file.number + 1,
      sequence: order.sequence)
    journal?.didChangeFile()
    requestedOffset = writtenOffset
    let offset = writtenOffset
    let byteCount = file.byteCount
    memory.publish { shared in
      shared.durability.didChangeFile(at: offset)
      shared.status.fileByteCount = byteCount
      if !shared.durability.isBroken { shared.status.synchronizationError = 0 }
    }
  }

  /// Puts on the disk what of the file is not, or is in the journal only.
  private mutating func settleFile() {
    let isSettled = durableOffset >= writtenOffset && journal?.isNeeded != true
    if !isSettled, !isBroken { synchronizeFile() }
  }

  private var durableOffset: Int { memory.locked { $0.durability.durableOffset } }

  private mutating func flush() {
    if apus_atomic_load(memory.isFlushing) == 0 { return }
    synchronizeHere()
    memory.endFlush(memory.locked { $0.status.synchronizationError })
  }

  // MARK: The end

  /// Puts the rest on the disk, and leaves what could not be written to the engine to free.
  private mutating func end() {
    settleFile()
    synchronizer.end()
    journal?.end()
    _ = files.close(file.descriptor)
    while let order = first {
      first = order.next
      if order.content.pointee.kind == .file { _ = files.close(order.content.pointee.descriptor) }
      order.freeElsewhere()
    }
    memory.pointee.lastPiece = piece.base
  }
}
