import Core

/// MULTI, EXEC and what belongs to them.
enum Transactions {
  static let specs: [CommandSpec] = []
}
