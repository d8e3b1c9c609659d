/// Something of Core or Engine that is done many times in a loop, so that its cost shows.
///
/// The loops are here, in the server's own package, because the benchmark's package cannot see what
/// is `package`; one call from there runs a whole sample. A new structure gets a file with a list
/// of its workloads, and a line in `all`.
public struct Workload {
  /// What is done, such as `Keyspace: lookup, hit`.
  public let name: String
  /// What the loop goes through, and how much memory that is.
  public let workingSet: String
  /// Operations in one sample: so many that reading the clock costs nothing beside them.
  public let sampleSize: SampleSize
  /// `elementCountMax` bounds the structure's size, for a quick check that the workload works.
  public let prepare: (_ elementCountMax: Int) -> PreparedWorkload

  /// Name and working set, by which reports and filters know it.
  public var title: String { "\(name) (\(workingSet))" }

  public enum SampleSize: Int {
    case thousand = 1000
    case million = 1_000_000
  }

  init(
    _ name: String, _ workingSet: String, _ sampleSize: SampleSize = .million,
    _ prepare: @escaping (_ elementCountMax: Int) -> PreparedWorkload
  ) {
    self.name = name
    self.workingSet = workingSet
    self.sampleSize = sampleSize
    self.prepare = prepare
  }

  public static let all: [Workload] =
    RequestWorkloads.all + ReplyWorkloads.all + NumberWorkloads.all + HashWorkloads.all
    + KeyspaceReading.all + KeyspaceChanging.all + KeyspaceWalking.all + TextWorkloads.all
    + HistogramWorkloads.all + ListpackWorkloads.all + IntsetWorkloads.all + QuicklistWorkloads.all
    + ScoreTreeWorkloads.all + GeoWorkloads.all + HyperLogLogWorkloads.all + BitWorkloads.all
    + CommandWorkloads.all + AOFWorkloads.all
}

/// A workload with all it needs in memory, which stays there until the process ends.
public struct PreparedWorkload {
  /// Brings about what a sample of so many operations starts from. Not timed.
  public let reset: (_ count: Int) -> Void
  /// Does so many operations and returns what came of them. This is what is timed.
  public let run: (_ count: Int) -> Int
  /// Whether `result` and what the run left behind are right. To be asked before the next reset.
  public let isRight: (_ count: Int, _ result: Int) -> Bool

  init(
    reset: @escaping (Int) -> Void = { _ in }, run: @escaping (Int) -> Int,
    isRight: @escaping (Int, Int) -> Bool
  ) {
    self.reset = reset
    self.run = run
    self.isRight = isRight
  }

  /// For work whose result says it all.
  init(
    reset: @escaping (Int) -> Void = { _ in }, run: @escaping (Int) -> Int,
    returns expected: @escaping (Int) -> Int
  ) {
    self.init(reset: reset, run: run) { count, result in result == expected(count) }
  }
}
