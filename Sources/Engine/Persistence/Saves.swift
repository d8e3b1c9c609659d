/// What is known about snapshots: the last ones, and the child that writes one.
package struct Saves {
  enum Status: String {
    case ok, err
  }

  /// The child that runs, of whatever purpose.
  var child: ChildProcess?
  /// A page that all children use, one after the other.
  let report = ChildReport()
  /// A snapshot is to begin as soon as no other child runs.
  var isScheduled = false
  /// `dirty` when the child was forked: what it will have saved.
  var dirtyAtFork: UInt64 = 0

  /// Unix seconds of the last success; at start, of the start.
  package var lastSuccessSecond: Int64 = 0
  /// Unix seconds of the last attempt in the background.
  var lastAttemptSecond: Int64 = 0
  var lastStatus = Status.ok
  /// -1 before the first.
  var lastDurationSeconds = -1
  var lastCowByteCount = 0
  /// Since the last start or CONFIG RESETSTAT.
  var count = 0
  var forkCount = 0
  var lastForkMicroseconds = 0
  /// Code of function libraries from the file that was loaded; kept for the next one.
  var libraries: [[UInt8]] = []

  /// A failed save point is tried again after so long.
  static let retrySeconds: Int64 = 5

  mutating func resetStatistics() {
    count = 0
    forkCount = 0
    lastForkMicroseconds = 0
  }

  /// Whether a snapshot is being written in the background.
  var isSaving: Bool { child?.purpose == .snapshot }
  /// Whether the append-only file is being written anew.
  var isRewriting: Bool { child?.purpose == .rewrite }
}
