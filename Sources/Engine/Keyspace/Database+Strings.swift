import CPrimitives
import Core

/// What a string key holds, as a command sees it. Borrows from the entry.
package enum StringContent {
  case integer(Int64)
  case bytes(ByteView)
}

/// What becomes of a key's deadline when it is written.
package enum DeadlineChange {
  case remove
  case keep
  /// Unix time in milliseconds.
  case set(Int64)
}

extension Database {
  /// REQUIRES: the slot holds a string.
  @inline(__always)
  func string(_ slot: Slot) -> StringContent {
    let entry = slot.entry
    switch entry.encoding {
    case .inline: return .bytes(entry.inlineValue)
    case .integer: return .integer(Int64(bitPattern: entry.payload))
    case .block: return .bytes(StringBlock(payload: entry.payload).view)
    }
  }

  /// Sets the key to a string. `slot` is what a lookup just returned for it.
  func setString(_ key: Key, _ slot: Slot?, _ value: ByteView, _ change: DeadlineChange) {
    if let slot, overwriteInPlace(slot, value, change) { return }
    if value.count <= 20, let number = value.parseInteger() {
      let entry = makeEntry(key, slot, .integer, 0, change)
      entry.payload = UInt64(bitPattern: number)
      store(key, slot, entry)
    } else if value.count <= Entry.inlineByteCountMax {
      let entry = makeEntry(key, slot, .inline, value.count, change)
      let target = UnsafeMutablePointer(mutating: entry.inlineValue.base)
      apus_copy(target, value.base, value.count)
      store(key, slot, entry)
    } else {
      setBlock(key, slot, StringBlock(copying: value), change)
    }
  }

  /// Sets the key to a string whose bytes have a block already. CONSUMES `block`.
  func setBlock(_ key: Key, _ slot: Slot?, _ block: StringBlock, _ change: DeadlineChange) {
    let entry = makeEntry(key, slot, .block, 0, change)
    entry.payload = block.payload
    store(key, slot, entry)
  }

  /// The common case: a short string replaces one of the same size class, and nothing else changes.
  @inline(__always)
  private func overwriteInPlace(_ slot: Slot, _ value: ByteView, _ change: DeadlineChange) -> Bool {
    let entry = slot.entry
    guard entry.kind == Entry.inlineStringKind, value.count <= Entry.inlineByteCountMax,
      canKeepDeadlineField(entry, change)
    else { return false }
    if value.count <= 20, value.parseInteger() != nil { return false }
    let old = entry.inlineValue
    let byteCount = entry.byteCount
    let newByteCount = byteCount - old.count + value.count
    guard Allocation.sizeClass(byteCount) == Allocation.sizeClass(newByteCount) else {
      return false
    }
    apus_copy(UnsafeMutablePointer(mutating: old.base), value.base, value.count)
    entry.setInlineByteCount(value.count)
    entry.flags &= ~Entry.Flags.isRaw
    entry.accessClock = keyspace.pointee.accessClock
    if case .set(let deadline) = change { setDeadlineInPlace(slot, deadline) }
    return true
  }

  /// Whether the entry has the field for a deadline exactly if it is to have one.
  @inline(__always)
  private func canKeepDeadlineField(_ entry: Entry, _ change: DeadlineChange) -> Bool {
    switch change {
    case .keep: true
    case .remove: !entry.hasDeadline
    case .set: entry.hasDeadline
    }
  }

  private func setDeadlineInPlace(_ slot: Slot, _ deadline: Int64) {
    slot.entry.deadline = deadline
    storage.pointee.table.didChangeDeadline(slot, wasVolatile: true)
  }

  /// A string entry with key and deadline; value or payload are the caller's to fill in.
  @inline(__always)
  private func makeEntry(
    _ key: Key, _ slot: Slot?, _ encoding: Encoding, _ inlineByteCount: Int,
    _ change: DeadlineChange
  ) -> Entry {
    var deadline: Int64?
    switch change {
    case .remove: break
    case .keep: if let slot, slot.isVolatile { deadline = slot.entry.deadline }
    case .set(let time): deadline = time
    }
    let shape = Entry.Shape(
      type: .string, encoding: encoding, keyByteCount: key.bytes.count,
      inlineByteCount: inlineByteCount, hasDeadline: deadline != nil)
    let entry = Entry.make(shape, key: key.bytes, accessClock: keyspace.pointee.accessClock)
    if let deadline { entry.deadline = deadline }
    return entry
  }

  /// Puts a new entry in the place of the old one, or into the table.
  @inline(__always)
  private func store(_ key: Key, _ slot: Slot?, _ entry: Entry) {
    if let slot {
      release(storage.pointee.table.replace(slot, with: entry))
    } else {
      _ = storage.pointee.table.insert(entry, key.hash)
    }
  }
}
