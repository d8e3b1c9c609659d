import Core

/// All databases and what they share.
package struct Keyspace {
  package let state: UnsafeMutablePointer<KeyspaceState>
  private let databases: UnsafeMutablePointer<Database.Storage>
  package let databaseCount: Int

  package init(seedWords: (UInt64, UInt64, UInt64, UInt64), databaseCount: Int) {
    state = .allocate(capacity: 1)
    state.initialize(to: KeyspaceState(seedWords: seedWords))
    databases = .allocate(capacity: databaseCount)
    for index in 0..<databaseCount {
      let table = KeyTable(state.pointee.tables)
      (databases + index).initialize(
        to: Database.Storage(table: table, index: index, keyspace: state))
    }
    self.databaseCount = databaseCount
  }

  /// REQUIRES: 0 <= index < databaseCount.
  @inline(__always)
  package subscript(index: Int) -> Database { Database(databases + index) }
}
