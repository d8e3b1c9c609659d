import CPrimitives
import Core
import Glibc

/// Writes the log, off the engine's thread: the engine appends bytes, hands them over once a turn
/// and never waits for the disk.
///
///     engine ─ append, handOver ─► pieces ─► writer's thread ─ write ─► file
///     engine ◄─ offsets, wake-up ────────────┘ └─► synchronizer's thread ─ fsync ─► file
///
/// Offsets count the bytes of the log since the writer was made, over all its files.
///
/// What is promised, by `appendfsync`:
/// - In any case bytes reach the system in order and at once, so that they survive the death of the
///   process; `writtenOffset` says how far they have come.
/// - `always`: an fsync begins when something is not on the disk and nobody else is expected at
///   once (`AOFGathering`), and covers all that was written before it began; what comes meanwhile
///   shares the next. It is of the journal, if that can take it (`AOFJournal`). `durableOffset`
///   moves with each, and the engine is woken.
/// - `everysec`: an fsync a second, on a thread of its own while writing goes on.
/// - A write that fails is done again, ten times a second at least, and nothing overtakes it.
/// - After an fsync that failed `durableOffset` stands still until a new generation of the log is
///   on the disk (`AOFDurability`).
///
/// All functions are the engine's thread's. A forked child must not call any: it has no writer.
///
/// Ownership: `stop` ends the threads, closes the file and frees everything.
package struct AOFWriter {
  /// How the writer ended.
  package struct Ending: Equatable {
    /// The first thing that went wrong, or 0: everything is written and on the disk.
    package let error: Int32
    package let unwrittenByteCount: Int
  }

  private let memory: AOFWriterMemory
  private var thread = pthread_t()
  /// The last of the chain, which is appended to.
  private var piece: AOFPiece
  /// Pieces to use again.
  private var spare: UnsafeMutableRawPointer?
  private var handedOverOffset = 0

  private struct Start {
    let memory: AOFWriterMemory
    let file: AOFOpenFile
    let piece: AOFPiece
    let journal: AOFJournal.Place?
  }

  /// Starts to write at the end of an open file, which belongs to the writer from now on, unless
  /// this fails because no thread can be had. Without a `journal` every fsync is of that file.
  ///
  /// `wakeUp` is called on the writer's threads, with `context`, when `durableOffset` or the status
  /// has changed, and when `wakeWhenWritten` asked for it.
  package init(
    _ file: AOFOpenFile, synchronization: AOFSynchronization, journal: AOFJournal.Place? = nil,
    files: FileSystem = FileSystem(),
    wakeUp: @escaping AOFWakeUp, context: UnsafeMutableRawPointer?
  ) throws(SystemFailure) {
    memory = .make(files, wakeUp, context)
    memory.pointee.synchronization = synchronization.rawValue
    memory.pointee.status.fileByteCount = file.byteCount
    piece = AOFPiece(capacity: AOFPiece.usualCapacity, start: 0)
    let start = UnsafeMutablePointer<Start>.allocate(capacity: 1)
    start.initialize(to: Start(memory: memory, file: file, piece: piece, journal: journal))
    let result = Self.startThread(&thread, UnsafeMutableRawPointer(start))
    if result != 0 {
      start.deinitialize(count: 1)
      start.deallocate()
      piece.free()
      memory.destroy()
      throw SystemFailure(result)
    }
  }

  /// Signals are for the engine's thread: all are blocked while this one is made.
  private static func startThread(
    _ thread: inout pthread_t, _ argument: UnsafeMutableRawPointer
  ) -> Int32 {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    return pthread_create(
      &thread, nil,
      { argument in
        guard let start = argument?.assumingMemoryBound(to: Start.self) else { return nil }
        let given = start.move()
        start.deallocate()
        AOFWriterThread.run(given.memory, given.piece, given.file, given.journal)
        return nil
      }, argument)
  }

  // MARK: Every turn

  /// Behind the last byte appended.
  package var endOffset: Int {
    @inline(__always) get { piece.end }
  }
  /// Up to here the system has the bytes; they survive the process.
  package var writtenOffset: Int {
    @inline(__always) get { Int(apus_atomic_load(memory.writtenOffset)) }
  }
  /// Up to here the disk has them.
  package var durableOffset: Int {
    @inline(__always) get { Int(apus_atomic_load(memory.durableOffset)) }
  }
  /// Fsyncs of `everysec` that are due or under way.
  package var pendingSynchronizationCount: Int {
    Int(apus_atomic_load(memory.pendingSynchronizationCount))
  }
  /// Bytes in memory that are not written yet.
  package var backlogByteCount: Int { endOffset - writtenOffset }

  /// Room for `byteCount` bytes, of which `didAppend` tells how many there are now. A piece may end
  /// before them, so whoever writes a command asks for all of its room at once.
  @inline(__always)
  package mutating func room(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if piece.room < byteCount { makeRoom(byteCount) }
    return piece.bytes + piece.header.pointee.count
  }

  /// REQUIRES: at most what there was room for.
  @inline(__always)
  package mutating func didAppend(_ byteCount: Int) { piece.header.pointee.count += byteCount }

  /// Appends the bytes of whole commands.
  package mutating func append(_ bytes: ByteView) {
    room(bytes.count).copyMemory(from: bytes.base, byteCount: bytes.count)
    didAppend(bytes.count)
  }

  /// Seals the piece and goes on in another. What is sealed is published with the turn.
  @inline(never)
  private mutating func makeRoom(_ byteCount: Int) {
    let next =
      byteCount > AOFPiece.usualCapacity
      ? AOFPiece(capacity: byteCount, start: piece.end) : usualPiece(start: piece.end)
    piece.seal(next)
    piece = next
  }

  private mutating func usualPiece(start: Int) -> AOFPiece {
    if spare == nil, apus_atomic_load(memory.outboxCount) > 0 {
      spare = apus_handover_take(memory.outbox)
    }
    guard let base = spare else {
      return AOFPiece(capacity: AOFPiece.usualCapacity, start: start)
    }
    let used = AOFPiece(base: base)
    spare = used.next?.base
    _ = apus_atomic_add(memory.outboxCount, UInt64.max)
    used.reset(start: start)
    return used
  }

  /// Lets the writer have what was appended. To be called before anything is answered.
  @inline(__always)
  package mutating func handOver() {
    let end = piece.end
    if end == handedOverOffset { return }
    handedOverOffset = end
    apus_handover_raise(memory.inbox, memory.publishedOffset, UInt64(end))
  }

  /// As `handOver`, with `always`, at the end of a turn after which so many clients wait: the
  /// writer is not woken while it expects more of them.
  package mutating func handOver(waitingCount: Int) {
    apus_atomic_store(memory.waitingCount, UInt64(waitingCount))
    let isAwaited = waitingCount < Int(apus_atomic_load(memory.expectedCount))
    if isAwaited, apus_atomic_load(memory.isGathering) != 0 {
      handedOverOffset = piece.end
      apus_atomic_store(memory.publishedOffset, UInt64(piece.end))
    } else if piece.end != handedOverOffset {
      handOver()
    } else if !isAwaited, apus_atomic_load(memory.isGathering) != 0 {
      apus_handover_raise(memory.inbox, memory.publishedOffset, UInt64(piece.end))
    }
  }

  /// Clients are about to be answered up to where the log is on the disk; until now so many wait.
  package func didAcknowledge(waitingCount: Int) {
    apus_atomic_store(memory.expectedCount, UInt64(waitingCount))
    apus_atomic_store(memory.waitingCount, 0)
    apus_atomic_store(memory.acknowledgedOffset, UInt64(durableOffset))
  }

  // MARK: Now and then

  /// Has the engine woken once everything that was handed over is written: somebody waits for it.
  package func wakeWhenWritten() {
    apus_atomic_store(memory.wantedOffset, UInt64(handedOverOffset))
    // It may have been written just before.
    if writtenOffset >= handedOverOffset { memory.wake() }
  }

  package var synchronization: AOFSynchronization {
    AOFSynchronization(rawValue: apus_atomic_load(memory.synchronization)) ?? .always
  }

  /// `CONFIG SET appendfsync`
  package func setSynchronization(_ synchronization: AOFSynchronization) {
    apus_atomic_store(memory.synchronization, synchronization.rawValue)
    nudge()
  }

  /// Keeps from fsync while a child writes (`no-appendfsync-on-rewrite`), or no more.
  package func suspendSynchronization(_ isSuspended: Bool) {
    apus_atomic_store(memory.isSuspended, isSuspended ? 1 : 0)
    nudge()
  }

  /// Has the writer look again what there is to do.
  private func nudge() {
    apus_handover_push(memory.inbox, AOFOrder(.look, at: handedOverOffset).base)
  }

  /// What is appended from now on goes into another file. The one before is put on the disk and
  /// closed. Returns the offset at which the file begins.
  package mutating func changeFile(to file: AOFOpenFile) -> Int {
    handOver()
    // Before anything behind it is published, so that the writer sees it first.
    let order = AOFOrder(
      .file, at: handedOverOffset, descriptor: file.descriptor, fileByteCount: file.byteCount,
      sequence: file.sequence)
    apus_handover_push(memory.inbox, order.base)
    return handedOverOffset
  }

  /// The file that is written has its number in the manifest now.
  package func didNameFile(sequence: Int64) {
    let order = AOFOrder(.named, at: handedOverOffset, sequence: sequence)
    apus_handover_push(memory.inbox, order.base)
  }

  /// A base that holds everything before `offset`, and a manifest that names it, are on the disk:
  /// the file that began there is a log without gap again, whatever failed before.
  package func didCompleteGeneration(from offset: Int) {
    memory.publish { shared in
      shared.durability.didCompleteGeneration(from: offset)
      if !shared.durability.isBroken { shared.status.synchronizationError = 0 }
    }
  }

  /// Waits until everything that was appended is on the disk. Returns the error number, or 0; an
  /// error of writing ends the waiting, not the trying.
  package mutating func flush() -> Int32 {
    handOver()
    apus_atomic_store(memory.isFlushing, 1)
    apus_handover_push(memory.inbox, AOFOrder(.flush, at: handedOverOffset).base)
    while sem_wait(memory.flushed) != 0 {}
    return memory.locked { $0.flushError }
  }

  /// Whether status or messages have changed since this was asked last.
  package func takeNews() -> Bool { apus_atomic_exchange(memory.hasNews, 0) != 0 }

  package var status: AOFWriterStatus { memory.locked { $0.status } }

  /// The lines to write to the log; they are handed out once.
  package func takeMessages() -> [AOFWriterStatus.Message] {
    memory.locked { shared in
      defer { shared.status.messages = [] }
      return shared.status.messages
    }
  }

  /// Lends the histograms of the times that writing and fsync took.
  package func withDurations(
    _ body: (_ writing: LatencyHistogram?, _ synchronizing: LatencyHistogram?) -> Void
  ) {
    memory.locked { body($0.writeDurations, $0.synchronizationDurations) }
  }

  /// Writes what is left, puts it on the disk, whatever `appendfsync` says, closes the file and
  /// ends the threads. What a full disk does not take is given up. The writer is gone afterwards.
  package mutating func stop() -> (ending: Ending, messages: [AOFWriterStatus.Message]) {
    handOver()
    apus_atomic_store(memory.isStopping, 1)
    nudge()
    pthread_join(thread, nil)
    let unwritten = handedOverOffset - writtenOffset
    let status = status
    let isDurable = durableOffset >= writtenOffset
    var error = status.writeError
    if unwritten == 0 {
      error = isDurable ? 0 : status.synchronizationError == 0 ? EIO : status.synchronizationError
    }
    let ending = Ending(error: error, unwrittenByteCount: unwritten)
    releaseMemory()
    return (ending, status.messages)
  }

  private mutating func releaseMemory() {
    Self.free(memory.pointee.lastPiece)
    Self.free(spare)
    Self.free(apus_handover_take(memory.outbox))
    var order = apus_handover_take(memory.inbox).map(AOFOrder.init)
    while let next = order {
      order = next.next
      next.free()
    }
    memory.destroy()
  }

  /// Frees a chain of pieces.
  private static func free(_ first: UnsafeMutableRawPointer?) {
    var piece = first.map(AOFPiece.init)
    while let next = piece {
      piece = next.next
      next.free()
    }
  }
}
