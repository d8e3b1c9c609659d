/// The address of one slot of a table: how all others refer to a record that was found.
///
/// INVALIDATES: any insertion into or removal from the table makes every `Slot` stale.
package struct Slot: Equatable {
  let address: UnsafeMutablePointer<UInt64>

  @inline(__always)
  init(_ address: UnsafeMutablePointer<UInt64>) { self.address = address }

  static let recordMask: UInt64 = 0x0000_ffff_ffff_fff0
  static let volatileBit: UInt64 = 8
  static let displacementMask: UInt64 = 7
  static let hashMask: UInt64 = 0xffff_0000_0000_0000
  static let hashBitCount = 16

  /// What the slot points to.
  @inline(__always)
  package var recordAddress: UnsafeMutableRawPointer {
    // A filled slot never holds address zero.
    UnsafeMutableRawPointer(bitPattern: UInt(address.pointee & Self.recordMask)).unsafelyUnwrapped
  }

  /// Whether the record has a deadline.
  @inline(__always)
  package var isVolatile: Bool { address.pointee & Self.volatileBit != 0 }

  /// The top bits of the record's hash, in their place.
  @inline(__always)
  var hashBits: UInt64 { address.pointee & Self.hashMask }

  /// How many buckets behind its home the slot lies.
  @inline(__always)
  var displacement: Int { Int(address.pointee & Self.displacementMask) }

  /// Points the slot to another record for the same key; the hash bits stay.
  @inline(__always)
  package func setRecord(_ record: UnsafeMutableRawPointer, isVolatile: Bool) {
    let kept = address.pointee & (Self.hashMask | Self.displacementMask)
    address.pointee = kept | UInt64(UInt(bitPattern: record)) | (isVolatile ? Self.volatileBit : 0)
  }
}
