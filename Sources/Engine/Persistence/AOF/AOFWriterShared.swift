import CPrimitives
import Core
import Glibc

/// Calls somebody on another thread: the event loop's wake-up.
package typealias AOFWakeUp = @convention(c) (UnsafeMutableRawPointer?) -> Void

/// What the engine, the writer's thread and the synchronizer's share.
///
/// The engine's way, once a turn, takes no lock: it publishes an offset and reads two. The mutex
/// guards the rest, which is looked at when something failed or somebody asks. A forked child
/// touches none of it.
///
/// Ownership: made with the writer, freed when its threads have ended.
struct AOFWriterShared {
  /// Orders for the writer, and where it sleeps.
  var inbox = apus_handover()
  /// Up to here the log is in pieces for the writer.
  var publishedOffset: UInt64 = 0
  /// Where the writer was when it ended.
  var lastPiece: UnsafeMutableRawPointer?
  /// Written pieces for the engine to use again; the engine never sleeps here.
  var outbox = apus_handover()
  var outboxCount: UInt64 = 0

  // Published by the writer, read without the lock.
  var writtenOffset: UInt64 = 0
  var durableOffset: UInt64 = 0
  /// Fsyncs that the synchronizer has not ended.
  var pendingSynchronizationCount: UInt64 = 0
  /// Status or messages changed since the engine last looked.
  var hasNews: UInt64 = 0

  // Published by the engine.
  var synchronization: UInt64 = 0
  /// `no-appendfsync-on-rewrite`, while a child writes.
  var isSuspended: UInt64 = 0
  var isStopping: UInt64 = 0
  /// Clients that wait for the log, and how many did when the last were answered; and up to where
  /// the log was on the disk then (`AOFGathering`).
  var waitingCount: UInt64 = 0
  var expectedCount: UInt64 = 0
  var acknowledgedOffset: UInt64 = 0
  /// Published by the writer: it looks again by itself, and need not be woken for more.
  var isGathering: UInt64 = 0
  /// The engine is to be woken when so much is written; all ones for never.
  var wantedOffset: UInt64 = .max

  let files: FileSystem
  let wakeUp: AOFWakeUp
  let wakeUpContext: UnsafeMutableRawPointer?

  var mutex = pthread_mutex_t()
  var status = AOFWriterStatus()
  var durability = AOFDurability()
  var writeDurations: LatencyHistogram?
  var synchronizationDurations: LatencyHistogram?

  /// The engine waits for a flush; posted when it is over, and how it ended.
  var isFlushing: UInt64 = 0
  var flushed = sem_t()
  var flushError: Int32 = 0
}

typealias AOFWriterMemory = UnsafeMutablePointer<AOFWriterShared>

extension UnsafeMutablePointer where Pointee == AOFWriterShared {
  static func make(
    _ files: FileSystem, _ wakeUp: @escaping AOFWakeUp, _ context: UnsafeMutableRawPointer?
  ) -> AOFWriterMemory {
    let memory = AOFWriterMemory.allocate(capacity: 1)
    memory.initialize(
      to: AOFWriterShared(files: files, wakeUp: wakeUp, wakeUpContext: context))
    apus_handover_init(memory.inbox)
    apus_handover_init(memory.outbox)
    pthread_mutex_init(memory.mutex, nil)
    sem_init(memory.flushed, 0, 0)
    memory.pointee.writeDurations = .make()
    memory.pointee.synchronizationDurations = .make()
    return memory
  }

  /// REQUIRES: no thread uses it any more.
  func destroy() {
    pointee.writeDurations?.destroy()
    pointee.synchronizationDurations?.destroy()
    pthread_mutex_destroy(mutex)
    deinitialize(count: 1)
    deallocate()
  }

  private func field<Value>(
    _ path: WritableKeyPath<AOFWriterShared, Value>
  ) -> UnsafeMutablePointer<Value> {
    pointer(to: path).unsafelyUnwrapped
  }

