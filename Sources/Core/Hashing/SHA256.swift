import CPrimitives

/// SHA-256 (FIPS 180-4), streaming. For stored passwords and `ACL GETUSER`.
///
/// A value without allocation, as `SHA1`.
package struct SHA256 {
  package static let digestCount = 32

  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  private var block = DigestBlock()

  package init() {}

  package mutating func update(_ bytes: ByteView) {
    block.absorb(bytes) { Self.compress(&state, $0) }
  }

  /// Writes the digest of all bytes so far. REQUIRES: room for `digestCount` bytes. The value is
  /// spent afterwards.
  package mutating func finish(to target: UnsafeMutablePointer<UInt8>) {
    block.finish { Self.compress(&state, $0) }
    for word in 0..<8 { storeBigEndian(state[word], to: target + word * 4) }
  }

  private static func compress(_ state: inout SIMD8<UInt32>, _ words: SIMD16<UInt32>) {
    var window = words
    var next = state
    for group in 0..<4 {
      if group > 0 { expand(&window) }
      let constants = roundConstants(group)
      for slot in 0..<16 { next = round(next, window[slot] &+ constants[slot]) }
    }
    state &+= next
  }

  /// The next sixteen words of the message schedule.
  @inline(__always)
  private static func expand(_ window: inout SIMD16<UInt32>) {
    for slot in 0..<16 {
      let early = window[(slot &+ 1) & 15]
      let late = window[(slot &+ 14) & 15]
      let first = rotateRight(early, 7) ^ rotateRight(early, 18) ^ early &>> 3
      let second = rotateRight(late, 17) ^ rotateRight(late, 19) ^ late &>> 10
      window[slot] = window[slot] &+ first &+ window[(slot &+ 9) & 15] &+ second
    }
  }

  @inline(__always)
  private static func round(_ state: SIMD8<UInt32>, _ word: UInt32) -> SIMD8<UInt32> {
    let (a, b, c, e) = (state[0], state[1], state[2], state[4])
    let upper = rotateRight(e, 6) ^ rotateRight(e, 11) ^ rotateRight(e, 25)
    let choice = e & state[5] ^ ~e & state[6]
    let first = state[7] &+ upper &+ choice &+ word
    let lower = rotateRight(a, 2) ^ rotateRight(a, 13) ^ rotateRight(a, 22)
    let majority = a & b ^ a & c ^ b & c
    return SIMD8(
      first &+ lower &+ majority, a, b, c, state[3] &+ first, e, state[5], state[6])
  }

  @inline(__always)
  private static func roundConstants(_ group: Int) -> SIMD16<UInt32> {
    switch group {
    case 0:
      SIMD16(
        0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5,
        0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
        0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
        0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174)
    case 1:
      SIMD16(
        0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc,
        0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
        0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
        0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967)
    case 2:
      SIMD16(
        0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
        0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
        0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3,
        0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070)
    default:
      SIMD16(
        0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5,
        0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
        0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
        0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2)
    }
  }
}
