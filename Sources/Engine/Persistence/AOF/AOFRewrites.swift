/// What is known about the append-only file as a whole: its files, how large they are, and how
/// writing it anew goes.
struct AOFRewrites {
  /// Whether the log is kept.
  enum State {
    case off
    /// It was turned on while the server runs: nothing is a log before the first base is there.
    case waiting
    case on
  }

  var state = State.off
  var manifest = AOFManifest()

  // MARK: Sizes

  /// Bytes of the base, and of what came before `fileStartOffset`.
  var baseByteCount = 0
  var settledByteCount = 0
  /// The writer's offset at which the file that is written began, or was found.
  var fileStartOffset = 0

  // MARK: The rewrite under way

  /// One is to begin as soon as no other child runs.
  var isScheduled = false
  /// Whether the base that is being made is an RDB file.
  var isRDB = true

  // MARK: The ones before

  var lastStatus = Saves.Status.ok
  /// -1 before the first.
  var lastDurationSeconds = -1
  var lastCowByteCount = 0
  /// Since the last start or CONFIG RESETSTAT.
  var count = 0
  var consecutiveFailureCount = 0
  private var delayMinutes: Int64 = 0
  private var nextAttemptSecond: Int64 = 0

  /// When a new generation was last begun to make up for an fsync that failed, and how long the
  /// next has to wait.
  private var mendedSecond: Int64 = 0
  private var mendingDelaySeconds: Int64 = 0

  private static let mendingDelaySecondsMax: Int64 = 60
  private static let failureCountMax = 3
  private static let delayMinutesMax: Int64 = 60

  mutating func resetStatistics() { count = 0 }

  /// Somebody has asked for one: it need not wait because others have failed.
  mutating func schedule() {
    isScheduled = true
    consecutiveFailureCount = 0
  }

  mutating func didFail() {
    lastStatus = .err
    consecutiveFailureCount += 1
  }

  mutating func didSucceed() {
    lastStatus = .ok
    consecutiveFailureCount = 0
  }

  /// Whether a rewrite that nobody asked for has to wait, after several have failed. `report` is
  /// told for how many minutes, once for each delay.
  mutating func isLimited(atSecond now: Int64, _ report: (Int64) -> Void) -> Bool {
    guard consecutiveFailureCount >= Self.failureCountMax else {
      delayMinutes = 0
      nextAttemptSecond = 0
      return false
    }
    if nextAttemptSecond != 0 {
      if now < nextAttemptSecond { return true }
      nextAttemptSecond = 0
      return false
    }
    delayMinutes = min(max(2 * delayMinutes, 1), Self.delayMinutesMax)
    nextAttemptSecond = now + 60 * delayMinutes
    report(delayMinutes)
    return true
  }

  /// Whether a new generation may be begun because an fsync has failed: at once, but not again and
  /// again while the disk is broken.
  mutating func mayMend(atSecond now: Int64) -> Bool {
    let age = now - mendedSecond
    if age < mendingDelaySeconds { return false }
    mendingDelaySeconds =
      age > Self.mendingDelaySecondsMax
      ? 1 : min(2 * mendingDelaySeconds, Self.mendingDelaySecondsMax)
    mendedSecond = now
    return true
  }

  /// By how many percent the log has grown since it was last written anew.
  func growth(to byteCount: Int) -> Int {
    let (scaled, overflow) = byteCount.multipliedReportingOverflow(by: 100)
    return (overflow ? .max : scaled) / max(baseByteCount, 1) - 100
  }
}
