import CPrimitives

/// A member of a sorted set with its score: one allocation, to which the set's two indices point.
///
///     | score 8 | length 1 | bytes ... |     or, from 255 bytes on,
///     | score 8 | 255 | length 8 | bytes ... |
///
/// Ownership: the sorted set's. Lifetime: until the member is removed; a change of its score keeps
/// it.
package struct ScoredMember: MemberRecord, Equatable {
  package let address: UnsafeMutableRawPointer

  private static let longLength: UInt8 = 255

  @inline(__always)
  package init(address: UnsafeMutableRawPointer) { self.address = address }

  /// A new one. OWNERSHIP: the caller puts it into a set or frees it.
  package static func make(_ bytes: ByteView, score: Double) -> ScoredMember {
    let isLong = bytes.count >= Int(longLength)
    let member = ScoredMember(address: Allocation.allocate((isLong ? 17 : 9) &+ bytes.count))
    member.score = score
    let length = isLong ? longLength : UInt8(truncatingIfNeeded: bytes.count)
    member.address.storeBytes(of: length, toByteOffset: 8, as: UInt8.self)
    if isLong { member.address.storeBytes(of: bytes.count, toByteOffset: 9, as: Int.self) }
    apus_copy(UnsafeMutablePointer(mutating: member.bytes.base), bytes.base, bytes.count)
    return member
  }

  package var byteCount: Int {
    let bytes = bytes
    return UnsafeRawPointer(bytes.base) - UnsafeRawPointer(address) + bytes.count
  }

  package var score: Double {
    @inline(__always) get { address.load(as: Double.self) }
    nonmutating set { address.storeBytes(of: newValue, as: Double.self) }
  }

  package var bytes: ByteView {
    @inline(__always) get {
      let short = address.load(fromByteOffset: 8, as: UInt8.self)
      let start = address.assumingMemoryBound(to: UInt8.self)
      if short != Self.longLength { return ByteView(start + 9, count: Int(short)) }
      return ByteView(start + 17, count: address.loadUnaligned(fromByteOffset: 9, as: Int.self))
    }
  }

  package var key: ByteView { @inline(__always) get { bytes } }

  /// Whether it comes before the element with this score and these bytes.
  @inline(__always)
  func isBefore(_ score: Double, _ bytes: ByteView) -> Bool {
    let own = self.score
    return own != score ? own < score : self.bytes.isBefore(bytes)
  }
}

extension Double {
  /// Bits that rise as the number does. Both zeros are one number. REQUIRES: a number.
  @inline(__always)
  var risingBits: UInt64 {
    let bits = (self + 0).bitPattern
    return bits >> 63 == 0 ? bits | 1 << 63 : ~bits
  }
}
