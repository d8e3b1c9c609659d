import CPrimitives
import Core

/// Strings changed in part: APPEND, SETRANGE, INCRBYFLOAT, and whoever else writes bytes of one.
///
/// Inline values grow with their entry, class by class, up to 4096 bytes; then the bytes move into
/// a block, which grows ahead as Redis' strings do: twice what is needed up to 1 MiB, 1 MiB more
/// beyond. What was changed in part counts as raw for OBJECT ENCODING.
extension Database {
  /// Room that a block gets beyond what it needs, at most.
  private static let growthMax = 1024 * 1024

  /// Adds bytes to the end and returns the new length. The slot stays valid, its entry may move.
  /// REQUIRES: the slot holds a string, `bytes` does not lie in the keyspace.
  func append(_ slot: Slot, _ bytes: ByteView) -> Int {
    let oldCount = string(slot).count
    let target = makeEditable(slot, byteCount: oldCount + bytes.count)
    apus_copy(target + oldCount, bytes.base, bytes.count)
    return oldCount + bytes.count
  }

  /// Writes bytes at an offset, with zeros between the old end and there, and returns the length.
  /// The slot stays valid, its entry may move. REQUIRES: as `append`, offset >= 0.
  func overwrite(_ slot: Slot, at offset: Int, _ bytes: ByteView) -> Int {
    let oldCount = string(slot).count
    let count = max(oldCount, offset + bytes.count)
    let target = makeEditable(slot, byteCount: count)
    if offset > oldCount {
      (target + oldCount).update(repeating: 0, count: offset - oldCount)
    }
    apus_copy(target + offset, bytes.base, bytes.count)
    return count
  }

  /// Sets a key that does not exist to zeros followed by `bytes`. REQUIRES: as `overwrite`.
  func setPadded(_ key: Key, zeroCount: Int, _ bytes: ByteView) {
    let target = insertZeros(key, zeroCount + bytes.count)
    apus_copy(target + zeroCount, bytes.base, bytes.count)
  }

  /// Sets a key that does not exist to zeros and returns where they are.
  func insertZeros(_ key: Key, _ count: Int) -> UnsafeMutablePointer<UInt8> {
    if count > Entry.inlineByteCountMax {
      // Fresh memory of the system is zero already, and a gap that nobody reads costs nothing.
      let block = StringBlock(zeroedCapacity: count)
      block.count = count
      setBlock(key, nil, block, .remove)
      return block.bytes
    }
    let shape = Entry.Shape(keyByteCount: key.bytes.count, inlineByteCount: count)
    let entry = Entry.make(shape, key: key.bytes, accessClock: keyspace.pointee.accessClock)
    entry.flags |= Entry.Flags.isRaw
    entry.inlineBytes.update(repeating: 0, count: count)
    _ = storage.pointee.table.insert(entry, key.hash)
    return entry.inlineBytes
  }

  /// Makes the string bytes that can be changed, so many of them, and returns where they are. Bytes
  /// behind the old end are not set. The slot stays valid, its entry may move. REQUIRES: the slot
  /// holds a string, byteCount >= its length.
  func makeEditable(_ slot: Slot, byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    switch slot.entry.encoding {
    case .block: return growBlock(slot, byteCount)
    case .inline where byteCount <= Entry.inlineByteCountMax:
      let entry = slot.entry.resizingInlineValue(to: byteCount)
      slot.setEntry(entry, isVolatile: slot.isVolatile)
      entry.flags |= Entry.Flags.isRaw
      return entry.inlineBytes
    default: return moveText(slot, byteCount)
    }
  }

