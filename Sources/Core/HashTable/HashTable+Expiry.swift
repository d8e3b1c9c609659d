import CPrimitives

/// Sweeping a segment for entries whose deadline has come.
extension HashTable {
  /// Removes what is due in the segment of `hash` and hands each entry to `body`, which owns it
  /// then; what `renew` gives another deadline stays. Entries are only looked at when the segment's
  /// earliest deadline has come, which is made exact meanwhile. Returns whether that was so.
  /// INVALIDATES slots.
  package mutating func sweep(
    _ hash: UInt64, now: Int64, renew: (Record) -> Int64? = { _ in nil },
    _ body: (Record) -> Void
  ) -> Bool {
    if segmentCount == 0 { return false }
    let segment = segment(hash)
    var wasDue = false
    var page = Optional(segment)
    while let current = page {
      if sweep(current, now: now, renew, body) { wasDue = true }
      page = current.next
    }
    if wasDue, segment.isSparse || segment.next != nil { shrink(hash) }
    return wasDue
  }

  private mutating func sweep(
    _ page: Segment, now: Int64, _ renew: (Record) -> Int64?, _ body: (Record) -> Void
  ) -> Bool {
    if page.volatileCount == 0 {
      page.earliestDeadline = .max
      return false
    }
    let isDue = page.earliestDeadline <= now
    if isDue { page.earliestDeadline = removeDue(page, now: now, renew, body) }
    earliestDeadline = min(earliestDeadline, page.earliestDeadline)
    return isDue
  }

  /// Returns the earliest deadline of those that stay.
  private mutating func removeDue(
    _ segment: Segment, now: Int64, _ renew: (Record) -> Int64?, _ body: (Record) -> Void
  ) -> Int64 {
    var earliest = Int64.max
    for index in 0..<segment.bucketCount {
      // A sweep is bound by memory: the next bucket's entries are on their way meanwhile.
      if index + 1 < segment.bucketCount { Self.prefetchVolatile(segment.bucket(index + 1)) }
      let bucket = segment.bucket(index)
      for place in 0..<Bucket.slotCount where bucket.tag(place) != 0 {
        let slot = bucket.slot(place)
        if !slot.isVolatile { continue }
        let deadline = record(slot).deadline
        if deadline > now {
          earliest = min(earliest, deadline)
        } else if let renewed = renew(record(slot)) {
          earliest = min(earliest, renewed)
        } else {
          body(removeOnly(slot, segment))
        }
      }
    }
    return earliest
  }

  private static func prefetchVolatile(_ bucket: Bucket) {
    for place in 0..<Bucket.slotCount where bucket.tag(place) != 0 {
      let slot = bucket.slot(place)
      if slot.isVolatile { apus_prefetch(slot.recordAddress) }
    }
  }
}
