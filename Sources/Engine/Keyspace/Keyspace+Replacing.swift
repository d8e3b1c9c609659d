extension Keyspace {
  /// To be called before all keys of a database are removed.
  package func willEmpty(_ database: Database) {}

  /// To be called before two databases change places.
  package func willSwap(_ left: Database, _ right: Database) {}
}
