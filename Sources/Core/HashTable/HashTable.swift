import CAlloc
import CPrimitives

/// An extendible hash table of segments: the index of a database, and of a large set or hash.
///
///     directory, 2^depth pointers, chosen by the top bits of the hash
///     | 000 | 001 | 010 | 011 | 100 | ...
///        \    /      |     |      \
///       segment   segment segment  segment ...      (several pointers may share one)
///
/// Finding a key reads one directory entry, one bucket line and the record. A full segment splits
/// in two, which moves at most 441 slots and touches no record; only when its depth is the
/// directory's does the directory double, which copies eight bytes for each segment. So growth is
/// bounded work at each step, needs no second table, and leaves nothing to be done later. The
/// alternative that lost, one table rehashed step by step, needs both tables in memory and two
/// lookups meanwhile.
///
/// Complexity: find, insert, remove O(1); a split O(segment); directory doubling O(segments).
/// Memory: 64 bytes for each 7 slots at 44 to 87 % fill, 10.6 to 21 bytes a key.
/// Ownership: owns directory, segments and records' blocks; payloads are released by `Database`.
/// Lifetime: any insert or remove invalidates every `Slot`.
/// Invariants: 1. segments of depth d are pointed to by 2^(depth - d) neighbouring directory
/// entries; 2. `count` is the sum of the segments' counts; 3. an empty table points to a shared
/// page that is never written; 4. the directory has eight entries for each key at the most when it
/// doubles: a segment that may not be split then gets further pages (`HashTable+Chaining.swift`).
package struct HashTable<Record: TableRecord> {
  package private(set) var directory: UnsafeMutablePointer<Segment>
  package private(set) var depth = 0
  package internal(set) var count = 0
  /// Keys with a deadline.
  package internal(set) var volatileCount = 0
  package private(set) var segmentCount = 0
  /// Pages of segments beside their first.
  var chainedPageCount = 0
  /// Not later than any deadline in the table, except while `ActiveExpiry` is passing through it.
  package var earliestDeadline = Int64.max
  /// How many segments there are of each depth: without any as deep as the directory, it is halved.
  let segmentCounts: UnsafeMutablePointer<Int32>
  private let context: TableContext

  /// Cursors hold so many bits of the hash.
  static var depthMax: Int { 32 }
  static var segmentCountsByteCount: Int { (depthMax + 1) * MemoryLayout<Int32>.stride }

  /// `context` outlives the table.
  package init(_ context: TableContext) {
    self.context = context
    directory = Self.makeDirectory(depth: 0)
    directory[0] = context.emptySegment
    segmentCounts = Allocation.allocateZeroed(Self.segmentCountsByteCount)
      .assumingMemoryBound(to: Int32.self)
  }

  private static func makeDirectory(depth: Int) -> UnsafeMutablePointer<Segment> {
    Allocation.allocate(MemoryLayout<Segment>.stride << depth)
      .assumingMemoryBound(to: Segment.self)
  }

  private static func freeDirectory(_ directory: UnsafeMutablePointer<Segment>, depth: Int) {
    Allocation.free(directory, MemoryLayout<Segment>.stride << depth)
  }

  // MARK: Finding

  @inline(__always)
  package func hash(_ key: ByteView) -> UInt64 { context.hash(key) }

  @inline(__always)
  private func directoryIndex(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash &>> 1) &>> UInt64(63 &- depth))
  }

  @inline(__always)
  package func segment(_ hash: UInt64) -> Segment { directory[directoryIndex(hash)] }

  /// First stage of a batch: asks for the line where the key's bucket lies. The second:
  /// `Bucket.prefetchRecord`.
  @inline(__always)
  package func prefetchBucket(_ hash: UInt64) -> Bucket {
    let bucket = segment(hash).bucket(Segment.home(hash))
    apus_prefetch(bucket.base)
    return bucket
  }

  @inline(__always)
  package func record(_ slot: Slot) -> Record { Record(address: slot.recordAddress) }

  /// The slot of `key`, or nil.
  @inline(__always)
  package func find(_ key: ByteView, _ hash: UInt64) -> Slot? {
    let segment = segment(hash)
    let home = Segment.home(hash)
    let tag = Segment.tag(hash)
    let bucket = segment.bucket(home)
    if let slot = find(key, in: bucket, tag) { return slot }
    return bucket.overflow == 0 ? nil : findBehind(key, segment, home, tag)
  }

  @inline(__always)
  private func find(_ key: ByteView, in bucket: Bucket, _ tag: UInt8) -> Slot? {
    var matches = bucket.matches(tag)
    while matches != 0 {
      let slot = bucket.slot(matches.trailingZeroBitCount)
      if record(slot).key == key { return slot }
      matches &= matches &- 1
    }
    return nil
  }

  @inline(never)
  private func findBehind(_ key: ByteView, _ first: Segment, _ home: Int, _ tag: UInt8) -> Slot? {
    var segment = first
    while true {
      for distance in 1...Segment.displacementMax {
        let bucket = segment.bucket(Segment.neighbour(home, distance))
        if let slot = find(key, in: bucket, tag) { return slot }
        if bucket.overflow == 0 { return nil }
      }
      guard let next = segment.next else { return nil }
      if let slot = find(key, in: next.bucket(home), tag) { return slot }
      segment = next
    }
  }

  // MARK: Changing

  /// Adds a record whose key is not in the table. CONSUMES `record`.
  package mutating func insert(_ record: Record, _ hash: UInt64) -> Slot {
    let isVolatile = record.isVolatile
    let bits =
      (hash & Slot.hashMask) | UInt64(UInt(bitPattern: record.address))
      | (isVolatile ? Slot.volatileBit : 0)
    while true {
      // A chain always has a place.
      guard let slot = place(bits, hash) ?? (grow(hash) ? nil : placeInChain(bits, hash)) else {
        continue
      }
      count += 1
      if isVolatile { noteDeadline(record.deadline, in: slot.segment) }
      return slot
    }
  }

  /// A place in the first page of the segment; nil when that is full.
  @inline(__always)
  private func place(_ bits: UInt64, _ hash: UInt64) -> Slot? {
    let segment = segment(hash)
    guard segment.count < Segment.countMax, segment != context.emptySegment else { return nil }
    return segment.placeMakingRoom(
      home: Segment.home(hash), tag: Segment.tag(hash), bits: bits)
  }

  /// Takes the record out of the table. OWNERSHIP: the caller frees it.
  package mutating func remove(_ slot: Slot) -> Record {
    let segment = slot.segment
    let record = removeOnly(slot)
    if segment.count <= Segment.mergedCountMax, segment.count & 7 == 0 {
      shrink(hash(record.key))
    }
    return record
  }

  /// Removes without merging segments: other slots stay valid, and a `shrink` is owed.
  package mutating func removeOnly(_ slot: Slot) -> Record {
    let record = self.record(slot)
    let segment = slot.segment
    if slot.isVolatile {
      segment.volatileCount -= 1
      volatileCount -= 1
    }
    segment.clear(slot)
    count -= 1
    return record
  }

  /// Puts another record for the same key in place of the one in `slot`, which it returns.
  @inline(__always)
  package mutating func replace(_ slot: Slot, with record: Record) -> Record {
    let old = self.record(slot)
    let wasVolatile = slot.isVolatile
    let isVolatile = record.isVolatile
    slot.setRecord(record.address, isVolatile: isVolatile)
    if wasVolatile || isVolatile { didChangeDeadline(slot, wasVolatile: wasVolatile) }
    return old
  }

  /// Brings the counts up to date after the record's deadline was set, changed or removed.
  package mutating func didChangeDeadline(_ slot: Slot, wasVolatile: Bool) {
    let segment = slot.segment
    if wasVolatile {
      segment.volatileCount -= 1
      volatileCount -= 1
    }
    if record(slot).isVolatile { noteDeadline(record(slot).deadline, in: segment) }
  }

  private mutating func noteDeadline(_ deadline: Int64, in segment: Segment) {
    segment.volatileCount += 1
    volatileCount += 1
    if deadline < segment.earliestDeadline { segment.earliestDeadline = deadline }
    if deadline < earliestDeadline { earliestDeadline = deadline }
  }

  // MARK: Growing and shrinking

  /// Splits the full segment of `hash`; false if the directory would become too large for that.
  @inline(never)
  private mutating func grow(_ hash: UInt64) -> Bool {
    if segmentCount == 0 {
      directory[0] = Segment.make(depth: 0)
      segmentCount = 1
      segmentCounts[0] = 1
      return true
    }
    let full = segment(hash)
    if full.depth == depth {
      guard mayDoubleDirectory else { return false }
      doubleDirectory()
    }
    let chain = unchain(full)
    split(full, hash)
    if let chain { reinsert(chain) }
    return true
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

  /// Both halves start as a copy of the page, so that every record keeps its place; then each drops
  /// what is not its own and pulls displaced entries towards their homes. Nothing can fail.
  private mutating func split(_ lower: Segment, _ hash: UInt64) {
    let range = directoryRange(hash, segmentDepth: lower.depth)
    let bit = UInt64(1) << UInt64(63 - lower.depth)
    let upper = Segment.make(depth: 0)
    upper.base.copyMemory(from: lower.base, byteCount: Segment.byteCount)
    lower.depth += 1
    upper.depth = lower.depth
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
    pullHome(lower)
    pullHome(upper)
    for index in (range.lowerBound + range.count / 2)..<range.upperBound {
      directory[index] = upper
    }
    segmentCount += 1
    segmentCounts[lower.depth - 1] -= 1
    segmentCounts[lower.depth] += 2
  }

  /// Whether the hash of the slot's key has `bit`. Only far deeper than any usual table is that a
  /// bit that the slot does not keep.
  private func hashHas(_ bit: UInt64, _ slot: Slot) -> Bool {
    if bit & Slot.hashMask != 0 { return slot.address.pointee & bit != 0 }
    return hash(record(slot).key) & bit != 0
  }

  private func pullHome(_ segment: Segment) {
    segment.forEachSlot { slot, bucketIndex, tag in
      let displacement = Int(slot.address.pointee & Slot.displacementMask)
      if displacement == 0 { return }
      let home = Segment.home(displacedBy: displacement, to: bucketIndex)
      let bits = slot.address.pointee
      segment.clear(slot)
      // Its own place has just been freed, so there always is one.
      _ = segment.place(home: home, tag: tag, bits: bits)
    }
  }

  /// Merges the segment of `hash` with its neighbour as long as both are nearly empty. Goes on
  /// with the merged one: its new neighbour may have been waiting for it.
  @inline(never)
  package mutating func shrink(_ hash: UInt64) {
    releaseEmptyPages(segment(hash))
    while merge(segment(hash), hash) {}
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
    for index in directoryRange(hash, segmentDepth: segment.depth) { directory[index] = segment }
    sibling.free()
    segmentCount -= 1
    segmentCounts[segment.depth + 1] -= 2
    segmentCounts[segment.depth] += 1
    return true
  }

  /// Copies the slots of `source`; takes them back and reports false if one finds no place.
  private func move(_ source: Segment, into target: Segment) -> Bool {
    var isWhole = true
    source.forEachSlot { slot, bucketIndex, tag in
      let displacement = Int(slot.address.pointee & Slot.displacementMask)
      let home = Segment.home(displacedBy: displacement, to: bucketIndex)
      if isWhole, target.place(home: home, tag: tag, bits: slot.address.pointee) == nil {
        isWhole = false
      }
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

  // MARK: Walking

  /// Calls `body`, which may free it, with each page of each segment until it returns false;
  /// returns whether it never did.
  @inline(__always)
  @discardableResult
  func forEachPage(_ body: (Segment) -> Bool) -> Bool {
    if segmentCount == 0 { return true }
    var index = 0
    while index < 1 << depth {
      let segment = directory[index]
      index += 1 << (depth - segment.depth)
      var page = Optional(segment)
      while let current = page {
        page = current.next
        if !body(current) { return false }
      }
    }
    return true
  }

  /// Where the stretch of hash order ends that the segment of `hash` covers; nil at the very end.
  @inline(__always)
  package func segmentEnd(_ hash: UInt64) -> UInt64? {
    let depth = segment(hash).depth
    if depth == 0 { return nil }
    let span = UInt64(1) &<< UInt64(64 &- depth)
    let end = (hash & ~(span &- 1)) &+ span
    return end == 0 ? nil : end
  }

  /// Frees the whole table. CONSUMES it and, by `free`, everything in it.
  package func destroy(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    forEachSlot { record($0).free(free) }
    destroyTable(free)
  }

  /// Frees the table, not the records. CONSUMES it.
  func destroyTable(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    forEachPage {
      free($0.base, Segment.byteCount)
      return true
    }
    free(directory, MemoryLayout<Segment>.stride << depth)
    free(segmentCounts, Self.segmentCountsByteCount)
  }

  /// Bytes of all blocks but the records'.
  package var overheadByteCount: Int {
    (segmentCount + chainedPageCount) * Segment.byteCount
      + Allocation.sizeClass(MemoryLayout<Segment>.stride << depth)
      + Allocation.sizeClass(Self.segmentCountsByteCount)
  }
}
