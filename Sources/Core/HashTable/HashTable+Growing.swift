/// How a table follows the number of its keys.
///
///     grow:     39 -> 47 -> 55 -> 63 buckets -> two segments of 39
///     shrink:   back at three quarters of what the smaller page takes; two of 39 -> one
///
/// Only the segment of the key that came or went is touched, and of a key only its slot.
extension HashTable {
  /// Enlarges or splits the full segment of `hash`; false if the directory would become too large
  /// for that.
  @inline(never)
  mutating func grow(_ hash: UInt64) -> Bool {
    if segmentCount == 0 {
      directory[0] = makePage(depth: 0, bucketCount: Segment.bucketCountMin)
      segmentCount = 1
      segmentCounts[0] = 1
      return true
    }
    let full = segment(hash)
    let larger = full.bucketCount + Segment.bucketCountStep
    if full.next == nil, resize(full, hash, bucketCountMin: larger) { return true }
    if full.depth == depth {
      guard mayDoubleDirectory else { return false }
      doubleDirectory()
    }
    let chain = unchain(full)
    split(full, hash)
    if let chain { reinsert(chain) }
    return true
  }

  /// Makes the pages for so many keys at once, which spares all growing on the way to them.
  /// REQUIRES: an empty table.
  package mutating func reserve(_ count: Int) {
    guard segmentCount == 0, count > Segment.slotCountMax else { return }
    var newDepth = 0
    while newDepth < Self.depthMax, Segment.isCrowded(by: count >> newDepth) { newDepth += 1 }
    let bucketCount = Segment.bucketCount(for: count >> newDepth)
    Self.freeDirectory(directory, depth: depth)
    directory = Self.makeDirectory(depth: newDepth)
    depth = newDepth
    for index in 0..<1 << newDepth {
      directory[index] = makePage(depth: newDepth, bucketCount: bucketCount)
    }
    segmentCount = 1 << newDepth
    segmentCounts[newDepth] = Int32(segmentCount)
  }

  mutating func makePage(depth: Int, bucketCount: Int) -> Segment {
    let page = Segment.make(depth: depth, bucketCount: bucketCount)
    pageByteCount += page.byteCount
    return page
  }

  mutating func freePage(_ page: Segment) {
    pageByteCount -= page.byteCount
    page.free()
  }

  /// Moves the keys of a segment into a page of another size; false if they do not fit one.
  private mutating func resize(_ old: Segment, _ hash: UInt64, bucketCountMin: Int) -> Bool {
    guard let page = old.copied(bucketCountMin: bucketCountMin, where: { _ in true })
    else { return false }
    point(directoryRange(hash, segmentDepth: page.depth), to: page)
    pageByteCount += page.byteCount
    freePage(old)
    return true
  }

  private func point(_ range: Range<Int>, to segment: Segment) {
    for index in range { directory[index] = segment }
  }

  /// Keys with a good hash need one entry for 256 of them.
  private var mayDoubleDirectory: Bool { depth < Self.depthMax && 2 << depth <= 8 * count }

  private mutating func doubleDirectory() {
    let doubled = Self.makeDirectory(depth: depth + 1)
    for index in 0..<(1 << depth) {
      doubled[2 * index] = directory[index]
      doubled[2 * index + 1] = directory[index]
    }
    Self.freeDirectory(directory, depth: depth)
    directory = doubled
    depth += 1
  }

  /// Index range of the directory entries that point to the segment of `hash`.
  private func directoryRange(_ hash: UInt64, segmentDepth: Int) -> Range<Int> {
    let shared = depth - segmentDepth
    let start = (directoryIndex(hash) >> shared) << shared
    return start..<(start + (1 << shared))
  }

  /// Each half gets a page of its own size.
  private mutating func split(_ full: Segment, _ hash: UInt64) {
    let bit = UInt64(1) << UInt64(63 - full.depth)
    guard let lower = full.copied(where: { !hashHas(bit, $0) }) else {
      return splitInPlace(full, hash)
    }
    guard let upper = full.copied(where: { hashHas(bit, $0) }) else {
      lower.free()
      return splitInPlace(full, hash)
    }
    pageByteCount += lower.byteCount + upper.byteCount
    didSplit(full, hash, lower, upper)
    freePage(full)
  }

