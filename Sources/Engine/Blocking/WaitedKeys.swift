import Core

/// Which keys blocked calls wait for, and which of these have become ready.
///
/// Looked up by every change of any key while a call waits, hence by the key's hash, as in
/// `WatchedKeys`. A key is ready when it holds a type that one of its calls waits for; the server
/// serves ready keys in their order, after the command that made them so.
///
/// Knows calls by number only: whose they are, and whether they still wait, is the server's to look
/// up (`BlockedCalls`).
struct WaitedKeys {
  /// A key that became ready.
  struct Ready {
    let databaseIndex: Int
    let key: [UInt8]
    let hash: UInt64
  }

  private struct Waited {
    let databaseIndex: Int
    let key: [UInt8]
    var line = WaitingLine()
    /// Types that calls have waited for since the line began, one bit each.
    var types: UInt32 = 0
    var isReady = false

    func concerns(_ databaseIndex: Int, _ bytes: ByteView) -> Bool {
      self.databaseIndex == databaseIndex && key.withView { $0 == bytes }
    }
  }

  private var keys: [UInt64: [Waited]] = [:]
  private var ready: [Ready] = []
  private var readyHead = 0
  /// Keys that are waited for.
  private(set) var count = 0

  /// Whether a key is ready: a plain field, because every command asks.
  private(set) var hasReady = false

  // MARK: Waiting

  mutating func join(_ number: UInt64, _ databaseIndex: Int, _ key: Key, _ type: ValueType) {
    var index = self.index(databaseIndex, key.bytes, key.hash)
    if index == nil {
      keys[key.hash, default: []].append(
        Waited(databaseIndex: databaseIndex, key: Array(key.bytes)))
      count += 1
      index = keys[key.hash].map { $0.count - 1 }
    }
    guard let index else { return }
    keys[key.hash]?[index].line.join(number)
    keys[key.hash]?[index].types |= 1 << UInt32(type.rawValue)
  }

  mutating func leave(_ number: UInt64, _ databaseIndex: Int, _ key: Key) {
    guard let index = index(databaseIndex, key.bytes, key.hash) else { return }
    keys[key.hash]?[index].line.leave(number)
    if keys[key.hash]?[index].line.count != 0 { return }
    keys[key.hash]?.remove(at: index)
    if keys[key.hash]?.isEmpty == true { keys[key.hash] = nil }
    count -= 1
  }

  /// The first call that waits for the key and came after `number`.
  func next(for ready: Ready, after number: UInt64) -> UInt64? {
    ready.key.withView { bytes in
      index(ready.databaseIndex, bytes, ready.hash)
        .flatMap { keys[ready.hash]?[$0].line.next(after: number) }
    }
  }

  private func index(_ databaseIndex: Int, _ bytes: ByteView, _ hash: UInt64) -> Int? {
    keys[hash]?.firstIndex { $0.concerns(databaseIndex, bytes) }
  }

  // MARK: Becoming ready

  /// The key has changed. `type` tells what it holds now.
  mutating func didChange(_ databaseIndex: Int, _ key: Key, _ type: () -> ValueType?) {
    guard let index = index(databaseIndex, key.bytes, key.hash),
      let waited = keys[key.hash]?[index],
      !waited.isReady, let type = type(), waited.types & 1 << UInt32(type.rawValue) != 0
    else { return }
    keys[key.hash]?[index].isReady = true
    ready.append(Ready(databaseIndex: databaseIndex, key: waited.key, hash: key.hash))
    hasReady = true
  }

  /// The key that became ready first. It may become ready again from now on.
  mutating func takeReady() -> Ready? {
    guard hasReady else { return nil }
    let first = ready[readyHead]
    readyHead += 1
    hasReady = readyHead < ready.count
    if !hasReady {
      ready.removeAll(keepingCapacity: ready.count < 64)
      readyHead = 0
    }
    if let index = first.key.withView({ index(first.databaseIndex, $0, first.hash) }) {
      keys[first.hash]?[index].isReady = false
    }
    return first
  }

  /// The keys of a database that are waited for, with their hashes, in order of arrival.
  func keys(of databaseIndex: Int) -> [(key: [UInt8], hash: UInt64)] {
    keys.flatMap { hash, list in
      list.filter { $0.databaseIndex == databaseIndex }
        .map { (key: $0.key, hash: hash, first: $0.line.next(after: 0) ?? 0) }
    }
    .sorted { $0.first < $1.first }
    .map { (key: $0.key, hash: $0.hash) }
  }
}

extension Database {
  /// A key has changed that a blocked call may wait for.
  @inline(never)
  func tellWaiting(_ key: Key) {
    keyspace.pointee.waited.didChange(index, key) {
      storage.pointee.table.find(key.bytes, key.hash)?.entry.type
    }
  }
}

extension Keyspace {
  /// To be called after two databases have changed places: keys that are waited for may be there
  /// now.
  package func didSwap(_ left: Database, _ right: Database) {
    if state.pointee.waited.count == 0 { return }
    for database in [left, right] {
      for (key, hash) in state.pointee.waited.keys(of: database.index) {
        key.withView { database.tellWaiting(Key(bytes: $0, hash: hash)) }
      }
    }
  }
}
