import CPrimitives

/// What SHA-1 and SHA-256 share: cutting a stream into blocks of sixteen big-endian words, and the
/// padding at its end (a one bit, zeros, the length in bits).
///
/// The unfinished block is kept as a vector of words, not bytes: no buffer to own, and
/// `compress` is handed what it works on. `used` < 64 between calls.
struct DigestBlock {
  private var words = SIMD16<UInt32>(repeating: 0)
  private var used = 0
  private var total: UInt64 = 0

  mutating func absorb(_ bytes: ByteView, _ compress: (SIMD16<UInt32>) -> Void) {
    total &+= UInt64(truncatingIfNeeded: bytes.count)
    var at = 0
    while at < bytes.count {
      if used == 0, bytes.count &- at >= 64 {
        compress(Self.load(bytes.base + at))
        at &+= 64
      } else {
        append(bytes[at], compress)
        at &+= 1
      }
    }
  }

  mutating func finish(_ compress: (SIMD16<UInt32>) -> Void) {
    let bits = total &* 8
    append(0x80, compress)
    while used != 56 { append(0, compress) }
    words[14] = UInt32(truncatingIfNeeded: bits >> 32)
    words[15] = UInt32(truncatingIfNeeded: bits)
    compress(words)
  }

  @inline(__always)
  private mutating func append(_ byte: UInt8, _ compress: (SIMD16<UInt32>) -> Void) {
    let word = used >> 2
    words[word] = words[word] << 8 | UInt32(byte)
    used &+= 1
    if used == 64 {
      compress(words)
      used = 0
    }
  }

  @inline(__always)
  private static func load(_ base: UnsafePointer<UInt8>) -> SIMD16<UInt32> {
    var words = SIMD16<UInt32>()
    for index in 0..<16 { words[index] = apus_load_u32(base + index &* 4).byteSwapped }
    return words
  }
}

@inline(__always)
func rotateLeft(_ value: UInt32, _ bits: UInt32) -> UInt32 {
  value &<< bits | value &>> (32 &- bits)
}

@inline(__always)
func rotateRight(_ value: UInt32, _ bits: UInt32) -> UInt32 {
  value &>> bits | value &<< (32 &- bits)
}

@inline(__always)
func storeBigEndian(_ word: UInt32, to target: UnsafeMutablePointer<UInt8>) {
  for index in 0..<4 {
    target[index] = UInt8(truncatingIfNeeded: word &>> UInt32(24 &- 8 &* index))
  }
}
