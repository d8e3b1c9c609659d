import CPrimitives
import Core

/// Fetching ahead beyond the key: the member that a command looks up in a large collection.
///
/// From the key's entry to the member there are three more places in memory, each known only from
/// the one before. Each pass asks for the next of them for all requests of the batch, so that they
/// wait together instead of one after the other.
extension Batch {
  @inline(never)
  func prefetchMembers() {
    forEachMember { prefetchPayload($0) }
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
    if entry.encoding == .table { item.pointee.fetched = payload }
  }

  private func prefetchBucket(_ item: UnsafeMutablePointer<Item>) {
    guard let payload = item.pointee.fetched else { return }
    // Where the records are is the same for all of them.
    let table = MemberTable<SetMember>(payload: UInt64(UInt(bitPattern: payload)))
    item.pointee.fetched = table.prefetchBucket(item.pointee.memberHash)?.base
  }
}
