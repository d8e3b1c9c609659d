import CPrimitives

/// One cache line of the key table: seven slots and a tag for each.
///
///     | tags 7 x 1 | overflow 1 | slots 7 x 8 |      = 64 bytes
///
/// A tag is eight bits of the hash, 0 for an empty slot; one SIMD compare finds the candidates.
/// `overflow` counts the entries whose home is this bucket or one before it and that had to go
/// further: 0 ends a search. They lie in the seven buckets behind, so they are 49 at most.
///
/// A slot keeps more of the hash than the tag, so that a segment can be split without touching a
/// single entry:
///
///     | hash bits 63..48 | entry address bits 47..4 | volatile 1 | displacement 3 |
///
/// Entries are 16-byte aligned, which leaves the low four bits: whether the entry has a deadline,
/// and how many buckets behind its home it lies.
struct Bucket {
  let base: UnsafeMutableRawPointer

  static let byteCount = 64
  static let slotCount = 7

  @inline(__always)
  init(_ base: UnsafeMutableRawPointer) { self.base = base }

  var control: UInt64 {
    @inline(__always) get { base.load(as: UInt64.self) }
    @inline(__always) nonmutating set { base.storeBytes(of: newValue, as: UInt64.self) }
  }

  @inline(__always)
  var overflow: UInt8 { base.load(fromByteOffset: 7, as: UInt8.self) }

  @inline(__always)
  func slot(_ index: Int) -> Slot {
    Slot((base + 8 + index &* 8).assumingMemoryBound(to: UInt64.self))
  }

  @inline(__always)
  func tag(_ index: Int) -> UInt8 { base.load(fromByteOffset: index, as: UInt8.self) }

  @inline(__always)
  func setTag(_ index: Int, _ tag: UInt8) {
    base.storeBytes(of: tag, toByteOffset: index, as: UInt8.self)
  }

  /// A bit for each slot with this tag.
  @inline(__always)
  func matches(_ tag: UInt8) -> UInt32 { apus_match_tags(control, tag) }

  func overflowIncrement() {
    base.storeBytes(of: overflow + 1, toByteOffset: 7, as: UInt8.self)
  }

  func overflowDecrement() {
    base.storeBytes(of: overflow - 1, toByteOffset: 7, as: UInt8.self)
  }
}

/// The address of one slot: how the rest of the keyspace refers to a key that was found.
///
/// INVALIDATES: any insertion into or removal from the table makes every `Slot` stale.
package struct Slot {
  let address: UnsafeMutablePointer<UInt64>

  @inline(__always)
  init(_ address: UnsafeMutablePointer<UInt64>) { self.address = address }

  static let entryMask: UInt64 = 0x0000_ffff_ffff_fff0
  static let volatileBit: UInt64 = 8
  static let displacementMask: UInt64 = 7
  static let hashMask: UInt64 = 0xffff_0000_0000_0000

  @inline(__always)
  var entry: Entry {
    // A filled slot never holds address zero.
    let bits = UInt(address.pointee & Self.entryMask)
    return Entry(UnsafeMutablePointer(bitPattern: bits).unsafelyUnwrapped)
  }

  @inline(__always)
  var isVolatile: Bool { address.pointee & Self.volatileBit != 0 }

  @inline(__always)
  var segment: Segment {
    let page = UInt(bitPattern: address) & ~4095
    return Segment(UnsafeMutableRawPointer(bitPattern: page).unsafelyUnwrapped)
  }

  /// Points the slot to another entry for the same key; the hash bits stay.
  @inline(__always)
  func setEntry(_ entry: Entry, isVolatile: Bool) {
    let kept = address.pointee & (Self.hashMask | Self.displacementMask)
    address.pointee =
      kept | UInt64(UInt(bitPattern: entry.base)) | (isVolatile ? Self.volatileBit : 0)
  }
}
