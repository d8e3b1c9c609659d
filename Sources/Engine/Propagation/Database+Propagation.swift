import Core

/// What ends by itself, as effects: a deadline is part of the data, but when a key is removed is
/// decided here, once.
extension Database {
  /// The command for a key whose deadline has come.
  var expiryName: StaticString { lazyFreeing.isLazyForExpiry ? "UNLINK" : "DEL" }

  /// A key has expired: by its own deadline, or with the last of its fields.
  @inline(never)
  func logExpired(_ key: ByteView) { LoggedEffect(expiryName, self).add(key).end() }

  /// Removes fields of a hash that are due, and logs them. Returns how many.
  @inline(never)
  func expireLogged(_ hash: ExpiringHash, _ key: ByteView, countMax: Int) -> Int {
    var fields = LoggedBatches("HDEL", key, self)
    let count = hash.expire(
      keyspace.pointee.now, countMax: countMax, keyspace.pointee.tables
    ) { fields.add($0) }
    fields.end()
    return count
  }

  /// A field that is due, and only hidden yet, is about to be set again: what is logged of that
  /// may depend on its being gone.
  func logDueField(_ slot: Slot, _ field: ByteView) {
    if isLogged { LoggedEffect("HDEL", self).add(slot.entry.key).add(field).end() }
  }

  /// Each effect until now is a unit of its own: for what meets keys that have nothing to do with
  /// one another.
  @inline(__always)
  func endUnit() { keyspace.pointee.stream.endUnit() }
}
