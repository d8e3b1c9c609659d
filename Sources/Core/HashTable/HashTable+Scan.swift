/// SCAN over a table that splits and merges meanwhile.
///
/// The cursor names a stripe of positions and a place in hash order: all segments are visited for
/// the first 128 positions, which is a bucket or a part of one, then all for the next, and so on to
/// the sixty-fourth. Pages that split, merge or change their size leave every key's position as it
/// is and only change which segment holds a stretch of hash order. So a key that is there all the
/// time is returned: when the scan comes to its stripe and its place in hash order, it is either
/// in the segment visited or in one that starts there.
/// A merge can bring a key twice, as in Redis. No state is kept on the server.
///
///     cursor = top 32 bits of the next hash << 6 | stripe
///
/// The end is 0, which is also the start: a scan under way never has stripe 0 and hash 0.
extension HashTable {
  private static var stripeCount: Int { 64 }
  private static var stripeWidth: Int { (1 << Segment.positionBitCount) / stripeCount }

  /// Visits the keys of one stripe of one segment and returns the next cursor, 0 at the end.
  /// `body` must not change the table.
  package func scan(_ cursor: UInt64, _ body: (Slot) -> Void) -> UInt64 {
    if count == 0 { return 0 }
    let stripe = Int(cursor & 63)
    let hash = (cursor >> 6) << 32
    var page = Optional(segment(hash))
    while let current = page {
      visit(current, stripe: stripe, body)
      page = current.next
    }
    if let next = segmentEnd(hash) { return (next >> 32) << 6 | UInt64(stripe) }
    return UInt64((stripe + 1) % Self.stripeCount)
  }

  private func visit(_ page: Segment, stripe: Int, _ body: (Slot) -> Void) {
    let first = stripe * Self.stripeWidth
    let positions = first..<first + Self.stripeWidth
    for home in page.home(first)...page.home(positions.upperBound - 1) {
      visit(page, home: home, positions, body)
    }
  }

  /// Every key of these positions whose home is `home`, in its bucket or behind it.
  private func visit(
    _ page: Segment, home: Int, _ positions: Range<Int>, _ body: (Slot) -> Void
  ) {
    let inverse = page.inverse
    for displacement in 0...Segment.displacementMax {
      let bucket = page.bucket(page.neighbour(home, displacement))
      for index in 0..<Bucket.slotCount where bucket.tag(index) != 0 {
        let slot = bucket.slot(index)
        if slot.displacement != displacement { continue }
        let position = Segment.position(home: home, tag: bucket.tag(index), inverse: inverse)
        if positions.contains(position) { body(slot) }
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
    // Small pages are drawn from as if they were large ones.
    let place = Int(((random & 0xff_ffff) &* UInt64(Segment.slotCountMax)) &>> 24)
    if place >= segment.slotCount { return nil }
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
    for bucketIndex in 0..<segment.bucketCount {
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
