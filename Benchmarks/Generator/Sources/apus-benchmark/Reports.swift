import Foundation
import LoadGenerator

/// Results for a person, or as comma-separated values.
struct TextReport {
  let options: OutputOptions
  private var isFirst = true

  init(options: OutputOptions) { self.options = options }

  mutating func show(_ result: TestResult) throws {
    // Standard output belongs to the JSON.
    if options.json == "-" { return }
    if options.csv {
      if isFirst { try StandardOutput.write(Self.csvHeader + "\n") }
      try StandardOutput.write(Self.csvLine(result) + "\n")
    } else if options.isQuiet {
      try StandardOutput.write(Self.shortLine(result) + "\n")
    } else {
      try StandardOutput.write(Self.paragraph(result) + "\n")
    }
    isFirst = false
  }

  static let csvHeader =
    #""test","rps","avg_latency_ms","min_latency_ms","p50_latency_ms","p95_latency_ms","#
    + #""p99_latency_ms","max_latency_ms""#

  static func csvLine(_ result: TestResult) -> String {
    let latency = result.latencyMicroseconds
    let columns = [
      latency.mean, latency.minimum, latency.p50, latency.p95, latency.p99, latency.maximum,
    ].map { fixed($0 / 1e3, 3) }
    let name = result.name.replacingOccurrences(of: "\"", with: "\"\"")
    return ([name, fixed(result.requestsPerSecond, 2)] + columns)
      .map { "\"\($0)\"" }.joined(separator: ",")
  }

  static func shortLine(_ result: TestResult) -> String {
    let rate = fixed(result.requestsPerSecond, 2)
    let misses = result.misses > 0 ? ", \(result.misses) replies without a value" : ""
    return "\(result.name): \(rate) requests per second, "
      + "p50=\(fixed(result.latencyMicroseconds.p50 / 1e3, 3)) msec\(misses)"
  }

  static func paragraph(_ result: TestResult) -> String {
    let latency = result.latencyMicroseconds
    let loop =
      result.rate.map { "open loop, \(fixed($0, 0)) requests per second planned" }
      ?? "closed loop"
    let own = (result.cpuSeconds.user + result.cpuSeconds.system) * 1e6 / Double(result.requests)
    var lines = [
      "====== \(result.name) ======",
      "  \(result.requests) requests completed in \(fixed(result.seconds, 2)) seconds",
      "  \(result.connections) connections, pipeline \(result.pipeline), \(loop)",
      "  throughput: \(fixed(result.requestsPerSecond, 2)) requests per second",
      "  latency in milliseconds:",
      "         min      mean       p50       p90       p99     p99.9    p99.99       max",
      "  "
        + [
          latency.minimum, latency.mean, latency.p50, latency.p90, latency.p99, latency.p999,
          latency.p9999, latency.maximum,
        ].map { String(format: "%10.3f", $0 / 1e3) }.joined(),
      "  cost of the generator itself: \(fixed(own, 3)) microseconds of CPU per request",
    ]
    if let delay = result.sendDelayMicroseconds {
      lines.append(
        "  requests left later than planned: "
          + "p99 \(fixed(delay.p99 / 1e3, 3)), max \(fixed(delay.maximum / 1e3, 3)) milliseconds")
    }
    if result.misses > 0 { lines.append("  replies without a value: \(result.misses)") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func fixed(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}

struct JSONReport: Encodable {
  let generator = ["name": "apus-benchmark", "version": BenchmarkCommand.configuration.version]
  let tests: [TestResult]

  /// Before anything is measured: whether `path` can be written. Leaves what is there as it is.
  static func check(_ path: String) throws {
    if path == "-" { return }
    let existed = access(path, F_OK) == 0
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw LoadError("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    close(descriptor)
    if !existed { unlink(path) }
  }

  func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      let data = try encoder.encode(self) + Data("\n".utf8)
      if path == "-" { return try StandardOutput.write(String(decoding: data, as: UTF8.self)) }
      try data.write(to: URL(fileURLWithPath: path))
    } catch let error as LoadError {
      throw error
    } catch {
      throw LoadError("cannot write \(path): \(error.localizedDescription)")
    }
  }
}

/// Where results go: what cannot be written is an error, not lost.
enum StandardOutput {
  static func write(_ text: String) throws {
    guard fputs(text, stdout) >= 0, fflush(stdout) == 0 else {
      throw LoadError("cannot write to standard output: " + String(cString: strerror(errno)))
    }
  }

  /// A closed descriptor would be given to the first connection, and results sent to the server.
  static func check() throws {
    for stream in [STDIN_FILENO, STDERR_FILENO] where fcntl(stream, F_GETFD) < 0 {
      _ = open("/dev/null", O_RDWR)
    }
    if fcntl(STDOUT_FILENO, F_GETFD) < 0 { throw LoadError("standard output is closed") }
  }
}

/// The line that tells, while a test runs, how far it is.
struct ProgressLine {
  let tests: [PlannedTest]
  let isShown: Bool

  func show(_ number: Int, _ progress: Load.Progress) {
    if !isShown { return }
    let name = tests[number].name.prefix(40)
    let state =
      progress.isWarmingUp
      ? "warming up"
      : String(
        format: "%.1f s, %d requests, %.0f per second, mean %.3f msec", progress.seconds,
        progress.requestCount, Double(progress.requestCount) / max(progress.seconds, 1e-9),
        progress.meanMicroseconds / 1e3)
    complain("\r\u{1B}[K\(name): \(state)")
  }

  func clear() {
    if isShown { complain("\r\u{1B}[K") }
  }
}
