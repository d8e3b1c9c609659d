import Benchmark
import MicroWorkloads

/// Gives each workload to the benchmark package, which times samples of it for a second.
let benchmarks: @Sendable () -> Void = {
  for workload in Workload.all { register(workload) }
}

/// Tells `run` how many operations a sample has: reports of the package do not.
private let operations = BenchmarkMetric.custom(
  "operations", polarity: .prefersLarger, useScalingFactor: false)

private func register(_ workload: Workload) {
  let count = workload.sampleSize.rawValue
  var prepared: PreparedWorkload?
  let configuration = Benchmark.Configuration(
    metrics: [.wallClock, .throughput, operations], warmupIterations: 1,
    scalingFactor: workload.sampleSize == .thousand ? .kilo : .mega, maxDuration: .seconds(1))
  Benchmark(workload.title, configuration: configuration) { benchmark in
    guard let prepared else { return benchmark.error("the workload has not been prepared") }
    prepared.reset(count)
    benchmark.startMeasurement()
    let result = prepared.run(count)
    benchmark.stopMeasurement()
    benchmark.measurement(operations, count)
    // Once is enough, and some checks take longer than the work.
    if benchmark.currentIteration == 0, !prepared.isRight(count, result) {
      benchmark.error("\(workload.title) did not do its work: \(result)")
    }
  } setup: {
    prepared = workload.prepare(.max)
  }
}
