/// The address of one slot of a table: how all others refer to a record that was found.
///
/// INVALIDATES: any insertion into or removal from the table makes every `Slot` stale.
package struct Slot: Equatable {
  let address: UnsafeMutablePointer<UInt64>

  @inline(__always)
  init(_ address: UnsafeMutablePointer<UInt64>) { self.address = address }

  /// Bits of an address that a process gets unless it asks for more.
  #if arch(x86_64)
    private static let addressBitCount = 47
  #else
    private static let addressBitCount = 48
  #endif

  static let displacementMask: UInt64 = 7
  static let volatileBit: UInt64 = 8
  static let hashBitCount = 63 - addressBitCount
  static let hashMask: UInt64 = ~0 << UInt64(64 - hashBitCount)
  private static let recordMask: UInt64 = ~(hashMask | volatileBit | displacementMask)

  /// A record's address in its place among a slot's bits.
  @inline(__always)
  static func bits(_ record: UnsafeMutableRawPointer) -> UInt64 {
    UInt64(UInt(bitPattern: record)) &<< 1
  }

  /// What the slot points to.
  @inline(__always)
  package var recordAddress: UnsafeMutableRawPointer {
    // A filled slot never holds address zero.
    UnsafeMutableRawPointer(bitPattern: UInt((address.pointee & Self.recordMask) &>> 1))
      .unsafelyUnwrapped
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
    address.pointee = kept | Self.bits(record) | (isVolatile ? Self.volatileBit : 0)
  }
}
