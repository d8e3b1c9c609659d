import CAlloc

/// A page of a hash table: a header and 39, 47, 55 or 63 buckets, a line of 64 bytes each.
///
///     | count 2 | volatile 2 | depth 1 | - 3 | earliest deadline 8 | next 8 | - 40 |
///     | buckets 39...63 x 64 |
///
/// A segment holds all keys whose hash starts with the same `depth` bits. It is what grows,
/// shrinks, is scanned and is swept for expired keys: no operation works on the table as a whole.
/// Hashes fill all segments of a table evenly, so all split at about the same time; were there
/// pages of only one size, they would then all be half empty. A page that is full is first replaced
/// by one eight buckets larger, so the pages of a table that grows are 70 to 87 % full at any
/// number of keys.
///
/// The thirteen bits of a key's `position` say where in a page of any size it belongs: they are
/// scaled to its number of buckets. Their low eight are the tag, which with the bucket tells all
/// thirteen. So the keys of a page find their buckets in another without their records being read.
///
/// A page lies on a line's boundary, and a `Segment` keeps the number of buckets in the low six
/// bits of its address: a lookup need not read the header to find the bucket.
///
/// Probing is linear over whole buckets: a record lies in its home bucket or in one of the seven
/// behind it, which usually is the neighbouring line. The alternatives that lost: chained overflow
/// buckets (an allocation, a line far away, and half empty), one table that is rehashed as a whole
/// (double memory and a pause while it grows), and pages of only one size (21 bytes a key after a
/// split, where now 13 are the most).
///
/// Invariants: `count` is the number of tags that are not 0; `earliest deadline` is not later than
/// any deadline in the segment.
package struct Segment: Equatable {
  private let word: UInt

  private init(word: UInt) { self.word = word }

  /// REQUIRES: a page with so many buckets, 39, 47, 55 or 63, at a multiple of 64.
  init(_ page: UnsafeMutableRawPointer, bucketCount: Int) {
    word = UInt(bitPattern: page) | UInt(bucketCount)
  }

  @inline(__always)
  package var base: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(bitPattern: word & ~63).unsafelyUnwrapped
  }

  @inline(__always)
  package var bucketCount: Int { Int(word & 63) }

  static let bucketCountMin = 39
  package static let bucketCountMax = 63
  static let bucketCountStep = 8

  package static func byteCount(bucketCount: Int) -> Int { (1 + bucketCount) * Bucket.byteCount }

  package var byteCount: Int { Self.byteCount(bucketCount: bucketCount) }
  var slotCount: Int { bucketCount * Bucket.slotCount }
  static let slotCountMax = bucketCountMax * Bucket.slotCount
  /// Farthest bucket behind its home where a record may lie.
  static let displacementMax = 7

  /// A segment with more keys is enlarged or split: seven eighths, where 1.1 lines are read for
  /// each hit.
  @inline(__always)
  var countMax: Int { (slotCount &* 7) &>> 3 }

  /// Two neighbours that hold fewer together are merged; far below half, so that a key set that
  /// hovers around a bound does not split and merge in turns.
  static let mergedCountMax = 165

  /// Whether a smaller page would do, or a neighbour may take the keys, too.
  @inline(__always)
  var isSparse: Bool {
    isSmallest
      ? count <= Self.mergedCountMax
      : count <= Self.comfortableCount(bucketCount: bucketCount &- Self.bucketCountStep)
  }

  @inline(__always)
  var isSmallest: Bool { bucketCount == Self.bucketCountMin }

  /// Three quarters of what a page takes: with so many keys it is neither full nor sparse soon.
  @inline(__always)
  private static func comfortableCount(bucketCount: Int) -> Int {
    (bucketCount &* Bucket.slotCount &* 21) &>> 5
  }

  /// Whether so many keys are too many for one page to take more soon.
  static func isCrowded(by count: Int) -> Bool {
    count > comfortableCount(bucketCount: bucketCountMax)
  }

  /// How many buckets a page for so many keys has.
  static func bucketCount(for count: Int) -> Int {
    var bucketCount = bucketCountMin
    while bucketCount < bucketCountMax, count > comfortableCount(bucketCount: bucketCount) {
      bucketCount += bucketCountStep
    }
    return bucketCount
  }

  /// An empty page. OWNERSHIP: the caller frees it.
  static func make(depth: Int, bucketCount: Int) -> Segment {
    let byteCount = byteCount(bucketCount: bucketCount)
    guard let page = apus_alloc_lines(byteCount) else { Allocation.outOfMemory(byteCount) }
    let segment = Segment(page, bucketCount: bucketCount)
    segment.depth = depth
    segment.earliestDeadline = .max
    return segment
  }

  func free() { Allocation.free(base, byteCount) }

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
    get {
      let word = base.load(fromByteOffset: 16, as: UInt.self)
      return word == 0 ? nil : Segment(word: word)
    }
    nonmutating set { base.storeBytes(of: newValue?.word ?? 0, toByteOffset: 16, as: UInt.self) }
  }

  @inline(__always)
  package func bucket(_ index: Int) -> Bucket { Bucket(base + 64 + index &* Bucket.byteCount) }

  func contains(_ slot: Slot) -> Bool {
    let offset = UnsafeMutableRawPointer(slot.address) - base
    return offset > 0 && offset < byteCount
  }

  // MARK: Positions

  /// Eight bits of the hash that do not choose the segment; never 0.
  @inline(__always)
  static func tag(_ hash: UInt64) -> UInt8 {
    let bits = UInt8(truncatingIfNeeded: hash)
    return bits == 0 ? 1 : bits
  }

  /// Thirteen bits of the hash, of which the low eight are its tag.
  @inline(__always)
  package static func position(_ hash: UInt64) -> Int { Int(hash & 0x1f00) | Int(tag(hash)) }

  static let positionBitCount = 13

  /// The bucket where a key of this position belongs.
  @inline(__always)
  package func home(_ position: Int) -> Int { (position &* bucketCount) &>> Self.positionBitCount }

  /// The same from the hash. That a tag of 0 becomes 1 is left out: no home begins between the two.
  @inline(__always)
  package func home(ofHash hash: UInt64) -> Int {
    home(Int(truncatingIfNeeded: hash & (1 << UInt64(Self.positionBitCount) - 1)))
  }

  /// Index of the bucket that lies `distance` behind `index`.
  @inline(__always)
  func neighbour(_ index: Int, _ distance: Int) -> Int {
    let sum = index &+ distance
    return sum >= bucketCount ? sum &- bucketCount : sum
  }

  /// The home of a record that lies in a bucket so many behind it.
  @inline(__always)
  func home(displacedBy displacement: Int, to bucketIndex: Int) -> Int {
    bucketIndex < displacement
      ? bucketIndex &+ bucketCount &- displacement : bucketIndex &- displacement
  }

  /// What `position(home:tag:inverse:)` multiplies by, for a page of this size.
  @inline(__always)
  var inverse: Int { (1 << 24) / bucketCount }

  /// The position of a key. Those of one home are 211 neighbours at the most, so the tag tells
  /// which it is, counted from the first or, as the division rounds, at most two before it.
  @inline(__always)
  static func position(home: Int, tag: UInt8, inverse: Int) -> Int {
    let first = (home &* inverse) &>> (24 - positionBitCount)
    return first &+ Int(tag &- UInt8(truncatingIfNeeded: first))
  }
}
