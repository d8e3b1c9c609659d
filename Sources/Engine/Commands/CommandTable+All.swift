extension CommandTable {
  /// Every command of the server, family by family.
  static let all: [CommandSpec] = Strings.specs + Connection.specs
}
