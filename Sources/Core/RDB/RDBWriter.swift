import CPrimitives

/// Writes numbers and strings as RDB files have them, into memory or through a buffer to where
/// `drain` takes them.
///
/// A failure of `drain` is noted and ends all writing: `hasFailed` is asked once at the end and
/// wherever it pays to stop early, not after each call.
///
/// Ownership: owns its blocks, all of which exist when `init` returns, so that a forked child that
/// writes through it allocates nothing but for strings larger than any before.
package struct RDBWriter: ~Copyable {
  /// Takes bytes away; false if that failed.
  package typealias Drain = (UnsafeRawPointer, Int) -> Bool

  private var base: UnsafeMutablePointer<UInt8>
  private var count = 0
  private var capacity: Int
  private let drain: Drain?
  private let compresses: Bool
  private let checksums: Bool
  private var crc: UInt64 = 0
  /// What the compressor remembers.
  private let compressor: UnsafeMutableRawPointer
  private var scratch = ScratchBlock()
  /// Strings in a row that compression has not made shorter.
  private var incompressibleCount = 0
  package private(set) var hasFailed = false
  /// Bytes that `drain` has taken.
  package private(set) var drainedByteCount = 0

  private static let bufferByteCount = 256 * 1024
  private static let compressorByteCount = Int(APUS_LZF_STATE_SIZE)

  /// Writes to memory, which is `view`.
  package init(compresses: Bool) {
    self.init(capacity: 256, compresses: compresses, checksums: false, drain: nil)
  }

  /// Writes through a buffer to `drain`.
  package init(compresses: Bool, checksums: Bool, drain: @escaping Drain) {
    self.init(
      capacity: Self.bufferByteCount, compresses: compresses, checksums: checksums, drain: drain)
  }

  private init(capacity: Int, compresses: Bool, checksums: Bool, drain: Drain?) {
    self.capacity = capacity
    self.compresses = compresses
    self.checksums = checksums
    self.drain = drain
    base = Allocation.allocate(capacity).assumingMemoryBound(to: UInt8.self)
    compressor = Allocation.allocateZeroed(Self.compressorByteCount)
  }

  deinit {
    Allocation.free(base, capacity)
    Allocation.free(compressor, Self.compressorByteCount)
    scratch.free()
  }

  /// What has been written and not been drained. Lifetime: until the next call.
  package var view: ByteView { ByteView(base, count: count) }

  /// Bytes written so far.
  package var byteCount: Int { drainedByteCount + count }

  // MARK: Bytes

  /// Makes room for `extra` bytes behind the end. REQUIRES: no more than a buffer if there is one.
  @inline(__always)
  private mutating func reserve(_ extra: Int) {
    if capacity - count < extra { makeRoom(extra) }
  }

  @inline(never)
  private mutating func makeRoom(_ extra: Int) {
    if drain != nil { return flush() }
    let larger = max(2 * capacity, count + extra)
    base = Allocation.reallocate(base, from: capacity, to: larger)
      .assumingMemoryBound(to: UInt8.self)
    capacity = larger
  }

  /// Drains the buffer. What is written to memory stays there.
  package mutating func flush() {
    if drain == nil { return }
    take(base, count)
    count = 0
  }

  private mutating func take(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
    guard let drain, !hasFailed, count > 0 else { return }
    if checksums { crc = RDBFormat.checksum(ByteView(bytes, count: count), after: crc) }
    if !drain(bytes, count) { hasFailed = true }
    drainedByteCount += count
  }

  /// Flushes, and returns the CRC-64 of all bytes so far.
  package mutating func checksum() -> UInt64 {
    flush()
    return crc
  }

  @inline(__always)
  package mutating func byte(_ value: UInt8) {
    reserve(1)
    base[count] = value
    count &+= 1
  }

  /// Bytes as they are.
  @inline(__always)
  package mutating func raw(_ bytes: ByteView) {
    if drain != nil, bytes.count > capacity / 4 { return rawAtOnce(bytes) }
    reserve(bytes.count)
    apus_copy(base + count, bytes.base, bytes.count)
    count &+= bytes.count
  }

  /// Past the buffer, which is not worth filling.
  @inline(never)
  private mutating func rawAtOnce(_ bytes: ByteView) {
    flush()
    take(bytes.base, bytes.count)
  }

  // MARK: Numbers

  /// A number in its own bytes, the low one first.
  @inline(__always)
  package mutating func integer<Number: FixedWidthInteger>(_ value: Number) {
    let size = MemoryLayout<Number>.size
    reserve(size)
    UnsafeMutableRawPointer(base + count).storeBytes(of: value.littleEndian, as: Number.self)
    count &+= size
  }

  package mutating func double(_ value: Double) { integer(value.bitPattern) }

  /// A length or another number of up to 64 bits, in the shortest form.
  @inline(__always)
  package mutating func number(_ value: Int) {
    reserve(RDBFormat.lengthByteCountMax)
    if value < 1 << 6 {
      base[count] = UInt8(truncatingIfNeeded: value)
      count &+= 1
    } else if value < 1 << 14 {
      base[count] = 0x40 | UInt8(truncatingIfNeeded: value >> 8)
      base[count &+ 1] = UInt8(truncatingIfNeeded: value)
      count &+= 2
    } else {
      longNumber(value)
    }
  }

  private mutating func longNumber(_ value: Int) {
    if let short = UInt32(exactly: value) {
      byte(RDBFormat.length32)
      integer(short.byteSwapped)
    } else {
      byte(RDBFormat.length64)
      integer(UInt64(value).byteSwapped)
    }
  }

  // MARK: Strings

  /// A string in its shortest form: an integer, compressed, or as it is.
  @inline(__always)
  package mutating func string(_ bytes: ByteView) {
    if bytes.count <= RDBFormat.integerTextByteCountMax {
      if let number = bytes.parseInteger(), let short = Int32(exactly: number) {
        return integerString(short)
      }
    } else if compresses, bytes.count >= RDBFormat.compressedByteCountMin, compressed(bytes) {
      return
    }
    number(bytes.count)
    raw(bytes)
  }

  /// An integer as a string.
  @inline(__always)
  package mutating func string(_ number: Int64) {
    if let short = Int32(exactly: number) { return integerString(short) }
    reserve(1 + IntegerText.maximumCount)
    let length = IntegerText.write(number, to: base + count + 1)
    base[count] = UInt8(truncatingIfNeeded: length)
    count &+= 1 &+ length
  }

  package mutating func string(_ element: ListpackElement) {
    switch element {
    case .integer(let number): string(number)
    case .bytes(let bytes): string(bytes)
    }
  }

  private mutating func integerString(_ number: Int32) {
    if let short = Int8(exactly: number) {
      byte(RDBFormat.integer8)
      integer(short)
    } else if let short = Int16(exactly: number) {
      byte(RDBFormat.integer16)
      integer(short)
    } else {
      byte(RDBFormat.integer32)
      integer(number)
    }
  }

  /// Where many short strings in a row could not be compressed, only some of the next are tried:
  /// data without repetition would cost as much as all the rest of the writing.
  private mutating func isWorthTrying(_ count: Int) -> Bool {
    if incompressibleCount < Self.patience || count >= Self.longByteCount { return true }
    incompressibleCount &+= 1
    return incompressibleCount & 7 == 0
  }

  private static let patience = 64
  private static let longByteCount = 1024

  /// Writes the string compressed if that saves more than it costs, and returns whether it did.
  private mutating func compressed(_ bytes: ByteView) -> Bool {
    // A position is 32 bits wide.
    guard bytes.count <= Int(UInt32.max), isWorthTrying(bytes.count) else { return false }
    let isShort = bytes.count <= Self.shortByteCountMax
    let hasGained = isShort ? compressedInPlace(bytes) : compressedAside(bytes)
    incompressibleCount = hasGained ? 0 : incompressibleCount &+ 1
    return hasGained
  }

  /// The compressed forms of no longer strings have lengths of one byte.
  private static let shortByteCountMax = 67

  /// Shorter by so much, or compression does not pay.
  private static let gainMin = 4

  /// Straight to where it belongs, because how long the header before it is is known.
  @inline(__always)
  private mutating func compressedInPlace(_ bytes: ByteView) -> Bool {
    let headerByteCount = bytes.count < 1 << 6 ? 3 : 4
    let room = bytes.count &+ Int(APUS_LZF_SLACK)
    reserve(headerByteCount &+ room)
    let length = compress(bytes, to: base + count + headerByteCount, room)
    if length > bytes.count &- Self.gainMin { return false }
    // All room is there already, so that none of these moves what lies behind the end.
    byte(RDBFormat.compressed)
    number(length)
    number(bytes.count)
    count &+= length
    return true
  }

  private mutating func compressedAside(_ bytes: ByteView) -> Bool {
    let room = bytes.count &+ Int(APUS_LZF_SLACK)
    let target = scratch.room(room)
    let length = compress(bytes, to: target, room)
    if length == 0 || length > bytes.count &- Self.gainMin { return false }
    byte(RDBFormat.compressed)
    number(length)
    number(bytes.count)
    raw(ByteView(target, count: length))
    return true
  }

  @inline(__always)
  private func compress(
    _ bytes: ByteView, to target: UnsafeMutablePointer<UInt8>, _ room: Int
  ) -> Int {
    apus_lzf_compress(bytes.base, bytes.count, target, room, OpaquePointer(compressor))
  }
}
