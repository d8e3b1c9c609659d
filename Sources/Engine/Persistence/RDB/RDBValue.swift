import Core

/// A collection that has been read and has no key yet: its form and payload, as an entry holds
/// them.
///
/// Ownership: who has it makes an entry of it.
struct RDBValue {
  let type: ValueType
  let encoding: Encoding
  let payload: UInt64
  /// As a list's entry has it.
  var flags: UInt8 = 0
}

extension Entry {
  /// An entry for a collection that was read. CONSUMES `value`.
  static func make(
    _ value: RDBValue, key: ByteView, deadline: Int64?, accessClock: UInt32
  ) -> Entry {
    var deadline = deadline
    if value.encoding == .expiringHash {
      let hash = ExpiringHash(payload: value.payload)
      if let own = deadline { hash.keyDeadline = min(own, .max - 1) }
      deadline = hash.earliestDeadline
    }
    let shape = Shape(
      type: value.type, encoding: value.encoding, keyByteCount: key.count,
      hasDeadline: deadline != nil)
    let entry = make(shape, key: key, accessClock: accessClock)
    entry.flags |= value.flags
    entry.payload = value.payload
    if let deadline { entry.deadline = deadline }
    return entry
  }

  /// An entry for a string that was read, in the form that SET gives it.
  @inline(__always)
  static func makeString(
    _ value: ListpackElement, key: ByteView, deadline: Int64?, accessClock: UInt32
  ) -> Entry {
    var shape = Shape(
      type: .string, encoding: .inline, keyByteCount: key.count, hasDeadline: deadline != nil)
    let entry: Entry
    switch value {
    case .integer(let number):
      shape.encoding = .integer
      entry = make(shape, key: key, accessClock: accessClock)
      entry.payload = UInt64(bitPattern: number)
    case .bytes(let bytes) where bytes.count > inlineByteCountMax:
      shape.encoding = .block
      entry = make(shape, key: key, accessClock: accessClock)
      entry.payload = StringBlock(copying: bytes).payload
    case .bytes(let bytes):
      shape.inlineByteCount = bytes.count
      entry = make(shape, key: key, accessClock: accessClock)
      entry.setInlineBytes(bytes)
    }
    if let deadline { entry.deadline = deadline }
    return entry
  }
}
