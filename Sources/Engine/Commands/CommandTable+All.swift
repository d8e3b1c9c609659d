extension CommandTable {
  /// Every command of the server, family by family.
  static let all: [CommandSpec] = [
    Strings.specs,
    Bitmaps.specs,
    HyperLogLogs.specs,
    Lists.specs,
    Sets.specs,
    Hashes.specs,
    SortedSets.specs,
    Geo.specs,
    Keys.specs,
    Sorting.specs,
    Connection.specs,
    Clients.specs,
    Monitor.specs,
    Transactions.specs,
    Information.specs,
    Administration.specs,
  ].flatMap { $0 }
}
