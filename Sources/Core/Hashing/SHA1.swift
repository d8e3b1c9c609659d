import CPrimitives

/// SHA-1 (FIPS 180-4), streaming. For the names of scripts and `redis.sha1hex`, where it identifies
/// and does not protect.
///
/// A value: the state is five words, the block in hand is 64 bytes of a tuple-backed word vector,
/// so copying it forks the stream and nothing is allocated.
package struct SHA1 {
  package static let digestCount = 20

  private var state = SIMD8<UInt32>(
    0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0, 0, 0, 0)
  private var block = DigestBlock()

  package init() {}

  package mutating func update(_ bytes: ByteView) {
    block.absorb(bytes) { Self.compress(&state, $0) }
  }

  /// Writes the digest of all bytes so far. REQUIRES: room for `digestCount` bytes. The value is
  /// spent afterwards.
  package mutating func finish(to target: UnsafeMutablePointer<UInt8>) {
    block.finish { Self.compress(&state, $0) }
    for word in 0..<5 { storeBigEndian(state[word], to: target + word * 4) }
  }

  private static func compress(_ state: inout SIMD8<UInt32>, _ words: SIMD16<UInt32>) {
    var window = words
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    for round in 0..<80 {
      let slot = round & 15
      if round >= 16 {
        let mixed =
          window[slot] ^ window[(slot &+ 13) & 15] ^ window[(slot &+ 8) & 15]
          ^ window[(slot &+ 2) & 15]
        window[slot] = rotateLeft(mixed, 1)
      }
      let (choice, constant) = mix(round, b, c, d)
      let next = rotateLeft(a, 5) &+ choice &+ e &+ constant &+ window[slot]
      (e, d, c, b, a) = (d, c, rotateLeft(b, 30), a, next)
    }
    state[0] &+= a
    state[1] &+= b
    state[2] &+= c
    state[3] &+= d
    state[4] &+= e
  }

  @inline(__always)
  private static func mix(
    _ round: Int, _ b: UInt32, _ c: UInt32, _ d: UInt32
  ) -> (UInt32, UInt32) {
    switch round {
    case ..<20: (b & c | ~b & d, 0x5a82_7999)
    case ..<40: (b ^ c ^ d, 0x6ed9_eba1)
    case ..<60: (b & c | b & d | c & d, 0x8f1b_bcdc)
    default: (b ^ c ^ d, 0xca62_c1d6)
    }
  }
}
