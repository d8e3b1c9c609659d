/// What LATENCY GRAPH and LATENCY DOCTOR answer.
enum LatencyReport {
  private static let columnCount = 80
  private static let rowCount = 4

  // MARK: Graph

  /// The event's spikes as columns, each above its age.
  static func graph(of event: LatencyMonitor.Event, atSecond now: Int64) -> String {
    let samples = event.samples
    let high = samples.map(\.milliseconds).max() ?? 0
    let low = samples.map(\.milliseconds).min() ?? 0
    var text = "\(event.name) - high \(high) ms, low \(low) ms"
    text += " (all time high \(event.maximum) ms)\n"
    text += String(repeating: "-", count: columnCount) + "\n"
    var start = 0
    while start < samples.count {
      if start > 0 { text += "\n" }
      let part = samples[start..<min(start + columnCount, samples.count)]
      text += rows(Array(part), low: low, high: high) + labels(part.map { age(now - $0.second) })
      start += columnCount
    }
    return text
  }

  private static func rows(
    _ samples: [LatencyMonitor.Sample], low: UInt64, high: UInt64
  ) -> String {
    let marks: [Character] = ["_", "o", "#"]
    let stepCount = marks.count * rowCount
    let span = high == low ? 1 : Double(high - low)
    let steps = samples.map {
      min(Int(Double($0.milliseconds - low) * Double(stepCount) / span), stepCount - 1)
    }
    return (0..<rowCount).map { row in
      let base = (rowCount - row - 1) * marks.count
      let line = steps.map { step -> Character in
        if step < base { return " " }
        return step - base < marks.count ? marks[step - base] : "|"
      }
      return String(line) + "\n"
    }.joined()
  }

  /// Written downwards, below an empty line.
  private static func labels(_ labels: [String]) -> String {
    let columns = labels.map { Array($0) }
    let height = columns.map(\.count).max() ?? 0
    let blank = String(repeating: " ", count: columns.count) + "\n"
    return blank + (0..<height).map { row in
      String(columns.map { row < $0.count ? $0[row] : " " }) + "\n"
    }.joined()
  }

  private static func age(_ seconds: Int64) -> String {
    switch seconds {
    case ..<60: "\(seconds)s"
    case ..<3600: "\(seconds / 60)m"
    case ..<86_400: "\(seconds / 3600)h"
    default: "\(seconds / 86_400)d"
    }
  }

  // MARK: Advice

  static func advice(on monitor: LatencyMonitor) -> String {
    if !monitor.isEnabled {
      return """
        Latency monitoring is disabled in this server. You may use "CONFIG SET \
        latency-monitor-threshold <milliseconds>." in order to enable it: events that take at \
        least so long are then kept.\n
        """
    }
    if monitor.events.isEmpty {
      return "No latency spike was observed since the server started or events were reset.\n"
    }
    var text = "Latency spikes were observed in this server:\n\n"
    for (index, event) in monitor.events.enumerated() {
      text += "\(index + 1). \(summary(of: event))\n"
    }
    return text + "\nWhat may help:\n\n" + hints(monitor.events.map(\.name))
  }

  private static func summary(of event: LatencyMonitor.Event) -> String {
    let samples = event.samples
    let values = samples.map { Double($0.milliseconds) }
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    let deviation = values.reduce(0) { $0 + ($1 - mean).magnitude } / Double(max(1, values.count))
    let period = Double((samples.last?.second ?? 0) - (samples.first?.second ?? 0))
      / Double(max(1, samples.count))
    return "\(event.name): \(samples.count) latency spikes (average"
      + " \(NumberText.fixed(mean, 0))ms, mean deviation \(NumberText.fixed(deviation, 0))ms,"
      + " period \(NumberText.fixed(period, 2)) sec). Worst all time event \(event.maximum)ms."
  }

  private static func hints(_ names: [String]) -> String {
    var text = ""
    if names.contains("command") {
      text += "- SLOWLOG GET shows which commands were slow; ones that are not O(1) grow with"
        + " the data.\n"
    }
    if names.contains("fast-command") {
      text += "- Fast commands were slow: look for swapping, a busy or throttled processor, or"
        + " transparent huge pages (see INFO memory and the system's own tools).\n"
    }
    if names.contains(where: { $0.hasPrefix("expire") || $0.hasPrefix("eviction") }) {
      text += "- Many keys went at once: spread their deadlines, or raise maxmemory.\n"
    }
    return text + "- LATENCY HISTORY and LATENCY GRAPH show when it happened.\n"
  }
}
