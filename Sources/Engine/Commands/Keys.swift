import Core

/// Commands on keys of any type.
enum Keys {
  static let specs: [CommandSpec] = []
}
