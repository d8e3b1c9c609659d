import CPrimitives

/// Walking a whole table as fast as memory delivers it.
extension HashTable {
  /// Records whose lines are asked for at once. A line of a page that the core has not met lately
  /// waits for the page's address first, and all instructions behind wait with it; several such
  /// waits overlap only if nothing lies between them.
  private static var groupCount: Int { 8 }

  /// Calls `body` with each record, in no order, until it returns false; returns whether it never
  /// did. Records lie anywhere: while `body` works on a group of them, the lines of the next come.
  /// `body` must not change the table.
  @inline(__always)
  @discardableResult
  package func forEachRecord(_ body: (Record) -> Bool) -> Bool {
    withUnsafeTemporaryAllocation(
      of: UnsafeMutableRawPointer.self, capacity: Segment.slotCountMax
    ) { records in
      forEachPage { page in
        let count = Self.collect(page, records)
        Self.prefetch(records, 0, count)
        var start = 0
        while start < count {
          let next = start &+ Self.groupCount
          Self.prefetch(records, next, count)
          for index in start..<min(next, count) where !body(Record(address: records[index])) {
            return false
          }
          start = next
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

  /// Asks for the group from `start` on. A record of a key and a small value lies in two or three
  /// lines.
  @inline(__always)
  private static func prefetch(
    _ records: UnsafeMutableBufferPointer<UnsafeMutableRawPointer>, _ start: Int, _ count: Int
  ) {
    var index = start
    while index < min(start &+ groupCount, count) {
      apus_prefetch(records[index])
      apus_prefetch(records[index] + 64)
      apus_prefetch(records[index] + 104)
      index &+= 1
    }
  }
}
