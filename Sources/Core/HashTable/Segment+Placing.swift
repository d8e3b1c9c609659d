/// Putting keys into a page, taking them out, and walking over them.
extension Segment {
  /// Puts a slot's bits into the home bucket or one behind it; nil when all eight are full.
  func place(_ bits: UInt64, at position: Int) -> Slot? {
    let home = home(position)
    let tag = UInt8(truncatingIfNeeded: position)
    for displacement in 0...Self.displacementMax {
      let index = neighbour(home, displacement)
      if bucket(index).matches(0) == 0 { continue }
      return put(in: index, home: home, displacement, tag: tag, bits: bits)
    }
    return nil
  }

  /// Fills a free slot of a bucket. REQUIRES: it has one.
  @inline(__always) @discardableResult
  private func put(
    in bucketIndex: Int, home: Int, _ displacement: Int, tag: UInt8, bits: UInt64
  ) -> Slot {
    for passed in 0..<displacement { bucket(neighbour(home, passed)).overflowIncrement() }
    let bucket = bucket(bucketIndex)
    let index = bucket.matches(0).trailingZeroBitCount
    bucket.setTag(index, tag)
    let slot = bucket.slot(index)
    slot.address.pointee = (bits & ~Slot.displacementMask) | UInt64(displacement)
    count += 1
    return slot
  }

  /// As `place`, but when all eight are full, brings a free slot from farther behind into reach.
  @inline(__always)
  func placeMakingRoom(_ bits: UInt64, at position: Int) -> Slot? {
    if let slot = place(bits, at: position) { return slot }
    return makeRoom(home(position)) ? place(bits, at: position) : nil
  }

  /// Hopscotch: records that are nearer to their homes than they have to be give way backwards,
  /// and the free slot comes nearer by as much. Without it segments split at four fifths, as soon
  /// as eight buckets in a row are full.
  @inline(never)
  private func makeRoom(_ home: Int) -> Bool {
    let beyond = Self.displacementMax + 1..<bucketCount
    guard var gap = beyond.first(where: { hasRoom(neighbour(home, $0)) }) else { return false }
    while gap > Self.displacementMax {
      // The farthest hop first.
      let nearer = gap - Self.displacementMax..<gap
      guard let from = nearer.first(where: { hop(home, from: $0, to: gap) }) else { return false }
      gap = from
    }
    return true
  }

  private func hasRoom(_ index: Int) -> Bool { bucket(index).matches(0) != 0 }

  /// Moves a record between two buckets, by their distances behind `home`, if one may go so far.
  private func hop(_ home: Int, from: Int, to: Int) -> Bool {
    let sourceIndex = neighbour(home, from)
    let source = bucket(sourceIndex)
    for index in 0..<Bucket.slotCount where source.tag(index) != 0 {
      let slot = source.slot(index)
      let bits = slot.address.pointee
      let old = slot.displacement
      if old + to - from > Self.displacementMax { continue }
      let tag = source.tag(index)
      clear(slot)
      put(
        in: neighbour(home, to), home: self.home(displacedBy: old, to: sourceIndex),
        old + to - from, tag: tag, bits: bits)
      return true
    }
    return false
  }

  /// Moves displaced keys nearer to their homes, where places have become free.
  func pullHome() {
    _ = forEachPosition { slot, position in
      if slot.displacement == 0 { return true }
      let bits = slot.address.pointee
      clear(slot)
      // Its own place has just been freed, so there always is one.
      return place(bits, at: position) != nil
    }
  }

  /// Empties a slot of this segment.
  func clear(_ slot: Slot) {
    let offset = UnsafeMutableRawPointer(slot.address) - base - 64
    let bucketIndex = offset / Bucket.byteCount
    let displacement = slot.displacement
    let home = self.home(displacedBy: displacement, to: bucketIndex)
    for passed in 0..<displacement {
      bucket(neighbour(home, passed)).overflowDecrement()
    }
    bucket(bucketIndex).setTag((offset % Bucket.byteCount) / 8 - 1, 0)
    slot.address.pointee = 0
    count -= 1
  }

  /// Calls `body` with every filled slot, its bucket index and its tag.
  @inline(__always)
  package func forEachSlot(_ body: (Slot, Int, UInt8) -> Void) {
    for bucketIndex in 0..<bucketCount {
      let bucket = bucket(bucketIndex)
      for index in 0..<Bucket.slotCount where bucket.tag(index) != 0 {
        body(bucket.slot(index), bucketIndex, bucket.tag(index))
      }
    }
  }

  /// Calls `body` with every filled slot and its key's position, until it returns false; returns
  /// whether it never did.
  @inline(__always)
  func forEachPosition(_ body: (Slot, Int) -> Bool) -> Bool {
    let inverse = inverse
    for bucketIndex in 0..<bucketCount {
      let bucket = bucket(bucketIndex)
      var filled = bucket.filledSlots
      while filled != 0 {
        let place = filled.trailingZeroBitCount
        filled &= filled &- 1
        let slot = bucket.slot(place)
        let home = self.home(displacedBy: slot.displacement, to: bucketIndex)
        let position = Self.position(home: home, tag: bucket.tag(place), inverse: inverse)
        if !body(slot, position) { return false }
      }
    }
    return true
  }

  /// The smallest page of at least `bucketCountMin` that takes those keys for which `isIncluded`,
  /// with this one's earliest deadline; nil if they find no places. OWNERSHIP: the caller frees it;
  /// this one stays as it is.
  @inline(__always)
  func copied(
    bucketCountMin: Int = Segment.bucketCountMin, where isIncluded: (Slot) -> Bool
  ) -> Segment? {
    let sizes = stride(
      from: bucketCountMin, through: Self.bucketCountMax, by: Self.bucketCountStep)
    for bucketCount in sizes {
      let page = Segment.make(depth: depth, bucketCount: bucketCount)
      page.earliestDeadline = earliestDeadline
      if copy(to: page, where: isIncluded) { return page }
      page.free()
    }
    return nil
  }

  @inline(__always)
  private func copy(to page: Segment, where isIncluded: (Slot) -> Bool) -> Bool {
    let countMax = page.countMax
    var volatileCount = 0
    let isWhole = forEachPosition { slot, position in
      if !isIncluded(slot) { return true }
      if slot.isVolatile { volatileCount += 1 }
      return page.count < countMax && page.place(slot.address.pointee, at: position) != nil
    }
    page.volatileCount = volatileCount
    return isWhole
  }
}
