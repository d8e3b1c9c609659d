import Core

/// CONFIG, SHUTDOWN, DEBUG, MONITOR: commands for operators.
enum Administration {
  static let specs: [CommandSpec] = []
}
