import Core

/// What OBJECT, MEMORY USAGE and INFO tell about keys.
extension Database {
  /// Redis' name for the way that the value is stored.
  func encodingName(_ slot: Slot) -> StaticString {
    let entry = slot.entry
    switch entry.encoding {
    case .integer: return "int"
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

  /// Mean milliseconds until keys with a deadline expire, by a sample of them; 0 when there are
  /// none.
  package func averageTimeToLive(at now: Int64) -> Int64 {
    if volatileCount == 0 { return 0 }
    var sum = 0.0
    var sampled = 0
    storage.pointee.table.forEachSegment { segment in
      guard sampled < Self.sampleCount, segment.volatileCount > 0 else { return }
      segment.forEachSlot { slot, _, _ in
        guard slot.isVolatile, sampled < Self.sampleCount else { return }
        sum += max(0, Double(slot.entry.deadline) - Double(now))
        sampled += 1
      }
    }
    return sampled == 0 ? 0 : Int64(min(sum / Double(sampled), 9e18))
  }

  private static let sampleCount = 1000

  /// Bytes that the key with its value takes: its entry, what that refers to, and its slot.
  func memoryUsage(_ slot: Slot) -> Int {
    let entry = slot.entry
    let slotByteCount = MemoryLayout<UInt64>.size + 1
    let block = entry.encoding == .block
      ? StringBlock(payload: entry.payload).allocatedByteCount : 0
    return Allocation.sizeClass(entry.byteCount) + block + slotByteCount
  }
}
