/// When the server was slow, by kind of event: what LATENCY reports.
///
/// Each event keeps its last 160 seconds with a spike in a ring, a sample for a second: the worst.
/// Also says whether, and with which percentiles, every command's latency is tracked.
package struct LatencyMonitor {
  package struct Sample: Equatable {
    /// Unix time.
    package let second: Int64
    package fileprivate(set) var milliseconds: UInt64
  }

  package struct Event {
    package let name: String
    /// The worst since the last reset.
    package fileprivate(set) var maximum: UInt64 = 0
    private var ring: [Sample] = []
    private var next = 0

    fileprivate static let sampleCountMax = 160

    fileprivate init(_ name: String) { self.name = name }

    /// Oldest first.
    package var samples: [Sample] { Array(ring[next...] + ring[..<next]) }

    package var last: Sample? {
      ring.isEmpty ? nil : ring[(next + ring.count - 1) % ring.count]
    }

    fileprivate mutating func note(_ milliseconds: UInt64, _ second: Int64) {
      maximum = max(maximum, milliseconds)
      if let last, last.second == second {
        let index = (next + ring.count - 1) % ring.count
        ring[index].milliseconds = max(last.milliseconds, milliseconds)
      } else if ring.count < Self.sampleCountMax {
        ring.append(Sample(second: second, milliseconds: milliseconds))
      } else {
        ring[next] = Sample(second: second, milliseconds: milliseconds)
        next = (next + 1) % Self.sampleCountMax
      }
    }
  }

  /// Events that took at least so long are kept; `UInt64.max` for none.
  package var thresholdNanoseconds: UInt64 = .max
  /// Whether each command has a histogram of its latency.
  package var isTracking = true
  /// What INFO latencystats shows of the histograms.
  package var percentiles: [Double] = [50, 99, 99.9]
  /// In the order of their first spike.
  package private(set) var events: [Event] = []

  package init() {}

  package var isEnabled: Bool { thresholdNanoseconds != .max }

  package func event(named name: String) -> Event? { events.first { $0.name == name } }

  /// Notes an event if it took long enough. REQUIRES: `name` is one of the server's own.
  package mutating func note(_ name: String, milliseconds: UInt64, atSecond second: Int64) {
    guard milliseconds.multipliedReportingOverflow(by: 1_000_000).partialValue
      >= thresholdNanoseconds
    else { return }
    if let index = events.firstIndex(where: { $0.name == name }) {
      events[index].note(milliseconds, second)
    } else {
      var event = Event(name)
      event.note(milliseconds, second)
      events.append(event)
    }
  }

  /// Forgets the named events, or all; returns how many there were.
  package mutating func reset(_ names: [String]?) -> Int {
    let count = events.count
    events.removeAll { event in names.map { $0.contains(event.name) } ?? true }
    return count - events.count
  }
}

extension Server {
  /// Takes over how the configuration wants slow commands to be watched.
  mutating func adoptObservation() {
    slowlog.thresholdNanoseconds = UInt64(exactly: configuration.integer(.slowlogLogSlowerThan))
      .map { $0.multipliedReportingOverflow(by: 1000) }
      .map { $0.overflow ? .max : $0.partialValue } ?? .max
    slowlog.maximumCount = configuration.integer(.slowlogMaxLen)
    let milliseconds = UInt64(clamping: configuration.integer(.latencyMonitorThreshold))
    let (nanoseconds, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    latency.thresholdNanoseconds = milliseconds == 0 || overflow ? .max : nanoseconds
    latency.isTracking = configuration.boolean(.latencyTracking)
    if case .percentiles(let shares) = configuration.value(.latencyTrackingInfoPercentiles) {
      latency.percentiles = shares
    }
  }
}
