import CPrimitives
import Core

/// What an entry owns: the one place that knows for each encoding what its payload stands for, how
/// it is freed, doubled and measured. A new encoding adds its case to the three switches.
extension Entry {
  /// Frees the entry and all it owns by `free`, which takes a block and its size. CONSUMES self.
  @inline(__always)
  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    switch encoding {
    case .inline, .integer: break
    case .block: StringBlock(payload: payload).free(free)
    }
    free(base, byteCount)
  }

  /// A payload with a value of its own, equal to this one's. REQUIRES: an encoding with a payload.
  private func duplicatedPayload() -> UInt64 {
    switch encoding {
    case .inline, .integer: payload
    case .block: StringBlock(copying: StringBlock(payload: payload).view).payload
    }
  }

  /// Bytes that the payload occupies outside the entry.
  var payloadByteCount: Int {
    switch encoding {
    case .inline, .integer: 0
    case .block: StringBlock(payload: payload).allocatedByteCount
    }
  }

  /// An entry of the same value, deadline and access time for another key, owning its own value.
  func duplicated(key: ByteView) -> Entry {
    let entry = copied(key: key)
    if entry.encoding != .inline { entry.payload = duplicatedPayload() }
    return entry
  }

  /// The entry under another key, which may lie anywhere but in the entry. CONSUMES self.
  func renamed(_ key: ByteView) -> Entry {
    let entry = copied(key: key)
    freeBlock()
    return entry
  }

  /// All but what the payload points to.
  private func copied(key: ByteView) -> Entry {
    var shape = shape
    shape.keyByteCount = key.count
    let entry = Entry.make(shape, key: key, accessClock: accessClock)
    entry.flags = flags
    if hasDeadline { entry.deadline = deadline }
    if encoding == .inline {
      let value = inlineValue
      apus_copy(UnsafeMutablePointer(mutating: entry.inlineValue.base), value.base, value.count)
    } else {
      entry.payload = payload
    }
    return entry
  }
}
