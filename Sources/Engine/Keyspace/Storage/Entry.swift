import CPrimitives
import Core

/// A key with its value: one allocation that holds everything a command on a small value touches.
///
///     | type+encoding 1 | access clock 3 | flags 1 | key length 1 | inline length 2 |
///     [ deadline 8 ][ payload 8 ][ long key length 8 ] key bytes, inline value bytes
///
/// The fields in brackets exist only if a flag, the encoding or the length says so:
/// - deadline: unix time in milliseconds, when `flags` has `hasDeadline`;
/// - payload: the integer of an `integer` string, or a pointer to what is not stored inline;
/// - long key length: when the one-byte length is 255.
///
/// The eight-byte header was chosen over sixteen (Redis' object): a 16-byte key with a 64-byte
/// value fits 88 bytes, not 96.
///
/// Invariants: the block's size class is that of `byteCount`, so its size is never stored; changing
/// a part in place is allowed exactly when the class stays the same.
/// Ownership: the table that points to it owns it; `payload` pointers are owned by the entry.
/// Lifetime: any call that changes the key's size or removes it invalidates the entry.
struct Entry: Equatable {
  let base: UnsafeMutablePointer<UInt8>

  @inline(__always)
  init(_ base: UnsafeMutablePointer<UInt8>) { self.base = base }

  static let headerByteCount = 8
  /// Values up to this size lie in the entry; larger ones in a block of their own.
  static let inlineByteCountMax = 4096
  private static let longKeyLength: UInt8 = 255

  struct Flags {
    static let hasDeadline: UInt8 = 1
    /// A short string that Redis would call raw, because it was changed in place.
    static let isRaw: UInt8 = 2
    /// A list that Redis would keep as one listpack, although it is a quicklist here.
    static let isCompact: UInt8 = 4
  }

  // MARK: Header

  @inline(__always)
  private var word: UnsafeMutablePointer<UInt32> {
    UnsafeMutableRawPointer(base).assumingMemoryBound(to: UInt32.self)
  }

  /// Type in the low four bits, encoding in the high four.
  @inline(__always)
  var kind: UInt8 { base[0] }

  @inline(__always)
  var type: ValueType { ValueType(rawValue: kind & 15) ?? .string }

  @inline(__always)
  var encoding: Encoding { Encoding(rawValue: kind >> 4) ?? .inline }

  /// REQUIRES: both encodings have a payload.
  @inline(__always)
  func setEncoding(_ encoding: Encoding) { base[0] = kind & 15 | encoding.rawValue << 4 }

  @inline(__always)
  var isString: Bool { kind & 15 == ValueType.string.rawValue }

  /// The 24 bits that LRU or LFU keep.
  var accessClock: UInt32 {
    @inline(__always) get { word.pointee >> 8 }
    @inline(__always) nonmutating set { word.pointee = (word.pointee & 0xff) | newValue << 8 }
  }

  var flags: UInt8 {
    @inline(__always) get { base[4] }
    @inline(__always) nonmutating set { base[4] = newValue }
  }

  @inline(__always)
  var hasDeadline: Bool { flags & Flags.hasDeadline != 0 }

  // MARK: Parts

  @inline(__always)
  private var deadlineByteCount: Int { Int(flags & Flags.hasDeadline) << 3 }

  /// Unix time in milliseconds. REQUIRES: `hasDeadline`.
  var deadline: Int64 {
    @inline(__always) get {
      UnsafeRawPointer(base + 8).loadUnaligned(as: Int64.self)
    }
    @inline(__always) nonmutating set {
      UnsafeMutableRawPointer(base + 8).storeBytes(of: newValue, as: Int64.self)
    }
  }

  @inline(__always)
  private var hasPayload: Bool { kind >> 4 != Encoding.inline.rawValue }

