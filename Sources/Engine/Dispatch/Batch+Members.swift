import CPrimitives
import Core

/// Fetching ahead beyond the key: the member that a command looks up in a large collection.
///
/// From the key's entry to the member there are three or four more places in memory, each known
/// only from the one before. Each pass asks for the next of them for all requests of the batch, so
/// that they wait together instead of one after the other.
extension Batch {
  @inline(never)
  func prefetchMembers() {
    forEachMember { prefetchPayload($0) }
    forEachMember { prefetchIndex($0) }
    forEachMember { prefetchBucket($0) }
    forEachMember { item in
      guard let bucket = item.pointee.fetched else { return }
      Bucket(bucket).prefetchRecord(item.pointee.memberHash)
    }
  }

  @inline(__always)
  private func forEachMember(_ body: (UnsafeMutablePointer<Item>) -> Void) {
    for index in 0..<count where items[index].memberHash != 0 { body(items + index) }
  }

  /// What the entry that probably is the key's points to.
  private func prefetchPayload(_ item: UnsafeMutablePointer<Item>) {
    guard let bucket = item.pointee.fetched else { return }
    item.pointee.fetched = nil
    guard let entry = Bucket(bucket).candidate(item.pointee.hash)?.entry,
      entry.encoding.rawValue >= Encoding.listpack.rawValue
    else { return }
    let payload = UnsafeMutableRawPointer(bitPattern: UInt(entry.payload))
    apus_prefetch(payload)
    switch entry.encoding {
    case .table: item.pointee.fetched = payload
    case .scoreTree: item.pointee.fetched = payload.map { $0 + Self.treeMark }
    case .listpack: prefetchListpack(payload)
    default: break
    }
  }

  /// Lines of a listpack beyond the first. How long it is, is not known yet; a search reads half of
  /// it on average, and processors fetch on by themselves what is read in order.
  @inline(__always)
  private func prefetchListpack(_ payload: UnsafeMutableRawPointer?) {
    for line in 1..<4 { apus_prefetch(payload.map { $0 + 64 &* line }) }
  }

  /// Marks the payload of a score tree among those of tables, which leave this bit free.
  private static var treeMark: Int { 2 }

  /// A sorted set's table, which the first word of its payload names.
  private func prefetchIndex(_ item: UnsafeMutablePointer<Item>) {
    guard let payload = item.pointee.fetched, Int(bitPattern: payload) & Self.treeMark != 0 else {
      return
    }
    let set = SortedSet(payload: UInt64(UInt(bitPattern: payload - Self.treeMark)))
    let table = UnsafeMutableRawPointer(bitPattern: UInt(set.members.payload))
    apus_prefetch(table)
    item.pointee.fetched = table
  }

  private func prefetchBucket(_ item: UnsafeMutablePointer<Item>) {
    guard let payload = item.pointee.fetched else { return }
    // Where the records are is the same for all of them.
    let table = MemberTable<SetMember>(payload: UInt64(UInt(bitPattern: payload)))
    item.pointee.fetched = table.prefetchBucket(item.pointee.memberHash)?.base
  }
}
