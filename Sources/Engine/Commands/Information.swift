import Core

/// INFO, COMMAND, MEMORY, LATENCY, SLOWLOG: what the server tells about itself.
enum Information {
  static let specs: [CommandSpec] = []
}
