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
}

/// A collection that belongs to no key: a form and its payload, as a key's entry holds them.
protocol CollectionValue {
  static var type: ValueType { get }
  var encoding: Encoding { get }
  var payload: UInt64 { get }
  var count: Int { get }
  /// CONSUMES self.
  func free()
}

/// Collections become a key's.
extension Database {
  /// Makes `value`, which may have come from `slot`, what the key holds. A key whose collection has
  /// become empty is removed, and no key is made for an empty one. Returns whether the key exists
  /// now. CONSUMES `value`.
  @discardableResult
  func put<Value: CollectionValue>(_ value: Value, in slot: Slot?, _ key: Key) -> Bool {
    if let slot {
      slot.entry.setPayload(value.payload, value.encoding)
      if value.count != 0 { return true }
      delete(slot, isLazy: false)
      return false
    }
    if value.count == 0 {
      value.free()
      return false
    }
    insertCollection(key, Value.type, value.encoding, value.payload)
    return true
  }

  /// Sets the key to `value`, whatever it held, or removes it if `value` is empty; it has no
  /// deadline then. Returns whether anything changed. CONSUMES `value`.
  func replace<Value: CollectionValue>(_ key: Key, with value: Value) -> Bool {
    let slot = find(key)
    if let slot { delete(slot, isLazy: lazyFreeing.isLazyForServerDelete) }
    if value.count == 0 {
      value.free()
      return slot != nil
    }
    insertCollection(key, Value.type, value.encoding, value.payload)
    return true
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