  /// As `makeEditable`, with zeros behind the old end.
  func makeEditable(
    _ slot: Slot, zeroExtendedTo byteCount: Int
  ) -> UnsafeMutablePointer<UInt8> {
    let oldCount = string(slot).count
    guard byteCount - oldCount >= Self.growthMax else {
      let target = makeEditable(slot, byteCount: byteCount)
      (target + oldCount).update(repeating: 0, count: byteCount - oldCount)
      return target
    }
    // A long gap comes as fresh memory of the system, as in `insertZeros`.
    if slot.entry.encoding != .block {
      _ = makeEditable(slot, byteCount: Entry.inlineByteCountMax + 1)
    }
    let old = StringBlock(payload: slot.entry.payload)
    let block = StringBlock(zeroedCapacity: Self.capacity(byteCount))
    apus_copy(block.bytes, old.bytes, oldCount)
    block.count = byteCount
    slot.entry.payload = block.payload
    old.free()
    return block.bytes
  }

  /// Takes bytes from the end and returns where the others are. The slot stays valid, its entry may
  /// move. REQUIRES: the string is editable, byteCount <= its length.
  func truncate(_ slot: Slot, to byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    if slot.entry.encoding == .block {
      let block = StringBlock(payload: slot.entry.payload)
      block.count = byteCount
      return block.bytes
    }
    let entry = slot.entry.resizingInlineValue(to: byteCount)
    slot.setEntry(entry, isVolatile: slot.isVolatile)
    return entry.inlineBytes
  }

  private func growBlock(_ slot: Slot, _ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    var block = StringBlock(payload: slot.entry.payload)
    if block.isShared {
      let copy = StringBlock(capacity: max(block.capacity, Self.capacity(byteCount)))
      apus_copy(copy.bytes, block.bytes, block.count)
      block.free()
      block = copy
      slot.entry.payload = block.payload
    } else if block.capacity < byteCount {
      block.resize(to: Self.capacity(byteCount))
      slot.entry.payload = block.payload
    }
    block.count = byteCount
    return block.bytes
  }

  private static func capacity(_ byteCount: Int) -> Int {
    byteCount + min(byteCount, growthMax)
  }

  /// Gives the string another encoding: digits to text, or text to a block.
  private func moveText(_ slot: Slot, _ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    let old = slot.entry
    var shape = old.shape
    shape.encoding = byteCount <= Entry.inlineByteCountMax ? .inline : .block
    shape.inlineByteCount = shape.encoding == .inline ? byteCount : 0
    let entry = Entry.make(shape, key: old.key, accessClock: old.accessClock)
    if shape.hasDeadline { entry.deadline = old.deadline }
    entry.flags |= Entry.Flags.isRaw
    let target: UnsafeMutablePointer<UInt8>
    if shape.encoding == .inline {
      target = entry.inlineBytes
    } else {
      let block = StringBlock(capacity: Self.capacity(byteCount))
      block.count = byteCount
      entry.payload = block.payload
      target = block.bytes
    }
    string(slot).withBytes { apus_copy(target, $0.base, $0.count) }
    slot.setEntry(entry, isVolatile: slot.isVolatile)
    release(old)
    return target
  }

  // MARK: Floats

  /// What became of an addition of floats.
  enum FloatAddition {
    /// The key holds this sum, which lies in the keyspace.
    case stored(StringContent)
    case notFloat
    case notFinite
  }

  /// Adds to a float and stores the sum as text. `slot` is what a lookup just returned for the key;
  /// without one the sum starts at 0. REQUIRES: the slot holds a string.
  func addFloat(_ key: Key, _ slot: Slot?, _ increment: ByteView) -> FloatAddition {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: FloatText.maximumSumCount) { buffer in
      guard let target = buffer.baseAddress else { return .notFinite }
      let old = slot.map(string) ?? .integer(0)
      switch old.withBytes({ FloatText.add($0, increment, to: target) }) {
      case .firstIsNotFloat, .secondIsNotFloat: return .notFloat
      case .notFinite: return .notFinite
      case .written(let count):
        setText(key, slot, ByteView(target, count: count), .keep)
        // The table may have grown and the entry moved, so it is looked up again.
        guard let stored = find(key) else { return .notFinite }
        return .stored(string(stored))
      }
    }
  }
}