  @inline(__always)
  private var payloadAddress: UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(base + Self.headerByteCount + deadlineByteCount)
  }

  /// REQUIRES: an encoding with a payload.
  var payload: UInt64 {
    @inline(__always) get { payloadAddress.loadUnaligned(as: UInt64.self) }
    @inline(__always) nonmutating set { payloadAddress.storeBytes(of: newValue, as: UInt64.self) }
  }

  @inline(__always)
  private var partsEnd: Int {
    Self.headerByteCount + deadlineByteCount + (hasPayload ? 8 : 0)
  }

  @inline(__always)
  var key: ByteView {
    let start = partsEnd
    let short = base[5]
    if short != Self.longKeyLength { return ByteView(base + start, count: Int(short)) }
    let count = UnsafeRawPointer(base + start).loadUnaligned(as: Int.self)
    return ByteView(base + start + 8, count: count)
  }

  /// Length of the inline value; 0 for other encodings.
  @inline(__always)
  private var inlineByteCount: Int {
    Int(UnsafeRawPointer(base).loadUnaligned(fromByteOffset: 6, as: UInt16.self))
  }

  /// The value's bytes. REQUIRES: encoding `inline`.
  @inline(__always)
  var inlineValue: ByteView {
    let key = key
    return ByteView(key.base + key.count, count: inlineByteCount)
  }

  /// Bytes that the entry needs; its allocation has the size class of this number.
  @inline(__always)
  var byteCount: Int {
    let key = key
    return (key.base - UnsafePointer(base)) + key.count + inlineByteCount
  }

  // MARK: Making

  /// What an entry is to hold, before it exists.
  struct Shape {
    var type = ValueType.string
    var encoding = Encoding.inline
    var keyByteCount = 0
    var inlineByteCount = 0
    var hasDeadline = false

    @inline(__always)
    var keyOffset: Int {
      Entry.headerByteCount + (hasDeadline ? 8 : 0) + (encoding == .inline ? 0 : 8)
        + (keyByteCount >= Int(Entry.longKeyLength) ? 8 : 0)
    }

    @inline(__always)
    var byteCount: Int { keyOffset + keyByteCount + inlineByteCount }
  }

  /// Writes header and lengths; key, value, deadline and payload are the caller's to fill in.
  @inline(__always)
  func writeHeader(_ shape: Shape, accessClock: UInt32, flags: UInt8) {
    word.pointee =
      UInt32(shape.type.rawValue) | UInt32(shape.encoding.rawValue) << 4 | accessClock << 8
    base[4] = (flags & ~Flags.hasDeadline) | (shape.hasDeadline ? Flags.hasDeadline : 0)
    UnsafeMutableRawPointer(base).storeBytes(
      of: UInt16(truncatingIfNeeded: shape.inlineByteCount), toByteOffset: 6, as: UInt16.self)
    if shape.keyByteCount >= Int(Self.longKeyLength) {
      base[5] = Self.longKeyLength
      UnsafeMutableRawPointer(base).storeBytes(
        of: shape.keyByteCount, toByteOffset: shape.keyOffset - 8, as: Int.self)
    } else {
      base[5] = UInt8(truncatingIfNeeded: shape.keyByteCount)
    }
  }

  /// A new entry with header and key. OWNERSHIP: the caller puts it into a table or frees it.
  @inline(__always)
  static func make(_ shape: Shape, key: ByteView, accessClock: UInt32) -> Entry {
    let block = Allocation.allocate(shape.byteCount).assumingMemoryBound(to: UInt8.self)
    let entry = Entry(block)
    entry.writeHeader(shape, accessClock: accessClock, flags: 0)
    apus_copy(block + shape.keyOffset, key.base, key.count)
    return entry
  }

  /// The shape that the entry has now.
  @inline(__always)
  var shape: Shape {
    Shape(
      type: type, encoding: encoding, keyByteCount: key.count, inlineByteCount: inlineByteCount,
      hasDeadline: hasDeadline)
  }

  @inline(__always)
  func setInlineByteCount(_ count: Int) {
    UnsafeMutableRawPointer(base).storeBytes(
      of: UInt16(truncatingIfNeeded: count), toByteOffset: 6, as: UInt16.self)
  }

  /// Frees the entry's own block, not what its payload points to.
  @inline(__always)
  func freeBlock() { Allocation.free(base, byteCount) }
}
