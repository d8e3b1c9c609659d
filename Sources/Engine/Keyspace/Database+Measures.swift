import Core

/// What OBJECT, MEMORY USAGE and INFO tell about keys.
extension Database {
  /// Redis' name for the way that the value is stored.
  func encodingName(_ slot: Slot) -> StaticString {
    let entry = slot.entry
    switch entry.encoding {
    case .integer: return "int"
    case .listpack: return "listpack"
    case .intset: return "intset"
    case .quicklist: return entry.flags & Entry.Flags.isCompact == 0 ? "quicklist" : "listpack"
    case .table, .expiringHash: return "hashtable"
    case .scoreTree: return "skiplist"
    case .block: return "raw"
    case .inline:
      let isEmbedded = entry.flags & Entry.Flags.isRaw == 0 && entry.inlineValue.count <= 44
      return isEmbedded ? "embstr" : "raw"
    }
  }

  /// Seconds since the key was last accessed, from a clock that starts again after 194 days.
  func idleSeconds(_ slot: Slot) -> Int {
    Int((keyspace.pointee.accessClock &- slot.entry.accessClock) & 0xff_ffff)
  }

  /// References that Redis would count: numbers below 10000 are shared there, and never freed.
  func referenceCount(_ slot: Slot) -> Int {
    guard slot.entry.encoding == .integer, slot.entry.payload < 10000 else { return 1 }
    return Int(Int32.max)
  }

  /// Bytes that the key occupies: its entry, what the value has outside, slot and tag. The members
  /// of a large table are estimated from `sampleCount` of them; 0 means all.
  func memoryUsage(_ slot: Slot, sampleCount: Int) -> Int {
    let entry = slot.entry
    let outside = entry.payloadByteCount(sampleCount: sampleCount)
    return Allocation.sizeClass(entry.byteCount) + outside + 9
  }

  /// The mean time to live of keys with a deadline, in milliseconds, by a sample; 0 without any.
  package func averageTimeToLive(at now: Int64) -> Int64 {
    let table = storage.pointee.table
    if volatileCount == 0 { return 0 }
    var sum = 0.0
    var count = 0
    var position = keyspace.pointee.random.next()
    // One page for each segment: enough of them for a fair picture, few enough for INFO.
    for _ in 0..<min(64, table.segmentCount) {
      table.segment(position).forEachSlot { slot, _, _ in
        guard let deadline = deadline(slot), count < Self.ttlSampleMax else { return }
        sum += max(0, Double(deadline) - Double(now))
        count += 1
      }
      if count >= Self.ttlSampleMax { break }
      position = table.segmentEnd(position) ?? 0
    }
    return count == 0 ? 0 : Int64(min(sum / Double(count), 9e18))
  }

  private static var ttlSampleMax: Int { 512 }
}
