import CPrimitives

/// One cache line of a hash table: seven slots and a tag for each.
///
///     | tags 7 x 1 | overflow 1 | slots 7 x 8 |      = 64 bytes
///
/// A tag is eight bits of the hash, 0 for an empty slot; one SIMD compare finds the candidates.
/// `overflow` counts the records whose home is this bucket or one before it and that had to go
/// further: 0 ends a search. They lie in the seven buckets behind, so they are 49 at most, and the
/// top bit is free to say that the segment has further pages, where a search has to go on.
///
/// A slot keeps more of the hash than the tag, so that a segment can be split without touching a
/// single record:
///
///     | hash bits 63..48 | record address bits 46..3 | volatile 1 | displacement 3 |
///
/// Records are 8-byte aligned, and a process' addresses end at 2^47 (2^48 on arm64, where one bit
/// less of the hash is kept). The low four bits say whether the record has a deadline, and how many
/// buckets behind its home it lies.
package struct Bucket {
  package let base: UnsafeMutableRawPointer

  package static let byteCount = 64
  package static let slotCount = 7

  @inline(__always)
  package init(_ base: UnsafeMutableRawPointer) { self.base = base }

  var control: UInt64 {
    @inline(__always) get { base.load(as: UInt64.self) }
    @inline(__always) nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
  }

  @inline(__always)
  var overflow: UInt8 { base.load(fromByteOffset: 7, as: UInt8.self) }

  @inline(__always)
  package func slot(_ index: Int) -> Slot {
    Slot((base + 8 + index &* 8).assumingMemoryBound(to: UInt64.self))
  }

  @inline(__always)
  package func tag(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

  @inline(__always)
  func setTag(_ index: Int, _ tag: UInt8) {
    base.storeBytes(of: tag, toByteOffset: index, as: UInt8.self)
  }

  /// A bit for each slot that holds something.
  @inline(__always)
  var filledSlots: UInt32 { ~matches(0) & 0x7f }

  /// A bit for each slot with this tag.
  @inline(__always)
  package func matches(_ tag: UInt8) -> UInt32 { apus_match_tags(control, tag) }

  /// The slot that probably is that of a key with this hash, if it has its home here.
  @inline(__always)
  package func candidate(_ hash: UInt64) -> Slot? {
    let matches = matches(Segment.tag(hash))
    return matches == 0 ? nil : slot(matches.trailingZeroBitCount)
  }

  /// Asks for the record that probably is that of a key with this hash. Returns whether that, if
  /// there is one, lies in a bucket behind this one.
  @inline(__always)
  @discardableResult
  package func prefetchRecord(_ hash: UInt64) -> Bool {
    guard let candidate = candidate(hash) else { return overflow != 0 }
    let address = UnsafeRawPointer(candidate.recordAddress)
    apus_prefetch(address)
    apus_prefetch(address + 64)
    // Records lie at any multiple of 8: those of 88 bytes and more then reach into a third line.
    if UInt(bitPattern: address) & 63 >= 40 { apus_prefetch(address + 128) }
    return false
  }

  static let chainedBit: UInt8 = 0x80

  func setChained(_ isChained: Bool) {
    let count = overflow & ~Self.chainedBit
    base.storeBytes(
      of: isChained ? count | Self.chainedBit : count, toByteOffset: 7, as: UInt8.self)
  }

  func overflowIncrement() {
    base.storeBytes(of: overflow + 1, toByteOffset: 7, as: UInt8.self)
  }

  func overflowDecrement() {
    base.storeBytes(of: overflow - 1, toByteOffset: 7, as: UInt8.self)
  }
}