  /// For keys whose homes are so uneven that they only find places where they are: both halves
  /// start as a copy of the page, and each drops what is not its own and pulls displaced keys
  /// towards their homes. Nothing can fail.
  private mutating func splitInPlace(_ lower: Segment, _ hash: UInt64) {
    let bit = UInt64(1) << UInt64(63 - lower.depth)
    let upper = makePage(depth: 0, bucketCount: lower.bucketCount)
    upper.base.copyMemory(from: lower.base, byteCount: lower.byteCount)
    var upperVolatileCount = 0
    lower.forEachSlot { slot, _, _ in
      let offset = UnsafeMutableRawPointer(slot.address) - lower.base
      let twin = Slot((upper.base + offset).assumingMemoryBound(to: UInt64.self))
      if hashHas(bit, slot) {
        if slot.isVolatile { upperVolatileCount += 1 }
        lower.clear(slot)
      } else {
        upper.clear(twin)
      }
    }
    lower.volatileCount -= upperVolatileCount
    upper.volatileCount = upperVolatileCount
    lower.pullHome()
    upper.pullHome()
    didSplit(lower, hash, lower, upper)
  }

  private mutating func didSplit(
    _ old: Segment, _ hash: UInt64, _ lower: Segment, _ upper: Segment
  ) {
    let range = directoryRange(hash, segmentDepth: old.depth)
    let middle = range.lowerBound + range.count / 2
    let depth = old.depth + 1
    lower.depth = depth
    upper.depth = depth
    point(range.lowerBound..<middle, to: lower)
    point(middle..<range.upperBound, to: upper)
    segmentCount += 1
    segmentCounts[depth - 1] -= 1
    segmentCounts[depth] += 2
  }

  /// Whether the hash of the slot's key has `bit`. Only far deeper than any usual table is that a
  /// bit that the slot does not keep.
  private func hashHas(_ bit: UInt64, _ slot: Slot) -> Bool {
    if bit & Slot.hashMask != 0 { return slot.address.pointee & bit != 0 }
    return hash(record(slot).key) & bit != 0
  }

  /// Merges the segment of `hash` with its neighbour as long as both are nearly empty. Goes on
  /// with the merged one: its new neighbour may have been waiting for it. Then fits its page.
  @inline(never)
  package mutating func shrink(_ hash: UInt64) {
    releaseEmptyPages(segment(hash))
    while merge(segment(hash), hash) {}
    let segment = segment(hash)
    let bucketCount = Segment.bucketCount(for: segment.count)
    if segment.next == nil, bucketCount < segment.bucketCount {
      _ = resize(segment, hash, bucketCountMin: bucketCount)
    }
    while depth > 0, segmentCounts[depth] == 0 { halveDirectory() }
  }

  private mutating func merge(_ segment: Segment, _ hash: UInt64) -> Bool {
    if segment.depth == 0 { return false }
    let sibling = self.segment(hash ^ (UInt64(1) << UInt64(64 - segment.depth)))
    guard sibling.depth == segment.depth, sibling.next == nil, segment.next == nil,
      sibling.count + segment.count <= Segment.mergedCountMax,
      move(sibling, into: segment)
    else { return false }
    segment.depth -= 1
    segment.volatileCount += sibling.volatileCount
    segment.earliestDeadline = min(segment.earliestDeadline, sibling.earliestDeadline)
    point(directoryRange(hash, segmentDepth: segment.depth), to: segment)
    freePage(sibling)
    segmentCount -= 1
    segmentCounts[segment.depth + 1] -= 2
    segmentCounts[segment.depth] += 1
    return true
  }

  /// Copies the slots of `source`; takes them back and reports false if one finds no place.
  private func move(_ source: Segment, into target: Segment) -> Bool {
    let isWhole = source.forEachPosition { slot, position in
      target.place(slot.address.pointee, at: position) != nil
    }
    if isWhole { return true }
    let bit = UInt64(1) << UInt64(64 - source.depth)
    var sourceHasBit = false
    source.forEachSlot { slot, _, _ in sourceHasBit = hashHas(bit, slot) }
    target.forEachSlot { slot, _, _ in
      if hashHas(bit, slot) == sourceHasBit { target.clear(slot) }
    }
    return false
  }

  private mutating func halveDirectory() {
    let halved = Self.makeDirectory(depth: depth - 1)
    for index in 0..<(1 << (depth - 1)) { halved[index] = directory[2 * index] }
    Self.freeDirectory(directory, depth: depth)
    directory = halved
    depth -= 1
  }
}
