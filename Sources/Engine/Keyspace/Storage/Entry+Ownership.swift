import CPrimitives
import Core

/// What an entry owns: the one place that knows for each encoding what its payload stands for, how
/// it is freed, doubled and measured. A new encoding adds its case to the switches.
extension Entry {
  /// Frees the entry and all it owns by `free`, which takes a block and its size. CONSUMES self.
  @inline(__always)
  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    switch encoding {
    case .inline, .integer: break
    case .block: StringBlock(payload: payload).free(free)
    default: freeCollection(free)
    }
    free(base, byteCount)
  }

  @inline(never)
  private func freeCollection(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    switch encoding {
    case .inline, .integer, .block: break
    case .listpack: Listpack(payload: payload).free(free)
    case .intset: Intset(payload: payload).free(free)
    case .quicklist: Quicklist(payload: payload).free(free)
    case .table where type == .hash: MemberTable<HashField>(payload: payload).free(free)
    case .table: MemberTable<SetMember>(payload: payload).free(free)
    case .scoreTree: SortedSet(payload: payload).free(free)
    case .expiringHash: ExpiringHash(payload: payload).free(free)
    }
  }

  /// A payload with a value of its own, equal to this one's. REQUIRES: an encoding with a payload.
  private func duplicatedPayload(_ tables: TableContext) -> UInt64 {
    switch encoding {
    case .inline, .integer: payload
    case .block: StringBlock(copying: StringBlock(payload: payload).view).payload
    case .listpack: Listpack(copying: Listpack(payload: payload).view).payload
    case .intset: Intset(copying: Intset(payload: payload).view).payload
    case .quicklist: Quicklist(copying: Quicklist(payload: payload)).payload
    case .table where type == .hash:
      MemberTable<HashField>(payload: payload).duplicated(tables).payload
    case .table: MemberTable<SetMember>(payload: payload).duplicated(tables).payload
    case .scoreTree: SortedSet(payload: payload).duplicated(tables).payload
    case .expiringHash: ExpiringHash(payload: payload).duplicated(tables).payload
    }
  }

  /// Bytes that the payload occupies outside the entry. Those of a large table's members are
  /// estimated from `sampleCount` of them.
  func payloadByteCount(sampleCount: Int = 5) -> Int {
    switch encoding {
    case .inline, .integer: 0
    case .block: StringBlock(payload: payload).allocatedByteCount
    case .listpack: Listpack(payload: payload).allocatedByteCount
    case .intset: Intset(payload: payload).allocatedByteCount
    case .quicklist: Quicklist(payload: payload).allocatedByteCount
    case .table where type == .hash:
      MemberTable<HashField>(payload: payload).byteCount(sampleCount: sampleCount)
    case .table: MemberTable<SetMember>(payload: payload).byteCount(sampleCount: sampleCount)
    case .scoreTree: SortedSet(payload: payload).byteCount(sampleCount: sampleCount)
    case .expiringHash: ExpiringHash(payload: payload).byteCount(sampleCount: sampleCount)
    }
  }

  /// How many blocks of memory the payload consists of, about: what freeing it costs.
  private var blockCount: Int {
    switch encoding {
    case .inline, .integer: 0
    case .block, .listpack, .intset: 1
    case .quicklist: Quicklist(payload: payload).nodeCount
    case .table: MemberTable<SetMember>(payload: payload).count
    case .scoreTree: SortedSet(payload: payload).count
    case .expiringHash: ExpiringHash(payload: payload).table.count
    }
  }

  /// Whether freeing the payload is worth another thread, if one is to be used where it helps.
  var isLarge: Bool {
    switch encoding {
    case .block: StringBlock(payload: payload).allocatedByteCount >= LazyFreeing.byteCountMin
    default: blockCount > LazyFreeing.blockCountMin
    }
  }

  /// Whether freeing the payload here would hold up all clients.
  var isHuge: Bool { blockCount > LazyFreeing.blockCountMax }

  /// An entry of the same value, deadline and access time for another key, owning its own value.
  func duplicated(key: ByteView, _ tables: TableContext) -> Entry {
    let entry = copied(key: key)
    if entry.encoding != .inline { entry.payload = duplicatedPayload(tables) }
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
