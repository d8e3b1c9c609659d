import CPrimitives

/// Walking a whole table as fast as memory delivers it.
extension HashTable {
  /// Records whose lines are asked for ahead of the one at hand.
  private static var aheadCount: Int { 16 }

  /// Calls `body` with each record, in no order, until it returns false; returns whether it never
  /// did. Records lie anywhere, so the lines of those to come are asked for while `body` works.
  /// `body` must not change the table.
  @inline(__always)
  @discardableResult
  package func forEachRecord(_ body: (Record) -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer.self, capacity: Segment.slotCountMax
    ) { records in
      forEachPage { page in
        let count = Self.collect(page, records)
        for index in 0..<min(Self.aheadCount, count) { Self.prefetch(records[index]) }
        for index in 0..<count {
          let ahead = index &+ Self.aheadCount
          if ahead < count { Self.prefetch(records[ahead]) }
          if !body(Record(address: records[index])) { return false }
        }
        return true
      }
    }
  }

  private static func collect(
    _ page: Segment, _ records: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>
  ) -> Int {
    var count = 0
    page.forEachSlot { slot, _, _ in
      records[count] = slot.recordAddress
      count &+= 1
    }
    return count
  }

  /// A record of a key and a small value lies in two or three lines.
  @inline(__always)
  private static func prefetch(_ record: UnsafeMutableRawPointer) {
    apus_prefetch(record)
    apus_prefetch(record + 64)
    apus_prefetch(record + 104)
  }
}
