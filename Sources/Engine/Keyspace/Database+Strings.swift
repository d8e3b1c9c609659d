import CPrimitives
import Core

/// What becomes of a key's deadline when it is written.
package enum DeadlineChange {
  case remove
  case keep
  /// Unix time in milliseconds.
  case set(Int64)
}

/// Strings as wholes: reading one, and setting a key to one.
///
/// A value is an integer when its text is exactly that of one, lies in the entry up to 4096 bytes,
/// and has a block of its own beyond. A new value goes into the old one's memory whenever the size
/// class allows it, which with values of about the same size is nearly always.
extension Database {
  /// REQUIRES: the slot holds a string.
  @inline(__always)
  package func string(_ slot: Slot) -> StringContent {
    let entry = slot.entry
    switch entry.encoding {
    case .inline: return .bytes(entry.inlineValue)
    case .integer: return .integer(Int64(bitPattern: entry.payload))
    // A string has no other encoding.
    default: return .block(StringBlock(payload: entry.payload))
    }
  }

  /// Sets the key to a string. `slot` is what a lookup just returned for it. REQUIRES: `value` does
  /// not lie in the keyspace.
  @inline(__always)
  package func setString(
    _ key: Key, _ slot: Slot?, _ value: ByteView, _ change: DeadlineChange
  ) {
    if value.count <= IntegerText.maximumCount, let number = value.parseInteger() {
      setInteger(key, slot, number, change)
    } else {
      setText(key, slot, value, change)
    }
  }

  @inline(__always)
  func setInteger(_ key: Key, _ slot: Slot?, _ value: Int64, _ change: DeadlineChange) {
    makeEntry(key, slot, .integer, 0, change).payload = UInt64(bitPattern: value)
  }

  /// Sets the key to a string that stays text even if it could be an integer. REQUIRES: as
  /// `setString`.
  @inline(__always)
  func setText(_ key: Key, _ slot: Slot?, _ value: ByteView, _ change: DeadlineChange) {
    if value.count <= Entry.inlineByteCountMax {
      let entry = makeEntry(key, slot, .inline, value.count, change)
      apus_copy(entry.inlineBytes, value.base, value.count)
    } else {
      setLongText(key, slot, value, change)
    }
  }

  /// Sets the key to a short string that Redis would call raw. REQUIRES: `value` is at most
  /// `Entry.inlineByteCountMax` long and does not lie in the keyspace.
  func setRawText(_ key: Key, _ slot: Slot?, _ value: ByteView) {
    let entry = makeEntry(key, slot, .inline, value.count, .remove)
    entry.flags |= Entry.Flags.isRaw
    apus_copy(entry.inlineBytes, value.base, value.count)
  }

  @inline(never)
  private func setLongText(
    _ key: Key, _ slot: Slot?, _ value: ByteView, _ change: DeadlineChange
  ) {
    guard let slot, let block = detachBlock(slot, fitting: value.count) else {
      return setBlock(key, slot, StringBlock(copying: value), change)
    }
    block.bytes.update(from: value.base, count: value.count)
    block.count = value.count
    setBlock(key, slot, block, change)
  }

  /// Takes the string's block away if it is just the right one for `count` bytes. The key holds a
  /// zero then.
  func detachBlock(_ slot: Slot, fitting count: Int) -> StringBlock? {
    let entry = slot.entry
    guard entry.kind == Entry.blockStringKind else { return nil }
    let block = StringBlock(payload: entry.payload)
    let needed = Allocation.sizeClass(StringBlock.headerByteCount + count)
    guard !block.isShared, block.capacity >= count, block.allocatedByteCount == needed else {
      return nil
    }
    var shape = entry.shape
    shape.encoding = .integer
    guard entry.reshape(to: shape) else { return nil }
    entry.payload = 0
    return block
  }

