import CAlloc

/// A page of a hash table: 63 buckets and a header, 4096 bytes on a 4096-byte boundary.
///
///     | count 2 | volatile 2 | depth 1 | - 3 | earliest deadline 8 | next 8 | - 40 |
///     | buckets 63 x 64 |
///
/// A segment holds all keys whose hash starts with the same `depth` bits. It is what grows,
/// shrinks, is scanned and is swept for expired keys: no operation works on the table as a whole.
/// The page boundary lets a slot find its segment without storing it.
///
/// Probing is linear over whole buckets: a record lies in its home bucket or in one of the seven
/// behind it, which usually is the neighbouring line. The alternatives that lost: chained overflow
/// buckets (an allocation, a line far away, and half empty), and one table that is rehashed as a
/// whole (double memory and a pause while it grows).
///
/// Invariants: `count` is the number of tags that are not 0; `earliest deadline` is not later than
/// any deadline in the segment.
package struct Segment: Equatable {
  package let base: UnsafeMutableRawPointer

  @inline(__always)
  package init(_ base: UnsafeMutableRawPointer) { self.base = base }

  package static let byteCount = 4096
  package static let bucketCount = 63
  package static let slotCount = bucketCount * Bucket.slotCount
  /// Farthest bucket behind its home where a record may lie.
  static let displacementMax = 7
  /// A segment with more keys is split: seven eighths, where 1.1 lines are read for each hit.
  package static let countMax = slotCount * 7 / 8
  /// Two neighbours that hold fewer together are merged; far below half, so that a key set that
  /// hovers around a bound does not split and merge in turns.
  package static let mergedCountMax = slotCount * 3 / 8

  static func make(depth: Int) -> Segment {
    guard let page = apus_alloc_page() else { Allocation.outOfMemory(byteCount) }
    let segment = Segment(page)
    segment.depth = depth
    segment.earliestDeadline = .max
    return segment
  }

  func free() { Allocation.free(base, Self.byteCount) }

  package var count: Int {
    @inline(__always) get { Int(base.load(as: UInt16.self)) }
    @inline(__always) nonmutating set { base.storeBytes(of: UInt16(newValue), as: UInt16.self) }
  }

  /// Keys with a deadline.
  package var volatileCount: Int {
    get { Int(base.load(fromByteOffset: 2, as: UInt16.self)) }
    nonmutating set { base.storeBytes(of: UInt16(newValue), toByteOffset: 2, as: UInt16.self) }
  }

  /// How many leading hash bits all keys share.
  package var depth: Int {
    get { Int(base.load(fromByteOffset: 4, as: UInt8.self)) }
    nonmutating set { base.storeBytes(of: UInt8(newValue), toByteOffset: 4, as: UInt8.self) }
  }

  /// Unix milliseconds before which nothing in here expires.
  package var earliestDeadline: Int64 {
    get { base.load(fromByteOffset: 8, as: Int64.self) }
    nonmutating set { base.storeBytes(of: newValue, toByteOffset: 8, as: Int64.self) }
  }

  /// The next page of a segment that could not be split (`HashTable+Chaining.swift`).
  var next: Segment? {
    get { base.load(fromByteOffset: 16, as: UnsafeMutableRawPointer?.self).map { Segment($0) } }
    nonmutating set {
      base.storeBytes(of: newValue?.base, toByteOffset: 16, as: UnsafeMutableRawPointer?.self)
    }
  }

  @inline(__always)
  package func bucket(_ index: Int) -> Bucket { Bucket(base + 64 + index &* Bucket.byteCount) }

  /// Index of the bucket that lies `distance` behind `index`.
  @inline(__always)
  static func neighbour(_ index: Int, _ distance: Int) -> Int {
    let sum = index &+ distance
    return sum >= bucketCount ? sum &- bucketCount : sum
  }

  /// The home of a key: 63 is not a power of two, so the low 32 bits are scaled, not masked.
  @inline(__always)
  package static func home(_ hash: UInt64) -> Int {
    Int(((hash & 0xffff_ffff) &* UInt64(bucketCount)) &>> 32)
  }

  /// The home of a record that lies in a bucket so many behind it.
  static func home(displacedBy displacement: Int, to bucketIndex: Int) -> Int {
    bucketIndex < displacement
      ? bucketIndex &+ bucketCount &- displacement : bucketIndex &- displacement
  }

  /// Eight bits that neither choose the bucket nor the segment; never 0.
  @inline(__always)
  static func tag(_ hash: UInt64) -> UInt8 {
    let bits = UInt8(truncatingIfNeeded: hash &>> 32)
    return bits == 0 ? 1 : bits
  }

  /// Puts a slot's bits into the home bucket or one behind it; nil when all eight are full.
  func place(home: Int, tag: UInt8, bits: UInt64) -> Slot? {
    for displacement in 0...Self.displacementMax {
      let bucket = bucket(Self.neighbour(home, displacement))
      if bucket.matches(0) == 0 { continue }
      let index = Self.neighbour(home, displacement)
      return put(in: index, home: home, displacement, tag: tag, bits: bits)
    }
    return nil
  }

  /// Fills a free slot of a bucket. REQUIRES: it has one.
  @inline(__always) @discardableResult
  private func put(
    in bucketIndex: Int, home: Int, _ displacement: Int, tag: UInt8, bits: UInt64
  ) -> Slot {
    for passed in 0..<displacement { bucket(Self.neighbour(home, passed)).overflowIncrement() }
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
  func placeMakingRoom(home: Int, tag: UInt8, bits: UInt64) -> Slot? {
    if let slot = place(home: home, tag: tag, bits: bits) { return slot }
    return makeRoom(home) ? place(home: home, tag: tag, bits: bits) : nil
  }

  /// Hopscotch: records that are nearer to their homes than they have to be give way backwards,
  /// and the free slot comes nearer by as much. Without it segments split at four fifths, as soon
  /// as eight buckets in a row are full.
  @inline(never)
  private func makeRoom(_ home: Int) -> Bool {
    let beyond = Self.displacementMax + 1..<Self.bucketCount
    guard var gap = beyond.first(where: { hasRoom(Self.neighbour(home, $0)) }) else { return false }
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
    let sourceIndex = Self.neighbour(home, from)
    let source = bucket(sourceIndex)
    for index in 0..<Bucket.slotCount where source.tag(index) != 0 {
      let slot = source.slot(index)
      let bits = slot.address.pointee
      let old = Int(bits & Slot.displacementMask)
      if old + to - from > Self.displacementMax { continue }
      let tag = source.tag(index)
      clear(slot)
      put(
        in: Self.neighbour(home, to), home: Self.home(displacedBy: old, to: sourceIndex),
        old + to - from, tag: tag, bits: bits)
      return true
    }
    return false
  }

  /// Empties a slot of this segment.
  func clear(_ slot: Slot) {
    let offset = UnsafeMutableRawPointer(slot.address) - base - 64
    let bucketIndex = offset / Bucket.byteCount
    let displacement = Int(slot.address.pointee & Slot.displacementMask)
    let home = Self.home(displacedBy: displacement, to: bucketIndex)
    for passed in 0..<displacement {
      bucket(Self.neighbour(home, passed)).overflowDecrement()
    }
    bucket(bucketIndex).setTag((offset % Bucket.byteCount) / 8 - 1, 0)
    slot.address.pointee = 0
    count -= 1
  }

  /// Calls `body` with every filled slot, its bucket index and its tag.
  @inline(__always)
  package func forEachSlot(_ body: (Slot, Int, UInt8) -> Void) {
    for bucketIndex in 0..<Self.bucketCount {
      let bucket = bucket(bucketIndex)
      for index in 0..<Bucket.slotCount where bucket.tag(index) != 0 {
        body(bucket.slot(index), bucketIndex, bucket.tag(index))
      }
    }
  }
}
