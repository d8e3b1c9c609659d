import CPrimitives

/// MurmurHash2 for 64-bit machines, as published by Austin Appleby, read with the low byte first:
/// the hash that decides where an element goes in a HyperLogLog. Not keyed, so never for the
/// placement of data.
package enum MurmurHash64A {
  private static let multiplier: UInt64 = 0xc6a4_a793_5bd1_e995

  /// The hash of `bytes` under `seed`.
  @inline(__always)
  package static func hash(_ bytes: ByteView, seed: UInt64) -> UInt64 {
    var hash = seed ^ UInt64(bytes.count) &* multiplier
    var cursor = bytes.base
    var left = bytes.count
    while left >= 8 {
      var word = apus_load_u64(cursor) &* multiplier
      word ^= word &>> 47
      hash = (hash ^ word &* multiplier) &* multiplier
      cursor += 8
      left &-= 8
    }
    if left > 0 { hash = (hash ^ apus_load_prefix(cursor, left)) &* multiplier }
    hash = (hash ^ hash &>> 47) &* multiplier
    return hash ^ hash &>> 47
  }
}
