import Core
import Engine

/// A database full of strings of 64 bytes, in a keyspace of its own or a server's.
///
/// Keys were set in another order than `keys` has, so that a walk along `keys` jumps about in the
/// table as well as among the entries, as clients' requests do.
struct FilledKeyspace {
  let keyspace: Keyspace
  let keys: Keys

  static let value = permanent([UInt8](repeating: 118, count: 64))
  static let seedWords: (UInt64, UInt64, UInt64, UInt64) = (
    0x1234_5678_9abc_def1, 0x9e37_79b9_7f4a_7c15, 0xdead_beef_1234_5679, 77
  )

  /// Fits a second-level cache: 0.1 MB.
  static let smallCount = 1 << 10
  static let smallSet = "1024 keys, 0.1 MB"
  /// Fits none: 460 MB of table and entries.
  static let largeCount = 1 << 22
  static let largeSet = "4 Mi keys, 460 MB"

  var database: Database { keyspace[0] }
  var state: UnsafeMutablePointer<KeyspaceState> { keyspace.state }

  /// Without keys, so far. REQUIRES: `keyCount` is a power of two.
  init(keyCount: Int) {
    keyspace = Keyspace(seedWords: Self.seedWords, databaseCount: 1)
    keys = Keys(keyCount)
  }

  /// With all keys. REQUIRES: `filledWith` is a power of two.
  init(filledWith keyCount: Int) {
    self.init(keyCount: keyCount)
    fill()
  }

  /// Fills the database 0 of `keyspace`.
  init(_ keyspace: Keyspace, filledWith keyCount: Int) {
    self.keyspace = keyspace
    keys = Keys(keyCount)
    fill()
  }

  /// Sets all keys.
  func fill() { for index in 0..<keys.count { set(keys.shuffled(index)) } }

  func set(_ bytes: ByteView, _ value: ByteView = value, _ change: DeadlineChange = .remove) {
    let key = database.key(bytes)
    database.setString(key, database.find(key), value, change)
  }

  /// What the key holds, or nothing.
  func content(_ bytes: ByteView) -> [UInt8] {
    guard let slot = database.find(database.key(bytes)) else { return [] }
    return database.string(slot).withBytes { Array($0) }
  }
}
