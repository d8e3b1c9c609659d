import Core

/// What is freed on the background thread without being asked to, as configured
/// (`lazyfree-lazy-…`). UNLINK and ASYNC ask for it.
package struct LazyFreeing {
  package var isLazyForExpiry = false
  package var isLazyForUserDelete = false
  package var isLazyForUserFlush = false
  /// What commands replace or delete on the way: RENAME's target, SET's old value.
  package var isLazyForServerDelete = false

  package init() {}

  init(_ configuration: Configuration) {
    isLazyForExpiry = configuration.boolean(.lazyfreeLazyExpire)
    isLazyForUserDelete = configuration.boolean(.lazyfreeLazyUserDel)
    isLazyForUserFlush = configuration.boolean(.lazyfreeLazyUserFlush)
    isLazyForServerDelete = configuration.boolean(.lazyfreeLazyServerDel)
  }

  /// Blocks from this size on are worth another thread: unmapping them takes the kernel a while.
  static let byteCountMin = 1 << 20
  /// Collections of more blocks than this are worth another thread.
  static let blockCountMin = 64
  /// Collections of more blocks are always freed there: it takes longer than other clients should
  /// wait for one DEL.
  static let blockCountMax = 2048
}

extension Database {
  var lazyFreeing: LazyFreeing { keyspace.pointee.lazyFreeing }

  /// Frees an entry that is in no table, on the background thread if it is large and `isLazy`, or
  /// so large that all would wait.
  func release(_ entry: Entry, isLazy: Bool) { Self.release(entry, isLazy: isLazy, keyspace) }

  static func release(
    _ entry: Entry, isLazy: Bool, _ keyspace: UnsafeMutablePointer<KeyspaceState>
  ) {
    if isLazy ? entry.isLarge : entry.isHuge {
      keyspace.pointee.backgroundFreeing.free(.entry(entry))
    } else {
      entry.free { Allocation.free($0, $1) }
    }
  }

  /// Whether the entry's block is one that a command which overwrites it leaves to the background
  /// thread.
  func isReplacedLazily(_ entry: Entry) -> Bool {
    lazyFreeing.isLazyForServerDelete && entry.isLarge
  }

  /// Removes the key; what it held is freed at once or, if it is large and `isLazy`, elsewhere.
  package func delete(_ slot: Slot, isLazy: Bool) {
    release(take(slot), isLazy: isLazy)
  }

  /// Removes all keys and returns how many there were. `isLazy`: they are freed elsewhere.
  @discardableResult
  package func flush(isLazy: Bool) -> Int {
    let old = storage.pointee.table
    if old.segmentCount == 0 { return 0 }
    storage.pointee.table = KeyTable(keyspace.pointee.tables)
    storage.pointee.expiryPass = ExpiryPass()
    storage.pointee.fieldVolatileCount = 0
    storage.pointee.expiringHashCount = 0
    if isLazy {
      keyspace.pointee.backgroundFreeing.free(.table(old))
    } else {
      old.destroy { Allocation.free($0, $1) }
    }
    return old.count
  }

  /// Exchanges the keys of two databases, whatever their number.
  func swapContents(with other: Database) {
    swap(&storage.pointee.table, &other.storage.pointee.table)
    swap(&storage.pointee.expiryPass, &other.storage.pointee.expiryPass)
    swap(&storage.pointee.fieldVolatileCount, &other.storage.pointee.fieldVolatileCount)
    swap(&storage.pointee.expiringHashCount, &other.storage.pointee.expiringHashCount)
  }
}

extension Keyspace {
  /// Keys handed over to the background thread and not freed yet: `lazyfree_pending_objects`.
  package var lazyFreePendingCount: Int { state.pointee.backgroundFreeing.pendingCount }

  /// Keys that the background thread has freed: `lazyfreed_objects`.
  package var lazyFreedCount: Int { state.pointee.backgroundFreeing.freedCount }

  /// CONFIG RESETSTAT.
  package func resetLazyFreedCount() { state.pointee.backgroundFreeing.resetFreedCount() }
}
