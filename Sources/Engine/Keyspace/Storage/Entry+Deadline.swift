import Core

/// The deadline's eight bytes are in an entry only while it has one: they come and go.
extension Entry {
  /// Makes room for a deadline, which is the caller's to fill in. CONSUMES the entry, which may
  /// move. REQUIRES: it has no deadline.
  func addingDeadlineField() -> Entry {
    let byteCount = byteCount
    let block = UnsafeMutableRawPointer(base)
    let moved = Allocation.reallocate(block, from: byteCount, to: byteCount + 8)
    let parts = moved + Self.headerByteCount
    (parts + 8).copyMemory(from: parts, byteCount: byteCount - Self.headerByteCount)
    let entry = Entry(moved.assumingMemoryBound(to: UInt8.self))
    entry.flags |= Flags.hasDeadline
    return entry
  }

  /// Takes the deadline's room away. CONSUMES the entry, which may move. REQUIRES: it has one.
  func removingDeadlineField() -> Entry {
    let byteCount = byteCount
    let parts = UnsafeMutableRawPointer(base) + Self.headerByteCount
    parts.copyMemory(from: parts + 8, byteCount: byteCount - Self.headerByteCount - 8)
    flags &= ~Flags.hasDeadline
    let block = UnsafeMutableRawPointer(base)
    let moved = Allocation.reallocate(block, from: byteCount, to: byteCount - 8)
    return Entry(moved.assumingMemoryBound(to: UInt8.self))
  }
}
