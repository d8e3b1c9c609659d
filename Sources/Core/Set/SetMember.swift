import CPrimitives

/// A member of a large set: its bytes, behind their number.
///
///     | length 1 | bytes ... |        or, from 255 bytes on,        | 255 | length 8 | bytes ... |
///
/// Ownership: the set's.
package struct SetMember: MemberRecord {
  package let address: UnsafeMutableRawPointer

  private static let longLength: UInt8 = 255

  @inline(__always)
  package init(address: UnsafeMutableRawPointer) { self.address = address }

  /// A new one. OWNERSHIP: the caller puts it into a table or frees it.
  package init(copying bytes: ByteView) {
    let isLong = bytes.count >= Int(Self.longLength)
    address = Allocation.allocate((isLong ? 9 : 1) + bytes.count)
    if isLong {
      address.storeBytes(of: Self.longLength, as: UInt8.self)
      address.storeBytes(of: bytes.count, toByteOffset: 1, as: Int.self)
    } else {
      address.storeBytes(of: UInt8(bytes.count), as: UInt8.self)
    }
    apus_copy(UnsafeMutablePointer(mutating: key.base), bytes.base, bytes.count)
  }

  package var key: ByteView {
    @inline(__always) get {
      let short = address.load(as: UInt8.self)
      let bytes = address.assumingMemoryBound(to: UInt8.self)
      if short != Self.longLength { return ByteView(bytes + 1, count: Int(short)) }
      return ByteView(bytes + 9, count: address.loadUnaligned(fromByteOffset: 1, as: Int.self))
    }
  }

  package var byteCount: Int {
    let key = key
    return UnsafeRawPointer(key.base) - UnsafeRawPointer(address) + key.count
  }
}
