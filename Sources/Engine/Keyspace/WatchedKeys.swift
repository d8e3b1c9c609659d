import Core

/// Who watches which keys, for WATCH.
///
/// Looked up by every change of any key while anyone watches, hence by the key's hash, which the
/// change has at hand, and without allocation. The hash is keyed and 64 bits long, so the list
/// behind one is nearly always of one key. `KeyspaceState.watchCount` is the number of watches: at
/// zero nobody comes here.
///
/// Ownership: holds pointers to clients; a client takes its watches out before it is freed.
struct WatchedKeys {
  struct Watch {
    let client: UnsafeMutablePointer<Client>
    let databaseIndex: Int
    let key: [UInt8]
    /// The key was past its deadline already when the watch began: its removal changes nothing.
    var wasExpired: Bool
  }

  private var watches: [UInt64: [Watch]] = [:]

  mutating func add(_ watch: Watch, hash: UInt64) { watches[hash, default: []].append(watch) }

  /// Whether the client watches the key already.
  func contains(_ client: UnsafeMutablePointer<Client>, _ databaseIndex: Int, _ key: Key) -> Bool {
    watches[key.hash]?.contains { $0.client == client && $0.concerns(databaseIndex, key.bytes) }
      ?? false
  }

  /// Takes out the client's watches of keys with this hash and returns how many there were.
  mutating func remove(_ client: UnsafeMutablePointer<Client>, hash: UInt64) -> Int {
    guard var list = watches[hash] else { return 0 }
    let before = list.count
    list.removeAll { $0.client == client }
    watches[hash] = list.isEmpty ? nil : list
    return before - list.count
  }

  /// The key has changed, or is gone if it does not exist any more: its watchers' EXEC will fail.
  mutating func touch(_ databaseIndex: Int, _ key: Key, exists: () -> Bool) {
    guard let list = watches[key.hash] else { return }
    for index in list.indices where list[index].concerns(databaseIndex, key.bytes) {
      if list[index].wasExpired, !exists() {
        watches[key.hash]?[index].wasExpired = false
      } else {
        list[index].client.pointee.flags.insert(.watchedKeyChanged)
      }
    }
  }

  /// Calls `change` for every watch in a database; what it returns replaces `wasExpired`.
  mutating func updateAll(in databaseIndex: Int, _ change: (Watch, UInt64) -> Bool) {
    for hash in Array(watches.keys) {
      guard let list = watches[hash] else { continue }
      for index in list.indices where list[index].databaseIndex == databaseIndex {
        watches[hash]?[index].wasExpired = change(list[index], hash)
      }
    }
  }

  /// The watches of a client among those with this hash.
  func watches(of client: UnsafeMutablePointer<Client>, hash: UInt64) -> [Watch] {
    watches[hash]?.filter { $0.client == client } ?? []
  }
}

extension WatchedKeys.Watch {
  fileprivate func concerns(_ databaseIndex: Int, _ bytes: ByteView) -> Bool {
    self.databaseIndex == databaseIndex && key.withView { $0 == bytes }
  }
}

// MARK: Watching

extension Keyspace {
  /// The client's next EXEC runs only if the key has not changed until then.
  func watch(_ key: Key, in database: Database, by client: UnsafeMutablePointer<Client>) {
    if state.pointee.watched.contains(client, database.index, key) { return }
    // Fields that are due already go before the watch begins.
    let wasExpired = hasExpired(key, database)
    let watch = WatchedKeys.Watch(
      client: client, databaseIndex: database.index, key: Array(key.bytes),
      wasExpired: wasExpired)
    state.pointee.watched.add(watch, hash: key.hash)
    state.pointee.watchCount += 1
    client.pointee.watchedHashes.append(key.hash)
  }

  func unwatchAll(_ client: UnsafeMutablePointer<Client>) {
    for hash in client.pointee.watchedHashes {
      state.pointee.watchCount -= state.pointee.watched.remove(client, hash: hash)
    }
    client.pointee.watchedHashes.removeAll()
    client.pointee.flags.remove(.watchedKeyChanged)
  }

  /// Whether a key that the client watches has changed, or has reached its deadline since.
  func hasChangedWatch(_ client: UnsafeMutablePointer<Client>) -> Bool {
    let isAnyDue = client.pointee.watchedHashes.contains { hash in
      state.pointee.watched.watches(of: client, hash: hash).contains { watch in
        !watch.wasExpired
          && watch.key.withView {
            hasExpired(Key(bytes: $0, hash: hash), self[watch.databaseIndex])
          }
      }
    }
    return isAnyDue || client.pointee.flags.contains(.watchedKeyChanged)
  }

  /// Whether the key has reached its deadline. If not, fields of a hash that have reached theirs
  /// are removed, which changes the key.
  private func hasExpired(_ key: Key, _ database: Database) -> Bool {
    if database.holdsExpired(key) { return true }
    _ = database.find(key)
    return false
  }

  // MARK: Whole databases

  /// To be called before all keys of a database are removed.
  package func willEmpty(_ database: Database) { willReplace(database, with: nil) }

  /// To be called before two databases change places.
  package func willSwap(_ left: Database, _ right: Database) {
    willReplace(left, with: right)
    willReplace(right, with: left)
  }

  private func willReplace(_ database: Database, with replacement: Database?) {
    state.pointee.changes.didChangeAll(streamEnd: state.pointee.stream.endOffset)
    if state.pointee.watchCount == 0 { return }
    state.pointee.watched.updateAll(in: database.index) { watch, hash in
      watch.key.withView { bytes in
        let key = Key(bytes: bytes, hash: hash)
        let existed = database.holds(key)
        let willExist = replacement?.holds(key) ?? false
        if !existed, !willExist { return watch.wasExpired }
        let willBeExpired = replacement?.holdsExpired(key) ?? false
        if watch.wasExpired {
          if !willExist { return false }
          if willBeExpired { return true }
        } else if !existed, willBeExpired {
          return true
        }
        watch.client.pointee.flags.insert(.watchedKeyChanged)
        return watch.wasExpired
      }
    }
  }
}

extension Database {
  /// Whether the key is stored, past its deadline or not. Removes nothing.
  func holds(_ key: Key) -> Bool { storage.pointee.table.find(key.bytes, key.hash) != nil }

  /// Whether the key is stored and past its deadline. Removes nothing.
  func holdsExpired(_ key: Key) -> Bool {
    storage.pointee.table.find(key.bytes, key.hash).map(isDue) ?? false
  }

  /// Tells the key's watchers that it has changed.
  @inline(never)
  func touchWatchers(_ key: Key) {
    keyspace.pointee.watched.touch(index, key) { holds(key) }
  }
}
