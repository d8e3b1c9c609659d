import CAlloc
import CPrimitives

/// An extendible hash table of segments: the index of a database, and of a large set or hash.
///
///     directory, 2^depth pointers, chosen by the top bits of the hash
///     | 000 | 001 | 010 | 011 | 100 | ...
///        \    /      |     |      \
///       segment   segment segment  segment ...      (several pointers may share one)
///
/// Finding a key reads one directory entry, one bucket line and the record. A full segment gets a
/// larger page or, from the largest, splits in two, which moves at most 385 slots and touches no
/// record; only when its depth is the directory's does the directory double, which copies eight
/// bytes for each segment. So growth is bounded work at each step, needs no second table, and
/// leaves nothing to be done later. The alternative that lost, one table rehashed step by step,
/// needs both tables in memory and two lookups meanwhile.
///
/// Complexity: find, insert, remove O(1); a split O(segment); directory doubling O(segments).
/// Memory: 64 bytes for each 7 slots at 70 to 87 % fill, 10.6 to 13.4 bytes a key while it grows,
/// 31 at most where most have been removed.
/// Ownership: owns directory, segments and records' blocks; payloads are released by `Database`.
/// Lifetime: any insert or remove invalidates every `Slot`.
/// Invariants: 1. segments of depth d are pointed to by 2^(depth - d) neighbouring directory
/// entries; 2. `count` is the sum of the segments' counts; 3. an empty table points to a shared
/// page that is never written; 4. the directory has eight entries for each key at the most when it
/// doubles: a segment that may not be split then gets further pages (`HashTable+Chaining.swift`).
package struct HashTable<Record: TableRecord> {
  package internal(set) var directory: UnsafeMutablePointer<Segment>
  package internal(set) var depth = 0
  package internal(set) var count = 0
  /// Keys with a deadline.
  package internal(set) var volatileCount = 0
  package internal(set) var segmentCount = 0
  /// Pages of segments beside their first.
  var chainedPageCount = 0
  /// Bytes of all pages.
  var pageByteCount = 0
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

  static func makeDirectory(depth: Int) -> UnsafeMutablePointer<Segment> {
    Allocation.allocate(MemoryLayout<Segment>.stride << depth)
      .assumingMemoryBound(to: Segment.self)
  }

  static func freeDirectory(_ directory: UnsafeMutablePointer<Segment>, depth: Int) {
    Allocation.free(directory, MemoryLayout<Segment>.stride << depth)
  }

  // MARK: Finding

  @inline(__always)
  package func hash(_ key: ByteView) -> UInt64 { context.hash(key) }

  @inline(__always)
  func directoryIndex(_ hash: UInt64) -> Int {
    Int(truncatingIfNeeded: (hash &>> 1) &>> UInt64(63 &- depth))
  }

  @inline(__always)
  package func segment(_ hash: UInt64) -> Segment { directory[directoryIndex(hash)] }

  /// First stage of a batch: asks for the line where the key's bucket lies. The second:
  /// `Bucket.prefetchRecord`.
  @inline(__always)
  package func prefetchBucket(_ hash: UInt64) -> Bucket {
    let bucket = homeBucket(hash)
    apus_prefetch(bucket.base)
    return bucket
  }

  /// Asks for what an insertion looks at: the bucket's line, and the page's header.
  @inline(__always)
  package func prefetchPlace(_ hash: UInt64) {
    let segment = segment(hash)
    apus_prefetch(segment.base)
    apus_prefetch(segment.bucket(segment.home(ofHash: hash)).base)
  }

  /// As `prefetchBucket`, for a key that found its bucket full: the one behind.
  @inline(never)
  package func prefetchNeighbour(_ hash: UInt64) -> Bucket {
    let segment = segment(hash)
    let bucket = segment.bucket(segment.neighbour(segment.home(ofHash: hash), 1))
    apus_prefetch(bucket.base)
    return bucket
  }

  @inline(__always)
  func homeBucket(_ hash: UInt64) -> Bucket {
    let segment = segment(hash)
    return segment.bucket(segment.home(ofHash: hash))
  }

  @inline(__always)
  package func record(_ slot: Slot) -> Record { Record(address: slot.recordAddress) }

  /// The slot of `key`, or nil.
  @inline(__always)
  package func find(_ key: ByteView, _ hash: UInt64) -> Slot? {
    let segment = segment(hash)
    let bucket = segment.bucket(segment.home(ofHash: hash))
    if let slot = find(key, in: bucket, Segment.tag(hash)) { return slot }
    return bucket.overflow == 0 ? nil : findBehind(key, segment, Segment.position(hash))
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
  private func findBehind(_ key: ByteView, _ first: Segment, _ position: Int) -> Slot? {
    let tag = UInt8(truncatingIfNeeded: position)
    var page = first
    while true {
      for distance in 1...Segment.displacementMax {
        let bucket = page.bucket(page.neighbour(page.home(position), distance))
        if let slot = find(key, in: bucket, tag) { return slot }
        if bucket.overflow == 0 { return nil }
      }
      guard let next = page.next else { return nil }
      if let slot = find(key, in: next.bucket(next.home(position)), tag) { return slot }
      page = next
    }
  }

  // MARK: Changing

  /// Adds a record whose key is not in the table. CONSUMES `record`.
  package mutating func insert(_ record: Record, _ hash: UInt64) -> Slot {
    let isVolatile = record.isVolatile
    let bits =
      (hash & Slot.hashMask) | Slot.bits(record.address)
      | (isVolatile ? Slot.volatileBit : 0)
    while true {
      // A chain always has a place.
      guard let slot = place(bits, hash) ?? (grow(hash) ? nil : placeInChain(bits, hash)) else {
        continue
      }
      count += 1
      if isVolatile { noteDeadline(record.deadline, in: page(of: slot)) }
      return slot
    }
  }

  /// A place in the first page of the segment; nil when that is full.
  @inline(__always)
  private func place(_ bits: UInt64, _ hash: UInt64) -> Slot? {
    let segment = segment(hash)
    guard segment.count < segment.countMax, segment != context.emptySegment else { return nil }
    return segment.placeMakingRoom(bits, at: Segment.position(hash))
  }

  /// Takes the record out of the table. OWNERSHIP: the caller frees it.
  package mutating func remove(_ slot: Slot) -> Record {
    let page = page(of: slot)
    let record = removeOnly(slot, page)
    if page.isSparse, page.count & 7 == 0 { shrink(hash(record.key)) }
    return record
  }

  /// Removes without merging segments: other slots stay valid, and a `shrink` is owed.
  mutating func removeOnly(_ slot: Slot, _ page: Segment) -> Record {
    let record = self.record(slot)
    if slot.isVolatile {
      page.volatileCount -= 1
      volatileCount -= 1
    }
    page.clear(slot)
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
    let page = page(of: slot)
    if wasVolatile {
      page.volatileCount -= 1
      volatileCount -= 1
    }
    if record(slot).isVolatile { noteDeadline(record(slot).deadline, in: page) }
  }

  private mutating func noteDeadline(_ deadline: Int64, in page: Segment) {
    page.volatileCount += 1
    volatileCount += 1
    if deadline < page.earliestDeadline { page.earliestDeadline = deadline }
    if deadline < earliestDeadline { earliestDeadline = deadline }
  }

  /// The page that a slot lies in. A slot has bits enough of its hash for all but the deepest
  /// directories.
  @inline(__always)
  func page(of slot: Slot) -> Segment {
    let segment = segment(depth <= Slot.hashBitCount ? slot.hashBits : hash(record(slot).key))
    return segment.next == nil ? segment : chainedPage(of: slot, segment)
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
      free($0.base, $0.byteCount)
      return true
    }
    free(directory, MemoryLayout<Segment>.stride << depth)
    free(segmentCounts, Self.segmentCountsByteCount)
  }

  /// Bytes of all blocks but the records'.
  package var overheadByteCount: Int {
    pageByteCount
      + Allocation.sizeClass(MemoryLayout<Segment>.stride << depth)
      + Allocation.sizeClass(Self.segmentCountsByteCount)
  }
}
