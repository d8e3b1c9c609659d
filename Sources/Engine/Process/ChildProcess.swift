import CProcess
import Glibc

/// A forked child, which has the whole data set as it was and one thing to do with it.
///
/// The engine has one at a time, as Redis has: two would copy what changes twice.
struct ChildProcess {
  enum Purpose {
    case snapshot, rewrite

    /// As `ps` shows it.
    var title: String {
      switch self {
      case .snapshot: "redis-rdb-bgsave"
      case .rewrite: "redis-aof-rewrite"
      }
    }
  }

  let pid: Int32
  let purpose: Purpose
  /// Monotonic time.
  let startedAt: UInt64
  let report: ChildReport

  /// How a child has ended.
  enum End: Equatable {
    case code(Int32)
    case signal(Int32)
  }

  /// How the child has ended; nil while it runs.
  func reap() -> End? {
    var code: Int32 = 0
    var signal: Int32 = 0
    guard apus_process_reap(pid, &code, &signal) != 0 else { return nil }
    return signal != 0 ? .signal(signal) : .code(code)
  }

  /// Ends the child; it need not be a failure. `reap` will say so.
  func kill() { _ = Glibc.kill(pid, SIGUSR1) }
}

/// What a child tells while it runs, in a page that both processes have: the child writes, the
/// parent reads. Each field is one aligned word, so that no read is torn.
struct ChildReport {
  private struct Fields {
    var keyCount: Int
    var cowByteCount: Int
    var cowPeakByteCount: Int
    var measuredAtSecond: Int
  }

  private let fields: UnsafeMutablePointer<Fields>

  /// nil when the system has no page to give. Made once, and never given back.
  init?() {
    guard let page = apus_process_shared_page() else { return nil }
    fields = page.assumingMemoryBound(to: Fields.self)
  }

  func clear() {
    fields.initialize(
      to: Fields(keyCount: 0, cowByteCount: 0, cowPeakByteCount: 0, measuredAtSecond: 0))
  }

  /// Keys that the child has written.
  var keyCount: Int {
    get { fields.pointee.keyCount }
    nonmutating set { fields.pointee.keyCount = newValue }
  }

  /// Bytes that were copied because one of both processes has changed them.
  var cowByteCount: Int { fields.pointee.cowByteCount }
  var cowPeakByteCount: Int { fields.pointee.cowPeakByteCount }
  /// Unix time; 0 for never.
  var measuredAtSecond: Int { fields.pointee.measuredAtSecond }

  /// In the child: measures what was copied, which takes the kernel a while.
  func measure() {
    let count = apus_process_private_dirty()
    fields.pointee.cowByteCount = count
    fields.pointee.cowPeakByteCount = max(fields.pointee.cowPeakByteCount, count)
    fields.pointee.measuredAtSecond = Int(WallClock.milliseconds() / 1000)
  }
}