  /// Sets the key to a string whose bytes have a block already. CONSUMES `block`.
  func setBlock(_ key: Key, _ slot: Slot?, _ block: StringBlock, _ change: DeadlineChange) {
    makeEntry(key, slot, .block, 0, change).payload = block.payload
  }

  /// Adds to an integer that is stored as one; nil if the sum does not fit. REQUIRES: the slot
  /// holds a string.
  @inline(__always)
  func addInPlace(_ slot: Slot, _ increment: Int64) -> Int64? {
    let entry = slot.entry
    let old = Int64(bitPattern: entry.payload)
    let (sum, overflow) = old.addingReportingOverflow(increment)
    if overflow { return nil }
    entry.payload = UInt64(bitPattern: sum)
    return sum
  }

  /// Whether the slot holds a string that is stored as an integer.
  @inline(__always)
  func isInteger(_ slot: Slot) -> Bool { slot.entry.kind == Entry.integerStringKind }

  // MARK: Entries

  /// The key's entry in the table, laid out for a new string whose bytes or payload the caller
  /// fills in. What the key held is gone.
  @inline(__always)
  private func makeEntry(
    _ key: Key, _ slot: Slot?, _ encoding: Encoding, _ inlineByteCount: Int,
    _ change: DeadlineChange
  ) -> Entry {
    var shape = Entry.Shape(
      type: .string, encoding: encoding, keyByteCount: key.bytes.count,
      inlineByteCount: inlineByteCount, hasDeadline: false)
    guard let slot else {
      if case .set = change { shape.hasDeadline = true }
      return insertEntry(key, shape, change)
    }
    switch change {
    case .remove: break
    case .keep: shape.hasDeadline = deadline(slot) != nil
    case .set: shape.hasDeadline = true
    }
    let entry = slot.entry
    guard entry.isString else { return replaceEntry(key, slot, shape, change) }
    let oldBlock = entry.kind == Entry.blockStringKind ? entry.payload : 0
    if oldBlock != 0, isReplacedLazily(entry) { return replaceEntry(key, slot, shape, change) }
    guard entry.reshape(to: shape) else { return replaceEntry(key, slot, shape, change) }
    if oldBlock != 0 { StringBlock(payload: oldBlock).free() }
    entry.accessClock = keyspace.pointee.accessClock
    if slot.isVolatile || shape.hasDeadline { settleDeadline(slot, change) }
    return entry
  }

  /// Brings the deadline's value and the table's counts in line with the entry's new layout.
  private func settleDeadline(_ slot: Slot, _ change: DeadlineChange) {
    let wasVolatile = slot.isVolatile
    let entry = slot.entry
    if case .keep = change { return }
    if case .set(let deadline) = change { entry.deadline = deadline }
    if wasVolatile != entry.hasDeadline {
      slot.setEntry(entry, isVolatile: entry.hasDeadline)
    }
    storage.pointee.table.didChangeDeadline(slot, wasVolatile: wasVolatile)
  }

  @inline(never)
  private func insertEntry(
    _ key: Key, _ shape: Entry.Shape, _ change: DeadlineChange
  ) -> Entry {
    let entry = Entry.make(shape, key: key.bytes, accessClock: keyspace.pointee.accessClock)
    if case .set(let deadline) = change { entry.deadline = deadline }
    _ = storage.pointee.table.insert(entry, key.hash)
    return entry
  }

  @inline(never)
  private func replaceEntry(
    _ key: Key, _ slot: Slot, _ shape: Entry.Shape, _ change: DeadlineChange
  ) -> Entry {
    let entry = Entry.make(shape, key: key.bytes, accessClock: keyspace.pointee.accessClock)
    switch change {
    case .remove: break
    case .keep: if let deadline = deadline(slot) { entry.deadline = deadline }
    case .set(let deadline): entry.deadline = deadline
    }
    release(exchange(slot, with: entry), isLazy: lazyFreeing.isLazyForServerDelete)
    return entry
  }
}
