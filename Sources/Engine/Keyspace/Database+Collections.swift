import Core

/// Keys that hold collections, whatever their type: making them, and giving them another form.
extension Database {
  /// Adds a key that does not exist. CONSUMES `payload`.
  @discardableResult
  func insertCollection(
    _ key: Key, _ type: ValueType, _ encoding: Encoding, _ payload: UInt64
  ) -> Slot {
    let shape = Entry.Shape(type: type, encoding: encoding, keyByteCount: key.bytes.count)
    let entry = Entry.make(shape, key: key.bytes, accessClock: keyspace.pointee.accessClock)
    entry.payload = payload
    return storage.pointee.table.insert(entry, key.hash)
  }

  /// Sets the key to a collection, whatever it held before; it has no deadline then. CONSUMES
  /// `payload`.
  func setCollection(
    _ key: Key, _ type: ValueType, _ encoding: Encoding, _ payload: UInt64
  ) {
    if let slot = find(key) { delete(slot, isLazy: lazyFreeing.isLazyForServerDelete) }
    insertCollection(key, type, encoding, payload)
  }
}

extension Entry {
  /// Gives a collection another form; what the old payload stood for is the caller's to free. Its
  /// type, key and deadline stay. REQUIRES: old and new encoding have a payload.
  func setPayload(_ payload: UInt64, _ encoding: Encoding) {
    setEncoding(encoding)
    self.payload = payload
  }
}

/// Looking up a key that must hold a certain type, if it exists.
extension Database {
  /// As `read`.
  @inline(__always)
  func read(_ key: Key, as type: ValueType) throws(CommandError) -> Slot? {
    guard let slot = read(key) else { return nil }
    guard slot.entry.kind & 15 == type.rawValue else { throw .wrongType }
    return slot
  }

  /// As `write`.
  @inline(__always)
  func write(_ key: Key, as type: ValueType) throws(CommandError) -> Slot? {
    guard let slot = write(key) else { return nil }
    guard slot.entry.kind & 15 == type.rawValue else { throw .wrongType }
    return slot
  }
}
