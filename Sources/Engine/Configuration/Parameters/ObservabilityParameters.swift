/// Logs, crash reports, slow log and latency.
extension Parameter {
  static let observability: [Parameter] = [
    .choice(.loglevel, ["debug", "verbose", "notice", "warning", "nothing"], default: "notice",
      .effective),
    .text(.logfile, default: "", .effective, [.immutable]),
    .boolean(.syslogEnabled, default: false, .effective, [.immutable]),
    .text(.syslogIdent, default: "redis", .effective, [.immutable]),
    .choice(.syslogFacility, ["user", "local0", "local1", "local2", "local3", "local4", "local5",
      "local6", "local7"], default: "local0", .effective, [.immutable]),
    .boolean(.crashLogEnabled, default: true, .effective),
    .boolean(.crashMemcheckEnabled, default: true, .known),
    .boolean(.useExitOnPanic, default: false, .known, [.hidden]),
    .integer(.watchdogPeriod, 0...Bounds.int, default: 0, .known, [.hidden]),
    .integer(.slowlogLogSlowerThan, -1...Bounds.long, default: 10_000, .effective),
    .integer(.slowlogMaxLen, 0...Bounds.long, default: 128, .effective),
    .integer(.latencyMonitorThreshold, 0...Bounds.long, default: 0, .effective),
    .boolean(.latencyTracking, default: true, .effective),
    Parameter(.latencyTrackingInfoPercentiles, .percentiles, default: .percentiles([50, 99, 99.9]),
      .effective, [.multipleArguments]),
    .text(.reqResLogfile, default: "", .known, [.immutable, .hidden]),
  ]
}
