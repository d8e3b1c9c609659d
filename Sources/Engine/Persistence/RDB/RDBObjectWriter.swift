import Core

/// Writes values as RDB files and DUMP have them, each in the form that the oldest server able to
/// hold it reads. A listpack or an intset is copied as it is in memory.
///
/// Works on entries alone, allocates nothing and changes nothing, so that a forked child may run
/// it.
struct RDBObjectWriter {
  let dialect: RDBDialect

  /// The form of the entry's value, by its number in files.
  @inline(__always)
  func type(of entry: Entry) -> UInt8 {
    switch entry.type {
    case .string: return RDBType.string
    case .list: return RDBType.quicklist
    // Redis 7.0 has no listpacks of sets.
    case .set: return entry.encoding == .intset ? RDBType.setIntset : RDBType.set
    case .sortedSet:
      return entry.encoding == .listpack ? RDBType.sortedSetListpack : RDBType.sortedSet
    case .hash: return hashType(entry)
    // No entry is a stream yet.
    case .stream: return RDBType.string
    }
  }

  private func hashType(_ entry: Entry) -> UInt8 {
    switch entry.encoding {
    case .listpack: RDBType.hashListpack
    case .expiringHash where ExpiringHash(payload: entry.payload).hasDeadlines:
      dialect == .redis ? RDBType.hashWithDeadlines : RDBType.hashOfValkey
    default: RDBType.hash
    }
  }

  /// The lowest version of a file that may hold the entry's value.
  func version(of entry: Entry) -> Int {
    let type = type(of: entry)
    let hasDeadlines = type == RDBType.hashWithDeadlines || type == RDBType.hashOfValkey
    return hasDeadlines ? dialect.versionWithFieldDeadlines : RDBVersion.lowest
  }

  @inline(__always)
  func write(_ entry: Entry, to writer: inout RDBWriter) {
    switch entry.encoding {
    case .inline: writer.string(entry.inlineValue)
    case .integer: writer.string(Int64(bitPattern: entry.payload))
    default: writeOutside(entry, to: &writer)
    }
  }

  @inline(never)
  private func writeOutside(_ entry: Entry, to writer: inout RDBWriter) {
    let payload = entry.payload
    switch entry.encoding {
    case .inline, .integer: break
    case .block: writer.string(StringBlock(payload: payload).view)
    case .listpack: write(Listpack(payload: payload), entry.type, to: &writer)
    case .intset: writer.string(Intset(payload: payload).view)
    case .quicklist: write(Quicklist(payload: payload), to: &writer)
    case .table where entry.type == .hash:
      write(MemberTable<HashField>(payload: payload), to: &writer)
    case .table: write(MemberTable<SetMember>(payload: payload), to: &writer)
    case .scoreTree: write(SortedSet(payload: payload), to: &writer)
    case .expiringHash: write(ExpiringHash(payload: payload), to: &writer)
    }
  }

  // MARK: Lists

  private static var packedNode: Int { 2 }

  private func write(_ list: Quicklist, to writer: inout RDBWriter) {
    writer.number(list.nodeCount)
    var node = list.head
    while let current = node {
      writer.number(Self.packedNode)
      writer.string(current.listpack.view)
      node = current.next
    }
  }

  private func write(_ pack: Listpack, _ type: ValueType, to writer: inout RDBWriter) {
    switch type {
    case .list:
      writer.number(1)
      writer.number(Self.packedNode)
      writer.string(pack.view)
    case .set: writeElements(pack, to: &writer)
    default: writer.string(pack.view)
    }
  }

  private func writeElements(_ pack: Listpack, to writer: inout RDBWriter) {
    writer.number(pack.count)
    var position = pack.start
    while position < pack.end {
      writer.string(pack.element(at: position))
      position = pack.next(position)
    }
  }

  // MARK: Tables

  private func write(_ table: MemberTable<SetMember>, to writer: inout RDBWriter) {
    writer.number(table.count)
    table.forEachSlot { writer.string(table.record($0).key) }
  }

  private func write(_ table: MemberTable<HashField>, to writer: inout RDBWriter) {
    writer.number(table.count)
    table.forEachSlot { slot in
      let field = table.record(slot)
      writer.string(field.key)
      writer.string(field.value)
    }
  }

  /// The last member first, so that who builds a list of them always inserts at its head.
  private func write(_ set: SortedSet, to writer: inout RDBWriter) {
    writer.number(set.count)
    var position = set.tree.seek(set.count - 1)
    while let current = position {
      let member = current.member
      writer.string(member.bytes)
      writer.double(member.score)
      position = set.tree.previous(current)
    }
  }

  // MARK: Field deadlines

  private func write(_ hash: ExpiringHash, to writer: inout RDBWriter) {
    // Active expiry may have removed the last of them and left the form.
    if !hash.hasDeadlines { return write(hash.table, to: &writer) }
    switch dialect {
    case .redis: writeForRedis(hash, to: &writer)
    case .valkey: writeForValkey(hash, to: &writer)
    }
  }

  private func writeForRedis(_ hash: ExpiringHash, to writer: inout RDBWriter) {
    let table = hash.table
    let earliest = hash.earliestFieldDeadline
    writer.integer(earliest)
    writer.number(table.count)
    table.forEachSlot { slot in
      let field = table.record(slot)
      // Deadlines are not negative, so that the distance does not overflow.
      writer.number(field.hasDeadline ? Int(field.deadline - earliest) + 1 : 0)
      writer.string(field.key)
      writer.string(field.value)
    }
  }

  private func writeForValkey(_ hash: ExpiringHash, to writer: inout RDBWriter) {
    let table = hash.table
    writer.number(table.count)
    table.forEachSlot { slot in
      let field = table.record(slot)
      writer.string(field.key)
      writer.string(field.value)
      writer.integer(field.hasDeadline ? field.deadline : -1)
    }
  }
}
