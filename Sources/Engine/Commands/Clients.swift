import Core

/// CLIENT and its subcommands.
enum Clients {
  static let specs: [CommandSpec] = []
}