  var inbox: UnsafeMutablePointer<apus_handover> { field(\.inbox) }
  var outbox: UnsafeMutablePointer<apus_handover> { field(\.outbox) }
  var publishedOffset: UnsafeMutablePointer<UInt64> { field(\.publishedOffset) }
  var outboxCount: UnsafeMutablePointer<UInt64> { field(\.outboxCount) }
  var mutex: UnsafeMutablePointer<pthread_mutex_t> { field(\.mutex) }
  var flushed: UnsafeMutablePointer<sem_t> { field(\.flushed) }
  var writtenOffset: UnsafeMutablePointer<UInt64> { field(\.writtenOffset) }
  var durableOffset: UnsafeMutablePointer<UInt64> { field(\.durableOffset) }
  var hasNews: UnsafeMutablePointer<UInt64> { field(\.hasNews) }
  var pendingSynchronizationCount: UnsafeMutablePointer<UInt64> {
    field(\.pendingSynchronizationCount)
  }
  var synchronization: UnsafeMutablePointer<UInt64> { field(\.synchronization) }
  var isSuspended: UnsafeMutablePointer<UInt64> { field(\.isSuspended) }
  var isStopping: UnsafeMutablePointer<UInt64> { field(\.isStopping) }
  var wantedOffset: UnsafeMutablePointer<UInt64> { field(\.wantedOffset) }
  var waitingCount: UnsafeMutablePointer<UInt64> { field(\.waitingCount) }
  var expectedCount: UnsafeMutablePointer<UInt64> { field(\.expectedCount) }
  var acknowledgedOffset: UnsafeMutablePointer<UInt64> { field(\.acknowledgedOffset) }
  var isGathering: UnsafeMutablePointer<UInt64> { field(\.isGathering) }
  var isFlushing: UnsafeMutablePointer<UInt64> { field(\.isFlushing) }

  func locked<Result>(_ body: (inout AOFWriterShared) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&pointee)
  }

  func wake() { pointee.wakeUp(pointee.wakeUpContext) }

  /// Changes status or durability, publishes what follows from it, and wakes the engine.
  func publish(_ change: (inout AOFWriterShared) -> Void) {
    locked { shared in
      let before = shared.status
      change(&shared)
      apus_atomic_store(durableOffset, UInt64(shared.durability.durableOffset))
      if shared.status.isNews(since: before) { apus_atomic_store(hasNews, 1) }
    }
    wake()
  }

  /// Answers the engine if it waits for a flush.
  func endFlush(_ error: Int32) {
    guard apus_atomic_exchange(isFlushing, 0) != 0 else { return }
    locked { $0.flushError = error }
    sem_post(flushed)
  }

  /// Puts the file on the disk and notes the result for everything up to `offset`.
  /// Returns the error number, or 0.
  func synchronize(_ descriptor: Int32, file: Int, upTo offset: Int) -> Int32 {
    let start = apus_monotonic_nanoseconds()
    do throws(SystemFailure) {
      try pointee.files.synchronizeFile(descriptor)
    } catch {
      didFailToSynchronize(file: file, error)
      return error.number
    }
    didSynchronize(file: file, upTo: offset, since: start)
    return 0
  }

  /// An fsync that began at `start` has put everything up to `offset` on the disk.
  func didSynchronize(file: Int, upTo offset: Int, since start: UInt64) {
    let duration = apus_monotonic_nanoseconds() - start
    publish { shared in
      shared.status.synchronizationCount += 1
      shared.synchronizationDurations?.record(nanoseconds: duration)
      shared.durability.didSynchronize(file: file, upTo: offset)
      shared.status.lastSynchronizationNanoseconds = start
    }
  }

  private func didFailToSynchronize(file: Int, _ failure: SystemFailure) {
    publish { shared in
      shared.status.synchronizationCount += 1
      shared.durability.didFail(file: file)
      let isFirst = shared.status.synchronizationError == 0
      if shared.durability.isBroken { shared.status.synchronizationError = failure.number }
      if isFirst {
        shared.status.say(.warning, "Fail to fsync the AOF file: \(failure.reason)")
      }
    }
  }
}
