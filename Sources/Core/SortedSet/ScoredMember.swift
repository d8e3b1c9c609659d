import CPrimitives

/// A member of a sorted set with its score: one allocation, to which the set's two indices point.
///
///     | score 8 | length 4 | bytes ... |
///
/// Ownership: the sorted set's. Lifetime: until the member is removed; a change of its score keeps
/// it.
package struct ScoredMember: Equatable {
  package let base: UnsafeMutableRawPointer

  package static let headerByteCount = 12

  @inline(__always)
  package init(base: UnsafeMutableRawPointer) { self.base = base }

  package static func make(_ bytes: ByteView, score: Double) -> ScoredMember {
    let member = ScoredMember(base: Allocation.allocate(headerByteCount &+ bytes.count))
    member.score = score
    member.base.storeBytes(
      of: UInt32(truncatingIfNeeded: bytes.count), toByteOffset: 8, as: UInt32.self)
    apus_copy(
      (member.base + headerByteCount).assumingMemoryBound(to: UInt8.self), bytes.base, bytes.count)
    return member
  }

  package func free() { Allocation.free(base, byteCount) }

  package var byteCount: Int { Self.headerByteCount &+ count }

  package var score: Double {
    @inline(__always) get { base.load(as: Double.self) }
    nonmutating set { base.storeBytes(of: newValue, as: Double.self) }
  }

  private var count: Int {
    @inline(__always) get { Int(base.load(fromByteOffset: 8, as: UInt32.self)) }
  }

  package var bytes: ByteView {
    @inline(__always) get {
      ByteView(
        (base + Self.headerByteCount).assumingMemoryBound(to: UInt8.self), count: count)
    }
  }
}
