import CAlloc

/// What about the system hurts the server: told at start, and when `--check-system` asks.
///
/// Each check is declared once, beside the code that looks. The checks do not change anything and
/// read nothing but what a `SystemView` shows them.
package enum SystemChecks {
  /// Redis' checks first, in its order.
  static let all = [
    ProcessorChecks.clockSource, MemoryChecks.overcommit, HugePages.check,
    HugePages.defragmentationCheck, LimitChecks.backlog, LimitChecks.synBacklog,
    LimitChecks.openFiles, ProcessorChecks.frequency, MemoryChecks.swap, MemoryChecks.limit,
    MemoryChecks.zoneReclaim,
  ]

  /// What the log tells at each start, as Redis does; the limit of open files has its own lines.
  static let atStart = [LimitChecks.backlog, MemoryChecks.overcommit, HugePages.check]

  /// Prepares the process as configured, and returns the warnings to log.
  package static func warnings(_ configuration: Configuration) -> [String] {
    var warnings = warnings(configuration, .prepared(configuration))
    if !apus_alloc_classes_agree() {
      warnings.append(
        "WARNING The allocator's size classes are not those that memory is accounted by:"
          + " used_memory will be off.")
    }
    return warnings
  }

  static func warnings(_ configuration: Configuration, _ view: SystemView) -> [String] {
    atStart.compactMap { check in
      guard case .harm(let harm) = try? check.inspect(view, configuration) else { return nil }
      return harm.line
    }
  }

  /// The answer to `--check-system` for a server with this configuration: each check by its name,
  /// and whether there is nothing to warn of. What the system does not tell is skipped.
  package static func report(_ configuration: Configuration) -> (text: String, isFine: Bool) {
    report(configuration, .prepared(configuration))
  }

  static func report(
    _ configuration: Configuration, _ view: SystemView
  ) -> (text: String, isFine: Bool) {
    var text = ""
    var isFine = true
    for check in all {
      text += "[\(check.name)]..."
      do throws(Unseen) {
        switch try check.inspect(view, configuration) {
        case .fine(let value): text += "OK: \(value)\n"
        case .harm(let harm):
          text += "WARNING:\n\(harm.paragraph)\n"
          isFine = false
        }
      } catch {
        text += "skipped: \(error.reason)\n"
      }
    }
    return (text, isFine)
  }
}
