/// SCAN over a table that splits and merges meanwhile.
///
/// The cursor names a home bucket and a place in hash order: all segments are visited for bucket 0,
/// then all for bucket 1, and so on to 62. A split or a merge leaves every key's home bucket as it
/// is and only changes which segment holds a stretch of hash order. So a key that is there all the
/// time is returned: when the scan comes to its bucket and its place in hash order, it is either
/// in the segment visited or in one that starts there.
/// A merge can bring a key twice, as in Redis. No state is kept on the server.
///
///     cursor = top 32 bits of the next hash << 6 | home bucket
///
/// The end is 0, which is also the start: a scan under way never has bucket 0 and hash 0.
extension HashTable {
  /// Visits the keys of one bucket of one segment and returns the next cursor, 0 at the end.
  /// `body` must not change the table.
  package func scan(_ cursor: UInt64, _ body: (Slot) -> Void) -> UInt64 {
    if count == 0 { return 0 }
    var home = Int(cursor & 63)
    if home >= Segment.bucketCount { return 0 }
    let hash = (cursor >> 6) << 32
    let segment = self.segment(hash)
    var page = Optional(segment)
    while let current = page {
      visit(current, home: home, body)
      page = current.next
    }
    if let next = segmentEnd(hash) { return (next >> 32) << 6 | UInt64(home) }
    home += 1
    return home == Segment.bucketCount ? 0 : UInt64(home)
  }

  /// Every key whose home is `home`, in its bucket or behind it.
  private func visit(_ segment: Segment, home: Int, _ body: (Slot) -> Void) {
    for displacement in 0...Segment.displacementMax {
      let bucket = segment.bucket(Segment.neighbour(home, displacement))
      for index in 0..<Bucket.slotCount where bucket.tag(index) != 0 {
        let slot = bucket.slot(index)
        if Int(slot.address.pointee & Slot.displacementMask) == displacement { body(slot) }
      }
      if bucket.overflow == 0 { return }
    }
  }

  /// A random key's slot, each with the same chance; nil when the table is empty.
  ///
  /// A place among all segments' slots is drawn until a filled one is hit, on average a handful of
  /// times. A directory entry is drawn rather than a segment, so a segment that has several of them
  /// is accepted only once in as many times. Where segments have further pages, keys are counted
  /// off instead.
  package func randomSlot(_ random: () -> UInt64) -> Slot? {
    if count == 0 { return nil }
    if segmentCount > 4, chainedPageCount == 0 {
      for _ in 0..<1024 {
        if let slot = slot(drawnBy: random()) { return slot }
      }
    }
    return slot(ordinal: Int(random() % UInt64(count)))
  }

  /// The slot at a random place, or nil if it is empty or its segment is not accepted.
  private func slot(drawnBy random: UInt64) -> Slot? {
    let segment = segment(random)
    // The bits behind the directory's are still unused.
    let sharedBits = UInt64(depth - segment.depth)
    if ((random &<< UInt64(depth)) &>> 1) &>> (63 &- sharedBits) != 0 { return nil }
    let place = Int(((random & 0xff_ffff) &* UInt64(Segment.slotCount)) &>> 24)
    let bucket = segment.bucket(place / Bucket.slotCount)
    let index = place % Bucket.slotCount
    return bucket.tag(index) == 0 ? nil : bucket.slot(index)
  }

  /// The key number `ordinal` in the order of segments and buckets: for tables that are small, or
  /// so empty that drawing takes too long. REQUIRES: 0 <= ordinal < count.
  private func slot(ordinal: Int) -> Slot? {
    var rest = ordinal
    var found: Slot?
    forEachPage { page in
      if rest < page.count {
        found = slot(ordinal: rest, in: page)
        return false
      }
      rest -= page.count
      return true
    }
    return found
  }

  private func slot(ordinal: Int, in segment: Segment) -> Slot? {
    var rest = ordinal
    for bucketIndex in 0..<Segment.bucketCount {
      let bucket = segment.bucket(bucketIndex)
      var filled = bucket.filledSlots
      if rest >= filled.nonzeroBitCount {
        rest -= filled.nonzeroBitCount
        continue
      }
      for _ in 0..<rest { filled &= filled &- 1 }
      return bucket.slot(filled.trailingZeroBitCount)
    }
    return nil
  }

  /// Every slot, in no order. `body` must not change the table.
  package func forEachSlot(_ body: (Slot) -> Void) {
    forEachPage { page in
      page.forEachSlot { slot, _, _ in body(slot) }
      return true
    }
  }
}
