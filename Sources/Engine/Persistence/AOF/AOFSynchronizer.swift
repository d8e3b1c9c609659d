import CPrimitives
import Glibc

/// The thread that puts the log on the disk while the writer goes on writing, for `everysec`; and
/// closes the files that the writer has left.
///
/// On ext4 a write during an fsync of the same file waits for a part of it (record 12 has numbers),
/// not for all of it.
///
/// Only the writer's thread gives jobs and waits for them. One at a time: the system reports an
/// error of a file once, and two who ask at the same time could each take it for the other's.
///
/// Ownership: made and ended by the writer's thread. A job to leave a file owns its descriptor.
struct AOFSynchronizer {
  struct Job {
    let descriptor: Int32
    let file: Int
    /// Up to where the file is put on the disk; nil: it is closed.
    let offset: Int?
  }

  private struct Queue {
    var mutex = pthread_mutex_t()
    var changed = pthread_cond_t()
    var jobs: [Job] = []
    var isBusy = false
    var isEnding = false
    var memory: AOFWriterMemory
  }

  private let queue: UnsafeMutablePointer<Queue>
  private var thread = pthread_t()
  private var hasThread = false

  init(_ memory: AOFWriterMemory) {
    queue = .allocate(capacity: 1)
    queue.initialize(to: Queue(memory: memory))
    pthread_mutex_init(Self.mutex(queue), nil)
    pthread_cond_init(Self.changed(queue), nil)
    // The writer's thread blocks all signals, which this one inherits.
    hasThread =
      pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          AOFSynchronizer.work(argument.assumingMemoryBound(to: Queue.self))
          return nil
        }, UnsafeMutableRawPointer(queue)) == 0
  }

  private static func mutex(
    _ queue: UnsafeMutablePointer<Queue>
  ) -> UnsafeMutablePointer<pthread_mutex_t> {
    queue.pointer(to: \.mutex).unsafelyUnwrapped
  }

  private static func changed(
    _ queue: UnsafeMutablePointer<Queue>
  ) -> UnsafeMutablePointer<pthread_cond_t> {
    queue.pointer(to: \.changed).unsafelyUnwrapped
  }

  /// Whether a job waits or runs.
  var isBusy: Bool {
    pthread_mutex_lock(Self.mutex(queue))
    defer { pthread_mutex_unlock(Self.mutex(queue)) }
    return queue.pointee.isBusy || !queue.pointee.jobs.isEmpty
  }

  /// Hands a job over; without a thread it is done at once.
  func add(_ job: Job) {
    let memory = queue.pointee.memory
    if job.offset != nil { _ = apus_atomic_add(memory.pendingSynchronizationCount, 1) }
    guard hasThread else { return Self.run(job, memory) }
    pthread_mutex_lock(Self.mutex(queue))
    queue.pointee.jobs.append(job)
    pthread_cond_broadcast(Self.changed(queue))
    pthread_mutex_unlock(Self.mutex(queue))
  }

  /// Waits until all jobs are done.
  func finish() {
    pthread_mutex_lock(Self.mutex(queue))
    while queue.pointee.isBusy || !queue.pointee.jobs.isEmpty {
      pthread_cond_wait(Self.changed(queue), Self.mutex(queue))
    }
    pthread_mutex_unlock(Self.mutex(queue))
  }

  /// Does what is left and ends the thread.
  func end() {
    if hasThread {
      finish()
      pthread_mutex_lock(Self.mutex(queue))
      queue.pointee.isEnding = true
      pthread_cond_broadcast(Self.changed(queue))
      pthread_mutex_unlock(Self.mutex(queue))
      pthread_join(thread, nil)
    }
    pthread_mutex_destroy(Self.mutex(queue))
    pthread_cond_destroy(Self.changed(queue))
    queue.deinitialize(count: 1)
    queue.deallocate()
  }

  private static func work(_ queue: UnsafeMutablePointer<Queue>) {
    pthread_mutex_lock(mutex(queue))
    while true {
      while queue.pointee.jobs.isEmpty, !queue.pointee.isEnding {
        pthread_cond_wait(changed(queue), mutex(queue))
      }
      guard !queue.pointee.jobs.isEmpty else { break }
      let job = queue.pointee.jobs.removeFirst()
      queue.pointee.isBusy = true
      pthread_mutex_unlock(mutex(queue))
      run(job, queue.pointee.memory)
      pthread_mutex_lock(mutex(queue))
      queue.pointee.isBusy = false
      pthread_cond_broadcast(changed(queue))
    }
    pthread_mutex_unlock(mutex(queue))
  }

  private static func run(_ job: Job, _ memory: AOFWriterMemory) {
    if let offset = job.offset {
      _ = memory.synchronize(job.descriptor, file: job.file, upTo: offset)
      // One less.
      _ = apus_atomic_add(memory.pendingSynchronizationCount, .max)
    } else {
      _ = memory.pointee.files.close(job.descriptor)
    }
  }
}
