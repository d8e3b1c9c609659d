import Core

/// What the keyspace tells about itself.
extension Database {
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
