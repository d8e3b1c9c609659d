import Core

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
extension KeyTable {
  /// Visits the keys of one bucket of one segment and returns the next cursor, 0 at the end.
  /// `body` must not change the table.
  func scan(_ cursor: UInt64, _ body: (Slot) -> Void) -> UInt64 {
    if count == 0 { return 0 }
    var home = Int(cursor & 63)
    if home >= Segment.bucketCount { return 0 }
    let hash = (cursor >> 6) << 32
    let segment = self.segment(hash)
    visit(segment, home: home, body)
    let span = UInt64(1) << UInt64(64 - segment.depth) // 0 when one segment holds everything
    let start = segment.depth == 0 ? 0 : hash & ~(span &- 1)
    var next = segment.depth == 0 ? 0 : start &+ span
    if next == 0 {
      home += 1
      if home == Segment.bucketCount { return 0 }
      next = 0
    }
    return (next >> 32) << 6 | UInt64(home)
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

  /// A random key's slot; nil when the table is empty. Every key has a chance; among segments of
  /// unequal fill the chances differ a little, as they do in Redis.
  func randomSlot(_ random: () -> UInt64) -> Slot? {
    if count == 0 { return nil }
    for _ in 0..<256 {
      let segment = segment(random())
      let choice = random()
      let bucket = segment.bucket(Segment.home(choice))
      let index = Int(choice >> 32 % UInt64(Bucket.slotCount))
      if bucket.tag(index) != 0 { return bucket.slot(index) }
    }
    return anySlot(from: random())
  }

  /// The first key in hash order from a random place on: for tables that are nearly empty.
  private func anySlot(from hash: UInt64) -> Slot? {
    var found: Slot?
    var isBehind = false
    let start = segment(hash)
    forEachSegment { segment in
      if segment == start { isBehind = true }
      if (isBehind && segment.count > 0) || found == nil {
        segment.forEachSlot { slot, _, _ in if found == nil || isBehind { found = slot } }
        if isBehind, found != nil { isBehind = false }
      }
    }
    return found
  }

  /// Every slot, in no order. `body` must not change the table.
  func forEachSlot(_ body: (Slot) -> Void) {
    forEachSegment { segment in segment.forEachSlot { slot, _, _ in body(slot) } }
  }
}
