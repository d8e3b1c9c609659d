import Testing

@testable import Engine

@Suite struct LatencyMonitorTests {
  private func monitor(_ samples: [(UInt64, Int64)]) -> LatencyMonitor {
    var monitor = LatencyMonitor()
    monitor.thresholdNanoseconds = 1_000_000
    for (milliseconds, second) in samples {
      monitor.note("command", milliseconds: milliseconds, atSecond: second)
    }
    return monitor
  }

  @Test func offByDefault() {
    var monitor = LatencyMonitor()
    monitor.note("command", milliseconds: 1_000_000, atSecond: 1)
    #expect(monitor.events.isEmpty)
  }

  @Test func oneSampleForASecond() {
    let event = monitor([(5, 100), (3, 100), (9, 100), (4, 101)]).event(named: "command")
    #expect(event?.samples.map(\.milliseconds) == [9, 4])
    #expect(event?.maximum == 9)
    #expect(event?.last == event?.samples.last)
  }

  @Test func keepsTheLast160() {
    let event = monitor((0..<200).map { (UInt64($0 + 1), Int64($0)) }).event(named: "command")
    #expect(event?.samples.map(\.second) == Array(40..<200))
    #expect(event?.maximum == 200)
  }

  @Test func resetByName() {
    var monitor = monitor([(5, 1)])
    monitor.note("fast-command", milliseconds: 2, atSecond: 1)
    #expect(monitor.reset(["nosuch"]) == 0)
    #expect(monitor.reset(["command", "command"]) == 1)
    #expect(monitor.reset(nil) == 1)
    #expect(monitor.events.isEmpty)
  }

  /// What Redis drew for these spikes.
  @Test func graph() throws {
    let event = monitor([(5, 94), (30, 95), (12, 96), (50, 98), (2, 99)]).event(named: "command")
    let text = LatencyReport.graph(of: try #require(event), atSecond: 100)
    let lines = [
      "command - high 50 ms, low 2 ms (all time high 50 ms)", String(repeating: "-", count: 80),
      "   # ", " o | ", " | | ", "_|#|_", "     ", "65421", "sssss",
    ]
    #expect(text == lines.map { $0 + "\n" }.joined())
  }

  @Test func graphOfOneSample() throws {
    let event = monitor([(5, 10)]).event(named: "command")
    let text = LatencyReport.graph(of: try #require(event), atSecond: 10 + 7200)
    #expect(text.hasSuffix(" \n \n \n_\n \n2\nh\n"))
  }

  @Test func adviceInEachState() {
    #expect(LatencyReport.advice(on: LatencyMonitor()).contains("disabled"))
    #expect(LatencyReport.advice(on: monitor([])).contains("No latency spike"))
    let text = LatencyReport.advice(on: monitor([(10, 1), (20, 3)]))
    #expect(text.contains("command: 2 latency spikes (average 15ms, mean deviation 5ms"))
  }
}
