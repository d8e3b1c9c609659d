import CPrimitives

/// A sketch of a set that tells how many different elements it has seen, within 0.81 % standard
/// error, in at most 12 KiB. Byte for byte the HyperLogLog of Redis, which is a string there and
/// here: GET, SET, RDB and DUMP copy it.
///
///     | "HYLL" 4 | encoding 1 | unused 3 | cached count 8 | registers ... |
///
///     dense:   16384 registers of six bits; four in three bytes, the first in the lowest bits
///     sparse:  runs of equal registers, from register 0 to 16383
///              00llllll           l + 1 registers that are 0                   "ZERO"
///              01llllll llllllll  l + 1 registers that are 0, high bits first  "XZERO"
///              1vvvvvll           l + 1 registers that are v + 1               "VAL"
///
/// An element's hash chooses a register and gives a rank, the number of zero bits up to the first
/// one; the register keeps the greatest rank. A set that has seen little is sparse; it becomes
/// dense for good when a register exceeds 32 or the bytes exceed `hll-sparse-max-bytes`.
///
/// The cached count is that of the last PFCOUNT, valid while its highest bit is 0.
///
/// Invariants: none that a reader may rely on. The string can be whatever a client wrote with SET
/// or SETRANGE, so `init` checks the header and the dense length, and whoever walks sparse runs
/// checks at each that it ends within the registers and the bytes.
///
/// Ownership: none; a handle on bytes that belong to a string. INVALIDATED by what changes that.
///
/// Complexity: O(1) to add to a dense one; to a sparse one linear in its bytes, sixteen at a time.
/// O(registers) to count, merge and convert.
///
/// The alternative that lost: a byte for each register, which needs no unpacking, takes a third
/// more memory and is not what Redis' files hold.
package struct HyperLogLog {
  package let base: UnsafeMutablePointer<UInt8>
  package let byteCount: Int

  package static let registerCount = Int(apus_hll_register_count)
  package static let headerByteCount = 16
  package static let denseByteCount = headerByteCount + Int(apus_hll_dense_byte_count)
  /// Bytes of a sparse one that has seen nothing.
  package static let emptyByteCount = headerByteCount + 2
  /// The greatest register: a hash has so many bits behind the choice of a register, and one more
  /// for a hash in which all of them are zero.
  static let rankMax: UInt8 = 51

  /// Whether the processor has the vectors that registers can be worked on with.
  package static var hasVectors: Bool { apus_hll_best() != APUS_HLL_PORTABLE }

  package enum Encoding: UInt8 {
    case dense = 0
    case sparse = 1
  }

  /// Nil if the bytes have not the header of one, or not the length of a dense one.
  @inline(__always)
  package init?(_ bytes: ByteView) {
    guard bytes.count >= Self.headerByteCount, apus_load_u32(bytes.base) == Self.magic,
      let encoding = Encoding(rawValue: bytes.base[4]),
      encoding == .sparse || bytes.count == Self.denseByteCount
    else { return nil }
    base = UnsafeMutablePointer(mutating: bytes.base)
    byteCount = bytes.count
  }

  /// The same one after its bytes have moved or changed. REQUIRES: they have a header.
  @inline(__always)
  package init(_ base: UnsafeMutablePointer<UInt8>, byteCount: Int) {
    self.base = base
    self.byteCount = byteCount
  }

  /// Writes one that has seen nothing. REQUIRES: room for `emptyByteCount`.
  package static func writeEmpty(to target: UnsafeMutablePointer<UInt8>) {
    target.update(repeating: 0, count: headerByteCount)
    UnsafeMutableRawPointer(target).storeBytes(of: magic, as: UInt32.self)
    target[4] = Encoding.sparse.rawValue
    target[headerByteCount] = 0x7f
    target[headerByteCount + 1] = 0xff
  }

  // MARK: Header

  /// "HYLL", the low byte first.
  private static let magic: UInt32 = 0x4c4c_5948

  @inline(__always)
  package var encoding: Encoding { base[4] == Encoding.dense.rawValue ? .dense : .sparse }

  /// What the last count gave, unless a register has changed since.
  package var cachedCount: Int64? {
    let count = Int64(bitPattern: apus_load_u64(base + 8))
    return count < 0 ? nil : count
  }

  package func cache(_ count: Int64) {
    UnsafeMutableRawPointer(base + 8).storeBytes(of: count, as: Int64.self)
  }

  /// Makes the cached count invalid, as every change of a register must.
  @inline(__always)
  package func invalidateCache() { base[15] |= 0x80 }

  /// The registers' bytes.
  @inline(__always)
  var registers: UnsafeMutablePointer<UInt8> { base + Self.headerByteCount }
}

/// Where an element goes: its register and the rank that this has seen with it.
package struct HyperLogLogElement {
  package let register: Int
  package let rank: UInt8

  private static let seed: UInt64 = 0xadc8_3b19

  @inline(__always)
  package init(_ bytes: ByteView) {
    let hash = MurmurHash64A.hash(bytes, seed: Self.seed)
    register = Int(hash & UInt64(HyperLogLog.registerCount &- 1))
    let rest = hash &>> 14 | 1 << 50
    rank = UInt8(truncatingIfNeeded: rest.trailingZeroBitCount &+ 1)
  }

  package init(register: Int, rank: UInt8) {
    self.register = register
    self.rank = rank
  }
}
