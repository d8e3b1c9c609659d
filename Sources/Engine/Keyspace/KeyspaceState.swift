import Core

/// What the databases share: the time that commands see, counters, the hash seed.
package struct KeyspaceState {
  /// Unix time in milliseconds; stands still while a command runs.
  package var now: Int64 = 0
  /// The 24 bits that an entry keeps of the time of its last access, in seconds.
  package var accessClock: UInt32 = 0
  /// False while a client with NO-TOUCH runs a command, and while a child shares the memory.
  package var isTouching = true
  /// True while clients are paused and a command that only reads runs: keys whose deadline has
  /// come are not shown, but stay. A command that writes could not have two of one name.
  var isExpiryPaused = false
  package var hits: UInt64 = 0
  package var misses: UInt64 = 0
  package var expiredCount: UInt64 = 0
  package var expiredFieldCount: UInt64 = 0
  /// Changes since the last save.
  package var dirty: UInt64 = 0
  /// What has been done, for who keeps or repeats it.
  package var stream = CommandStream()
  /// Which keys changed where in it.
  var changes = ChangeOffsets()
  /// Number of watches: WATCH of one key by one client is one.
  package var watchCount = 0
  var activeExpiry = ActiveExpiry()
  package var lazyFreeing = LazyFreeing()
  package var collectionLimits = CollectionLimits()
  package var hyperLogLogs = HyperLogLogSettings()
  let backgroundFreeing = BackgroundFreeing()
  /// For RANDOMKEY and what samples keys: fair, not secret.
  var random: KeyspaceRandom
  var watched = WatchedKeys()
  var waited = WaitedKeys()
  let tables: TableContext

  /// `seedWords`: four random numbers, new for each process.
  package init(seedWords: (UInt64, UInt64, UInt64, UInt64)) {
    random = KeyspaceRandom(state: seedWords.0 ^ seedWords.3)
    tables = TableContext(seedWords: seedWords)
  }

  /// A key whose bytes come from the keyspace, not from a call.
  func key(_ bytes: ByteView) -> Key {
    Key(bytes: bytes, hash: tables.hash(bytes))
  }
}
