import Core

/// Setting and removing fields.
extension HashValue {
  private var limits: CollectionLimits.ListpackLimits {
    database.keyspace.pointee.collectionLimits.hash
  }

  /// What becomes of a field's deadline when its value is set.
  enum FieldDeadline {
    case remove
    case keep
    /// Unix time in milliseconds, later than now.
    case set(Int64)
  }

  /// Makes it a table at once if so many fields are to come as no listpack may have.
  @inline(__always)
  func expect(fieldCount: Int) {
    if isListpack, fieldCount > limits.countMax { becomeTable() }
  }

  /// Sets a field. Returns whether it is new. REQUIRES: neither view lies in the keyspace.
  @inline(__always)
  @discardableResult
  func set(_ field: ByteView, _ value: ByteView, _ change: FieldDeadline = .remove) -> Bool {
    set(field, hash: context.hash(field), value, change)
  }

  /// As above for a field whose hash may be known already.
  @inline(__always)
  func set(
    _ field: ByteView, hash: @autoclosure () -> UInt64, _ value: ByteView,
    _ change: FieldDeadline = .remove
  ) -> Bool {
    if isListpack {
      if case .set = change {
        becomeTable()
      } else if let isNew = setInListpack(field, value) {
        return isNew
      }
    }
    return setInTable(field, hash(), value, change)
  }

  /// nil, with nothing changed but the form, if a listpack cannot have the field.
  @inline(__always)
  private func setInListpack(_ field: ByteView, _ value: ByteView) -> Bool? {
    let limits = limits
    var listpack = listpack
    let newField = ListpackElement(field)
    let newValue = ListpackElement(value)
    guard field.count <= limits.elementByteCountMax, value.count <= limits.elementByteCountMax,
      listpack.hasRoom(for: Listpack.byteCount(of: newField) + Listpack.byteCount(of: newValue))
    else {
      becomeTable()
      return nil
    }
    if let position = listpack.find(field, from: listpack.start, skip: 1) {
      listpack.replace(at: listpack.next(position), with: newValue)
      entry.payload = listpack.payload
      return false
    }
    listpack.append(newField)
    listpack.append(newValue)
    entry.payload = listpack.payload
    if listpack.count > 2 * limits.countMax { becomeTable() }
    return true
  }

  private func setInTable(
    _ field: ByteView, _ hash: UInt64, _ value: ByteView, _ change: FieldDeadline
  ) -> Bool {
    if let expiring = expiringToBe(change) {
      return set(expiring, field, value, hash, change)
    }
    var table = table
    if let found = table.find(field, hash) {
      let old = table.record(found)
      if !old.setValue(value) {
        table.replace(found, with: HashField(field, value)).free()
      }
      return false
    }
    table.insert(HashField(field, value), hash, context)
    entry.payload = table.payload
    return true
  }

  /// The form with deadlines, if it has that or is about to need it. REQUIRES: not a listpack.
  private func expiringToBe(_ change: FieldDeadline) -> ExpiringHash? {
    if let expiring { return expiring }
    guard case .set = change else { return nil }
    return database.becomeExpiring(slot)
  }

  private func set(
    _ expiring: ExpiringHash, _ field: ByteView, _ value: ByteView, _ hash: UInt64,
    _ change: FieldDeadline
  ) -> Bool {
    defer { database.settleFieldDeadlines(slot) }
    var deadline: Int64?
    if case .set(let time) = change { deadline = time }
    guard let found = expiring.table.find(field, hash) else {
      expiring.insert(field, value, deadline: deadline, hash, context)
      return true
    }
    let wasDue = expiring.table.record(found).isDue(now)
    if wasDue { database.logDueField(slot, field) }
    expiring.setValue(found, value)
    if case .keep = change, !wasDue { return false }
    expiring.setDeadline(found, deadline)
    return wasDue
  }

  /// REQUIRES: a listpack.
  @inline(never)
  func becomeTable() {
    let old = listpack
    var table = MemberTable<HashField>(capacity: old.count / 2 + 1, context)
    forEach { field in
      field.name.withText { name in
        let record = field.value.withText { HashField(name, $0) }
        table.insert(record, context.hash(name), context)
      }
    }
    old.free()
    entry.setPayload(table.payload, .table)
  }

  // MARK: Removing

  /// Removes a field; false if there is none. The key stays, even without fields.
  @discardableResult
  func remove(_ field: ByteView) -> Bool {
    guard let place = find(field) else { return false }
    switch place {
    case .listpack(let position):
      var listpack = listpack
      listpack.remove(at: position, count: 2)
      entry.payload = listpack.payload
    case .table(let found):
      if let expiring {
        expiring.remove(found)
        database.settleFieldDeadlines(slot)
      } else {
        table.remove(found).free()
      }
    }
    return true
  }

  /// Deletes the key if it has no fields any more. Returns whether that was so; it ENDS the handle.
  @discardableResult
  func removeIfEmpty() -> Bool {
    let isEmpty = isListpack ? listpack.isEmpty : count == 0
    if isEmpty {
      // Fields that are due, and only hidden yet, go with it.
      if database.isLogged, !isListpack, table.count > 0 { database.logExpired(entry.key) }
      database.delete(slot, isLazy: false)
    }
    return isEmpty
  }

  // MARK: Deadlines

  /// When a field expires; nil for never.
  func deadline(_ place: Place) -> Int64? {
    guard case .table(let found) = place, let expiring else { return nil }
    let record = expiring.table.record(found)
    return record.hasDeadline ? record.deadline : nil
  }

  /// Sets when an existing field expires, later than now; nil for never.
  func setDeadline(_ field: ByteView, _ deadline: Int64?) {
    if deadline == nil, expiring == nil { return }
    if isListpack { becomeTable() }
    let expiring = expiring ?? database.becomeExpiring(slot)
    if let found = expiring.table.find(field, context.hash(field)) {
      expiring.setDeadline(found, deadline)
    }
    database.settleFieldDeadlines(slot)
  }
}
