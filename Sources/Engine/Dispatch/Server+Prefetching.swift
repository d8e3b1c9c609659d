import Core

/// Fetching ahead: the entries of the keys that a batch's requests name.
///
/// The line of a key's bucket is asked for when its request is parsed; that of its entry, which the
/// bucket names, eight requests later, when the first has arrived. So neither parsing waits for
/// memory nor are more lines asked for at once than a processor has buffers for. The alternative
/// that lost, all buckets and then all entries, took a fifth more for each GET among a million
/// keys.
///
/// A tenth of all keys lie in the bucket behind their own. Its line is asked for as soon as that
/// shows, and the entry when the next such key turns up.
extension Server {
  /// How many requests are parsed between asking for a bucket and for the entry.
  private static var distance: Int { 8 }

  /// To be called for each request that is parsed.
  @inline(__always)
  mutating func prefetchEarlierEntry() {
    let index = batch.count &- 1 &- Self.distance
    if index >= 0 { prefetchEntry(batch.items + index) }
  }

  /// To be called when the last is parsed.
  @inline(__always)
  mutating func prefetchLastEntries() {
    for index in max(0, batch.count &- Self.distance)..<batch.count {
      prefetchEntry(batch.items + index)
    }
    prefetchDisplacedEntry()
    if batch.memberCount != 0 { batch.prefetchMembers() }
  }

  @inline(__always)
  private mutating func prefetchEntry(_ item: UnsafeMutablePointer<Batch.Item>) {
    guard let bucket = item.pointee.fetched else { return }
    if Bucket(bucket).prefetchRecord(item.pointee.hash) { prefetchNeighbour(item) }
  }

  @inline(never)
  private mutating func prefetchNeighbour(_ item: UnsafeMutablePointer<Batch.Item>) {
    prefetchDisplacedEntry()
    let storage = keyspace[item.pointee.client.pointee.databaseIndex].storage
    item.pointee.fetched = storage.pointee.table.prefetchNeighbour(item.pointee.hash).base
    batch.displaced = item
  }

  private mutating func prefetchDisplacedEntry() {
    guard let item = batch.displaced, let bucket = item.pointee.fetched else { return }
    Bucket(bucket).prefetchRecord(item.pointee.hash)
    batch.displaced = nil
  }
}
