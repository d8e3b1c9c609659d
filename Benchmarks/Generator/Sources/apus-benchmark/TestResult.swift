import Histogram
import LoadGenerator

/// What a test has shown, in the units of reports.
struct TestResult: Encodable {
  let name: String
  let commands: [Command]
  let mode: String
  let connections: Int
  let pipeline: Int
  let rate: Double?
  let requests: Int
  let misses: Int
  let seconds: Double
  let requestsPerSecond: Double
  let cpuSeconds: CPU
  let latencyMicroseconds: Latency
  let sendDelayMicroseconds: Latency?
  let distribution: [[Double]]

  struct Command: Encodable {
    let command: String
    let weight: Int
  }

  /// The generator's own time.
  struct CPU: Encodable {
    let user: Double
    let system: Double
  }

  enum CodingKeys: String, CodingKey {
    case name, commands, mode, connections, pipeline, rate, requests, misses, seconds
    case requestsPerSecond = "requests_per_second"
    case cpuSeconds = "cpu_seconds"
    case latencyMicroseconds = "latency_us"
    case sendDelayMicroseconds = "send_delay_us"
    case distribution
  }

  init(_ test: PlannedTest, _ measurement: Measurement) {
    name = test.name
    commands = test.plan.mix.entries.map {
      Command(command: $0.template.words.joined(separator: " "), weight: $0.weight)
    }
    mode = test.plan.requestsPerSecond == nil ? "closed" : "open"
    connections = test.plan.connectionCount
    pipeline = test.plan.pipeline
    rate = test.plan.requestsPerSecond
    requests = measurement.requestCount
    misses = measurement.missCount
    seconds = measurement.seconds
    requestsPerSecond = measurement.requestsPerSecond
    cpuSeconds = CPU(user: measurement.userSeconds, system: measurement.systemSeconds)
    latencyMicroseconds = Latency(measurement.latencies)
    sendDelayMicroseconds = rate == nil ? nil : Latency(measurement.sendDelays)
    // Ever finer towards 100 %, where the interesting ones are.
    // A value stands for a range, whose end may be above the longest that was seen.
    distribution = measurement.latencies.percentiles(ticksPerHalfDistance: 5).map {
      [$0.percentile, Double(min($0.value, measurement.latencies.maxRecorded)) / 1e3]
    }
  }
}

/// Microseconds.
struct Latency: Encodable {
  let minimum: Double
  let mean: Double
  let p50: Double
  let p90: Double
  let p95: Double
  let p99: Double
  let p999: Double
  let p9999: Double
  let maximum: Double

  enum CodingKeys: String, CodingKey {
    case minimum = "min"
    case mean, p50, p90, p95, p99
    case p999 = "p99.9"
    case p9999 = "p99.99"
    case maximum = "max"
  }

  init(_ histogram: Histogram<UInt64>) {
    func at(_ percentile: Double) -> Double {
      Double(histogram.valueAtPercentile(percentile)) / 1e3
    }
    minimum = Double(histogram.min) / 1e3
    mean = histogram.totalCount == 0 ? 0 : histogram.mean / 1e3
    p50 = at(50)
    p90 = at(90)
    p95 = at(95)
    p99 = at(99)
    p999 = at(99.9)
    p9999 = at(99.99)
    maximum = Double(histogram.maxRecorded) / 1e3
  }
}
