import CPrimitives

/// XXH3 with 64 bits and seed 0, as published by Yann Collet: the digest that clients compute as
/// well (DIGEST, and conditional SET by digest). Not keyed, so never for the placement of data.
///
/// Short inputs take one of four closed forms; from 241 bytes on, eight accumulators consume
/// stripes of 64 bytes, sixteen to a block, and are scrambled after each block. Linear, no
/// allocation, no state beyond the call.
package enum XXH3 {
  private static let prime32x1: UInt64 = 0x9e37_79b1
  private static let prime32x2: UInt64 = 0x85eb_ca77
  private static let prime32x3: UInt64 = 0xc2b2_ae3d
  private static let prime64x1: UInt64 = 0x9e37_79b1_85eb_ca87
  private static let prime64x2: UInt64 = 0xc2b2_ae3d_27d4_eb4f
  private static let prime64x3: UInt64 = 0x1656_67b1_9e37_79f9
  private static let prime64x4: UInt64 = 0x85eb_ca77_c2b2_ae63
  private static let prime64x5: UInt64 = 0x27d4_eb2f_1656_67c5
  private static let secretCount = 192
  private static let stripeCount = 64

  /// The 64-bit digest of `bytes`.
  package static func hash(_ bytes: ByteView) -> UInt64 {
    let base = bytes.base
    let count = bytes.count
    switch count {
    case 0: return avalancheOld(secret(56) ^ secret(64))
    case ...3: return hash1To3(base, count)
    case ...8: return hash4To8(base, count)
    case ...16: return hash9To16(base, count)
    case ...128: return hash17To128(base, count)
    case ...240: return hash129To240(base, count)
    default: return hashLong(base, count)
    }
  }

  private static func hash1To3(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let first = UInt64(base[0])
    let middle = UInt64(base[count >> 1])
    let last = UInt64(base[count &- 1])
    let combined = first &<< 16 | middle &<< 24 | last | UInt64(count) &<< 8
    let flip = (secret(0) & 0xffff_ffff) ^ (secret(4) & 0xffff_ffff)
    return avalancheOld(combined ^ flip)
  }

  private static func hash4To8(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let first = UInt64(apus_load_u32(base))
    let last = UInt64(apus_load_u32(base + count - 4))
    var mixed = (last &+ first &<< 32) ^ (secret(8) ^ secret(16))
    mixed ^= rotateLeft(mixed, 49) ^ rotateLeft(mixed, 24)
    mixed = mixed &* 0x9fb2_1c65_1e98_df25
    mixed ^= (mixed &>> 35) &+ UInt64(count)
    mixed = mixed &* 0x9fb2_1c65_1e98_df25
    return mixed ^ mixed &>> 28
  }

  private static func hash9To16(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    let low = apus_load_u64(base) ^ (secret(24) ^ secret(32))
    let high = apus_load_u64(base + count - 8) ^ (secret(40) ^ secret(48))
    return avalanche(UInt64(count) &+ low.byteSwapped &+ high &+ apus_fold(low, high))
  }

  private static func hash17To128(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var sum = UInt64(count) &* prime64x1
    // Pairs from both ends towards the middle.
    for pair in 0...((count &- 1) >> 5) {
      sum = sum &+ mix16(base + 16 * pair, 32 &* pair)
      sum = sum &+ mix16(base + count - 16 * (pair + 1), 32 &* pair &+ 16)
    }
    return avalanche(sum)
  }

  private static func hash129To240(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var sum = UInt64(count) &* prime64x1
    for round in 0..<8 { sum = sum &+ mix16(base + 16 * round, 16 &* round) }
    sum = avalanche(sum)
    for round in 8..<(count >> 4) {
      sum = sum &+ mix16(base + 16 * round, 16 &* (round &- 8) &+ 3)
    }
    return avalanche(sum &+ mix16(base + count - 16, 136 - 17))
  }

  @inline(__always)
  private static func mix16(_ base: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
    apus_fold(apus_load_u64(base) ^ secret(offset), apus_load_u64(base + 8) ^ secret(offset &+ 8))
  }

  private static func hashLong(_ base: UnsafePointer<UInt8>, _ count: Int) -> UInt64 {
    var lanes = SIMD8<UInt64>(
      prime32x3, prime64x1, prime64x2, prime64x3, prime64x4, prime32x2, prime64x5, prime32x1)
    let stripesPerBlock = (secretCount - stripeCount) / 8
    let blockCount = stripeCount * stripesPerBlock
    let blocks = (count &- 1) / blockCount
    for block in 0..<blocks {
      let start = base + block * blockCount
      for stripe in 0..<stripesPerBlock {
        accumulate(&lanes, start + stripe * stripeCount, 8 &* stripe)
      }
      scramble(&lanes)
    }
    let rest = base + blocks * blockCount
    for stripe in 0..<((count &- 1 &- blocks &* blockCount) / stripeCount) {
      accumulate(&lanes, rest + stripe * stripeCount, 8 &* stripe)
    }
    accumulate(&lanes, base + count - stripeCount, secretCount - stripeCount - 7)
    return merge(lanes, UInt64(count) &* prime64x1)
  }

  @inline(__always)
  private static func accumulate(
    _ lanes: inout SIMD8<UInt64>, _ base: UnsafePointer<UInt8>, _ offset: Int
  ) {
    for lane in 0..<8 {
      let value = apus_load_u64(base + 8 * lane)
      let key = value ^ secret(offset &+ 8 &* lane)
      lanes[lane ^ 1] = lanes[lane ^ 1] &+ value
      lanes[lane] = lanes[lane] &+ (key & 0xffff_ffff) &* (key &>> 32)
    }
  }

  @inline(__always)
  private static func scramble(_ lanes: inout SIMD8<UInt64>) {
    for lane in 0..<8 {
      let value = lanes[lane]
      lanes[lane] =
        (value ^ value &>> 47 ^ secret(secretCount - stripeCount + 8 * lane)) &* prime32x1
    }
  }

  private static func merge(_ lanes: SIMD8<UInt64>, _ start: UInt64) -> UInt64 {
    var sum = start
    for pair in 0..<4 {
      let left = lanes[2 &* pair] ^ secret(11 &+ 16 &* pair)
      let right = lanes[2 &* pair &+ 1] ^ secret(19 &+ 16 &* pair)
      sum = sum &+ apus_fold(left, right)
    }
    return avalanche(sum)
  }

  @inline(__always)
  private static func avalanche(_ value: UInt64) -> UInt64 {
    let mixed = (value ^ value &>> 37) &* 0x1656_6791_9e37_79f9
    return mixed ^ mixed &>> 32
  }

  /// The finish of XXH64, which the shortest inputs kept.
  @inline(__always)
  private static func avalancheOld(_ value: UInt64) -> UInt64 {
    var mixed = (value ^ value &>> 33) &* prime64x2
    mixed = (mixed ^ mixed &>> 29) &* prime64x3
    return mixed ^ mixed &>> 32
  }

  @inline(__always)
  private static func rotateLeft(_ value: UInt64, _ bits: UInt64) -> UInt64 {
    value &<< bits | value &>> (64 &- bits)
  }

  /// Eight bytes of the published secret. REQUIRES: offset <= 184.
  @inline(__always)
  private static func secret(_ offset: Int) -> UInt64 {
    apus_load_u64(apus_xxh3_secret_bytes() + offset)
  }
}
