import CPrimitives

/// Reads numbers and strings of an RDB file, or of DUMP's payload, from memory or from a source
/// that hands it out in pieces.
///
///     source ──fill──►  | kept for a pair | read | not read yet |        window
///                       mark              cursor               limit
///
/// The window is a block of 256 KiB; a string that is longer makes it larger, as its bytes come and
/// never beyond what the source still has. So a length that lies costs no memory. Strings are lent
/// where they lie in the window, or, if they are compressed or an integer, in a scratch block.
///
/// Ownership: owns window and scratch blocks. Lifetime: a view that was handed out ends with the
/// next read. The checksum covers all bytes up to the cursor.
///
/// The alternative that lost: mapping the file. It needs no window, but a file that another process
/// cuts short while it is read ends the process with a signal, and a socket cannot be mapped.
package struct RDBReader: ~Copyable {
  /// Puts up to so many bytes to a place; returns how many, 0 at the end.
  package typealias Fill = (UnsafeMutableRawPointer, Int) throws(RDBError) -> Int

  private var cursor: UnsafePointer<UInt8>
  private var limit: UnsafePointer<UInt8>
  /// Bytes from here on stay when the window moves; nil for those from the cursor on.
  private var mark: UnsafePointer<UInt8>?
  private var window: UnsafeMutablePointer<UInt8>?
  private var capacity = 0
  private let fill: Fill?
  /// What the source still has beyond the window.
  private var unread: Int
  /// Offset in the source of the window's first byte, or of the memory's.
  private var startOffset = 0
  private var start: UnsafePointer<UInt8>
  /// Two, so that a pair has one each.
  private let scratch: UnsafeMutablePointer<ScratchBlock>

  private var crc: UInt64 = 0
  private var checksumStart: UnsafePointer<UInt8>

  /// No string may be longer once it is expanded.
  private let stringByteCountMax: Int

  package static let windowByteCount = 256 * 1024

  /// Reads bytes that stay where they are. Who has sent them may have few of them stand for many:
  /// `stringByteCountMax` bounds that.
  package init(_ bytes: ByteView, stringByteCountMax: Int = .max) {
    self.stringByteCountMax = stringByteCountMax
    cursor = bytes.base
    limit = bytes.base + bytes.count
    start = cursor
    checksumStart = cursor
    fill = nil
    unread = 0
    scratch = Self.makeScratch()
  }

  /// Reads from a source that has `byteCount` bytes; the largest number where that is not known.
  package init(byteCount: Int, fill: @escaping Fill) {
    stringByteCountMax = .max
    capacity = Self.windowByteCount
    let block = Allocation.allocate(capacity).assumingMemoryBound(to: UInt8.self)
    window = block
    cursor = UnsafePointer(block)
    limit = cursor
    start = cursor
    checksumStart = cursor
    unread = byteCount
    self.fill = fill
    scratch = Self.makeScratch()
  }

  private static func makeScratch() -> UnsafeMutablePointer<ScratchBlock> {
    let blocks = UnsafeMutablePointer<ScratchBlock>.allocate(capacity: 2)
    blocks.initialize(repeating: ScratchBlock(), count: 2)
    return blocks
  }

  deinit {
    if let window { Allocation.free(window, capacity) }
    scratch[0].free()
    scratch[1].free()
    scratch.deallocate()
  }

  // MARK: Where it stands

  /// Bytes read so far.
  package var offset: Int { startOffset + (cursor - start) }

  /// At most so many bytes are still to come.
  package var remaining: Int {
    let (sum, overflow) = unread.addingReportingOverflow(limit - cursor)
    return overflow ? .max : sum
  }

  /// CRC-64 of all bytes read so far.
  package mutating func checksum() -> UInt64 {
    crc = RDBFormat.checksum(
      ByteView(checksumStart, count: cursor - checksumStart), after: crc)
    checksumStart = cursor
    return crc
  }

  // MARK: The window

  /// Makes sure that `count` bytes lie at the cursor.
  @inline(__always)
  private mutating func require(_ count: Int) throws(RDBError) {
    if limit - cursor < count { try refill(count) }
  }

  @inline(never)
  private mutating func refill(_ count: Int) throws(RDBError) {
    guard let fill, count <= remaining else { throw .truncated }
    _ = checksum()
    let kept = mark ?? cursor
    let keptCount = limit - kept
    let target = cursor - kept + count
    moveToFront(kept, keptCount)
    var filled = keptCount
    while filled < target {
      if filled == capacity { grow(filled) }
      guard let window else { throw .truncated }
      let got = try fill(window + filled, min(capacity - filled, unread))
      if got <= 0 { throw .truncated }
      filled += got
      unread -= got
      limit += got
    }
  }

  /// Moves the bytes from `kept` on to the front of the window.
  private mutating func moveToFront(_ kept: UnsafePointer<UInt8>, _ count: Int) {
    guard let window else { return }
    window.update(from: kept, count: count)
    let distance = kept - UnsafePointer(window)
    startOffset += distance
    cursor -= distance
    limit -= distance
    checksumStart -= distance
    if mark != nil { mark = UnsafePointer(window) }
  }

  /// Doubles the window, of which `filled` bytes are in use.
  private mutating func grow(_ filled: Int) {
    guard let old = window else { return }
    let larger = Allocation.allocate(2 * capacity).assumingMemoryBound(to: UInt8.self)
    larger.update(from: old, count: filled)
    let cursorOffset = cursor - start
    Allocation.free(old, capacity)
    capacity *= 2
    window = larger
    start = UnsafePointer(larger)
    cursor = start + cursorOffset
    checksumStart = cursor
    limit = start + filled
    if mark != nil { mark = start }
  }

  // MARK: Numbers

  @inline(__always)
  package mutating func byte() throws(RDBError) -> UInt8 {
    try require(1)
    let value = cursor.pointee
    cursor += 1
    return value
  }

  /// So many bytes as they are.
  @inline(__always)
  package mutating func bytes(_ count: Int) throws(RDBError) -> ByteView {
    guard count >= 0 else { throw .truncated }
    try require(count)
    let view = ByteView(cursor, count: count)
    cursor += count
    return view
  }

  /// A number in so many bytes, the low one first.
  package mutating func integer<Number: FixedWidthInteger>(
    _: Number.Type
  ) throws(RDBError) -> Number {
    let place = UnsafeRawPointer(try bytes(MemoryLayout<Number>.size).base)
    return Number(littleEndian: place.loadUnaligned(as: Number.self))
  }

  /// A double in eight bytes. It may be no number.
  package mutating func double() throws(RDBError) -> Double {
    Double(bitPattern: try integer(UInt64.self))
  }

  /// A double as text behind its length, as the oldest files have scores.
  package mutating func textDouble() throws(RDBError) -> Double {
    switch try byte() {
    case 255: return -.infinity
    case 254: return .infinity
    case 253: return .nan
    case let count:
      guard let value = try bytes(Int(count)).parseDouble() else {
        throw .corrupt("a score that is no number")
      }
      return value
    }
  }

  /// A length or another number of up to 64 bits.
  @inline(__always)
  package mutating func number() throws(RDBError) -> UInt64 {
    let head = try byte()
    if head < 0x40 { return UInt64(head) }
    return try longNumber(head)
  }

  private mutating func longNumber(_ head: UInt8) throws(RDBError) -> UInt64 {
    switch head {
    case ..<0x80: return UInt64(head & 0x3F) << 8 | UInt64(try byte())
    case RDBFormat.length32: return UInt64(UInt32(bigEndian: try integer(UInt32.self).littleEndian))
    case RDBFormat.length64: return UInt64(bigEndian: try integer(UInt64.self).littleEndian)
    default: throw .corrupt("a length of an unknown form")
    }
  }

  /// How many elements there are to come, each of at least `byteCountMin` bytes.
  @inline(__always)
  package mutating func count(elementByteCountMin byteCountMin: Int = 1) throws(RDBError) -> Int {
    let number = try number()
    guard number <= UInt64(remaining / byteCountMin) else { throw .truncated }
    return Int(number)
  }

  // MARK: Strings

  /// A string. A compressed one is expanded, an integer becomes its digits.
  @inline(__always)
  package mutating func string() throws(RDBError) -> ByteView {
    try require(1)
    let head = cursor.pointee
    if head < 0x40 {
      cursor += 1
      return try bytes(Int(head))
    }
    switch try longElement(scratch) {
    case .bytes(let bytes): return bytes
    case .integer(let number): return scratch[0].text(of: number)
    }
  }

  /// A string, as the integer that it stands as or as bytes, which may still be an integer's text.
  @inline(__always)
  package mutating func element() throws(RDBError) -> ListpackElement {
    try require(1)
    let head = cursor.pointee
    if head < 0x40 {
      cursor += 1
      return .bytes(try bytes(Int(head)))
    }
    return try longElement(scratch)
  }

  /// Two strings; both are valid until the next read.
  package mutating func pair() throws(RDBError) -> (ByteView, ByteView) {
    let first = try string()
    guard first.base >= start, first.base < limit else {
      // It lies in the first scratch block, or is empty.
      return (first, try secondString())
    }
    // Without a source nothing moves.
    mark = first.base
    defer { mark = nil }
    let second = try secondString()
    let base = fill == nil ? first.base : mark ?? first.base
    return (ByteView(base, count: first.count), second)
  }

  private mutating func secondString() throws(RDBError) -> ByteView {
    switch try longElement(scratch + 1) {
    case .bytes(let bytes): return bytes
    case .integer(let number): return scratch[1].text(of: number)
    }
  }

  private mutating func longElement(
    _ scratch: UnsafeMutablePointer<ScratchBlock>
  ) throws(RDBError) -> ListpackElement {
    let head = try byte()
    switch head {
    case ..<0x40: return .bytes(try bytes(Int(head)))
    case RDBFormat.integer8: return .integer(Int64(try integer(Int8.self)))
    case RDBFormat.integer16: return .integer(Int64(try integer(Int16.self)))
    case RDBFormat.integer32: return .integer(Int64(try integer(Int32.self)))
    case RDBFormat.compressed: return .bytes(try expanded(scratch))
    default:
      let count = try longNumber(head)
      guard count <= UInt64(remaining) else { throw .truncated }
      return .bytes(try bytes(Int(count)))
    }
  }

  private mutating func expanded(
    _ scratch: UnsafeMutablePointer<ScratchBlock>
  ) throws(RDBError) -> ByteView {
    let compressedCount = try number()
    let count = try number()
    guard compressedCount <= UInt64(remaining) else { throw .truncated }
    guard count > 0, count / UInt64(APUS_LZF_EXPANSION_MAX) <= compressedCount else {
      throw .corrupt("a compressed string cannot be so long")
    }
    guard count <= UInt64(stringByteCountMax) else {
      throw .corrupt("a compressed string is too long")
    }
    let source = try bytes(Int(compressedCount))
    let target = scratch.pointee.room(Int(count))
    guard apus_lzf_expand(source.base, source.count, target, Int(count)) == Int(count) else {
      throw .corrupt("a compressed string is damaged")
    }
    return ByteView(target, count: Int(count))
  }
}
