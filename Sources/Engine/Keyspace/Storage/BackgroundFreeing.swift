import CAlloc
import CProcess
import Core
import Glibc

/// A thread that frees what would hold up the engine: whole tables, and large values.
///
/// What is handed over belongs to the thread alone: nothing else points to it any more, so the only
/// thing shared is the list of jobs, behind a mutex. The thread starts with the first job, takes no
/// signals, and lives as long as the process. Its frees are accounted for by `apus_free_elsewhere`.
///
/// Ownership: a job owns its table or entry until it is freed. The shared state is never freed.
struct BackgroundFreeing {
  enum Job {
    case table(KeyTable)
    case entry(Entry)

    /// Keys in it.
    var count: Int {
      switch self {
      case .table(let table): table.count
      case .entry: 1
      }
    }

    func run(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
      switch self {
      case .table(let table): table.destroy(free)
      case .entry(let entry): entry.free(free)
      }
    }
  }

  private struct Shared {
    var mutex = pthread_mutex_t()
    var wakeUp = pthread_cond_t()
    /// Last first.
    var jobs: [Job] = []
    var pendingCount = 0
    var freedCount = 0
    var hasThread = false
  }

  private let shared: UnsafeMutablePointer<Shared>

  init() {
    shared = .allocate(capacity: 1)
    shared.initialize(to: Shared())
    pthread_mutex_init(Self.mutex(shared), nil)
    pthread_cond_init(Self.wakeUp(shared), nil)
  }

  private static func mutex(
    _ shared: UnsafeMutablePointer<Shared>
  ) -> UnsafeMutablePointer<pthread_mutex_t> {
    shared.pointer(to: \.mutex).unsafelyUnwrapped
  }

  private static func wakeUp(
    _ shared: UnsafeMutablePointer<Shared>
  ) -> UnsafeMutablePointer<pthread_cond_t> {
    shared.pointer(to: \.wakeUp).unsafelyUnwrapped
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(Self.mutex(shared))
    defer { pthread_mutex_unlock(Self.mutex(shared)) }
    return body()
  }

  var pendingCount: Int { locked { shared.pointee.pendingCount } }
  var freedCount: Int { locked { shared.pointee.freedCount } }
  func resetFreedCount() { locked { shared.pointee.freedCount = 0 } }

  /// Hands a job over; does it at once where no thread can be had. CONSUMES what is in it.
  func free(_ job: Job) {
    let isAccepted = locked {
      if !shared.pointee.hasThread { shared.pointee.hasThread = startThread() }
      if !shared.pointee.hasThread { return false }
      shared.pointee.jobs.append(job)
      shared.pointee.pendingCount += job.count
      return true
    }
    if isAccepted {
      pthread_cond_signal(Self.wakeUp(shared))
    } else {
      job.run { Allocation.free($0, $1) }
    }
  }

  /// Signals are for the engine's thread: all are blocked while this one is made.
  private func startThread() -> Bool {
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        BackgroundFreeing.work(argument.assumingMemoryBound(to: Shared.self))
      }, UnsafeMutableRawPointer(shared))
    if result == 0 { pthread_detach(thread) }
    return result == 0
  }

  private static func work(_ shared: UnsafeMutablePointer<Shared>) -> Never {
    apus_process_be_batch_thread()
    while true {
      pthread_mutex_lock(mutex(shared))
      while shared.pointee.jobs.isEmpty { pthread_cond_wait(wakeUp(shared), mutex(shared)) }
      let job = shared.pointee.jobs.removeLast()
      pthread_mutex_unlock(mutex(shared))
      job.run { apus_free_elsewhere($0, $1) }
      // What this thread keeps for reuse, it never uses, and it would hold pages.
      apus_alloc_flush_cache()
      pthread_mutex_lock(mutex(shared))
      shared.pointee.pendingCount -= job.count
      shared.pointee.freedCount += job.count
      pthread_mutex_unlock(mutex(shared))
    }
  }
}
