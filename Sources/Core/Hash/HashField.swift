import CPrimitives

/// A field of a large hash with its value, in one allocation.
///
///     | flags 1 | field length 1 | value length 2 |
///     [ deadline 8, place 8 ][ long field length 8 ][ long value length 8 ]
///     field bytes, value bytes
///
/// What stands in brackets exists only if `flags` or a length (255, 65535) says so. The value lies
/// behind the field, so that a new value of the same size class is written in place. `place` is
/// that of the record in its hash's `DeadlineHeap`.
///
/// Ownership: the hash's. Lifetime: a change of the value may move it.
package struct HashField: MemberRecord {
  package let address: UnsafeMutableRawPointer

  private static let headerByteCount = 4
  private static let longFieldLength: UInt8 = 255
  private static let longValueLength: UInt16 = 65535
  private static let deadlineFlag: UInt8 = 1
  private static let deadlineByteCount = 16

  @inline(__always)
  package init(address: UnsafeMutableRawPointer) { self.address = address }

  /// A new one. OWNERSHIP: the caller puts it into a table or frees it.
  package init(_ field: ByteView, _ value: ByteView, deadline: Int64? = nil) {
    let start = Self.start(field.count, value.count, hasDeadline: deadline != nil)
    address = Allocation.allocate(start + field.count + value.count)
    writeHeader(field.count, value.count, deadline: deadline)
    let bytes = (address + start).assumingMemoryBound(to: UInt8.self)
    apus_copy(bytes, field.base, field.count)
    apus_copy(bytes + field.count, value.base, value.count)
  }

  /// Where the field's bytes begin.
  @inline(__always)
  private static func start(_ fieldCount: Int, _ valueCount: Int, hasDeadline: Bool) -> Int {
    headerByteCount + (hasDeadline ? deadlineByteCount : 0)
      + (fieldCount >= Int(longFieldLength) ? 8 : 0)
      + (valueCount >= Int(longValueLength) ? 8 : 0)
  }

  private func writeHeader(_ fieldCount: Int, _ valueCount: Int, deadline: Int64?) {
    var cursor = address + Self.headerByteCount
    address.storeBytes(of: deadline == nil ? 0 : Self.deadlineFlag, as: UInt8.self)
    if let deadline {
      cursor.storeBytes(of: deadline, as: Int64.self)
      cursor += Self.deadlineByteCount
    }
    let short = UInt8(min(fieldCount, Int(Self.longFieldLength)))
    address.storeBytes(of: short, toByteOffset: 1, as: UInt8.self)
    if short == Self.longFieldLength {
      cursor.storeBytes(of: fieldCount, as: Int.self)
      cursor += 8
    }
    setValueCount(valueCount, at: cursor)
  }

  /// `long`: where the eight bytes of a long value's length are.
  @inline(__always)
  private func setValueCount(_ count: Int, at long: UnsafeMutableRawPointer) {
    let short = UInt16(min(count, Int(Self.longValueLength)))
    address.storeBytes(of: short, toByteOffset: 2, as: UInt16.self)
    if short == Self.longValueLength { long.storeBytes(of: count, as: Int.self) }
  }

  // MARK: Parts

  package var hasDeadline: Bool {
    @inline(__always) get { address.load(as: UInt8.self) & Self.deadlineFlag != 0 }
  }

  package var deadline: Int64 {
    get { (address + Self.headerByteCount).loadUnaligned(as: Int64.self) }
    nonmutating set {
      (address + Self.headerByteCount).storeBytes(of: newValue, as: Int64.self)
    }
  }

  /// Where the heap of its hash has the record. REQUIRES: `hasDeadline`.
  var place: Int {
    get { (address + Self.headerByteCount + 8).loadUnaligned(as: Int.self) }
    nonmutating set {
      (address + Self.headerByteCount + 8).storeBytes(of: newValue, as: Int.self)
    }
  }

  /// Whether the field must not be seen any more.
  @inline(__always)
  package func isDue(_ now: Int64) -> Bool { hasDeadline && deadline <= now }

  @inline(__always)
  private var parts: (field: ByteView, valueCount: Int, longValueCount: UnsafeMutableRawPointer) {
    var cursor = address + Self.headerByteCount + (hasDeadline ? Self.deadlineByteCount : 0)
    var fieldCount = Int(address.load(fromByteOffset: 1, as: UInt8.self))
    if fieldCount == Int(Self.longFieldLength) {
      fieldCount = cursor.loadUnaligned(as: Int.self)
      cursor += 8
    }
    var valueCount = Int(address.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    let longValueCount = cursor
    if valueCount == Int(Self.longValueLength) {
      valueCount = cursor.loadUnaligned(as: Int.self)
      cursor += 8
    }
    let field = ByteView(cursor.assumingMemoryBound(to: UInt8.self), count: fieldCount)
    return (field, valueCount, longValueCount)
  }

  /// The field's name.
  package var key: ByteView { @inline(__always) get { parts.field } }

  package var value: ByteView {
    @inline(__always) get {
      let parts = parts
      return ByteView(parts.field.base + parts.field.count, count: parts.valueCount)
    }
  }

  package var byteCount: Int {
    let value = value
    return UnsafeRawPointer(value.base) - UnsafeRawPointer(address) + value.count
  }

  /// Writes another value in place; false, with nothing changed, if that takes another size class.
  /// `value` may lie in the record.
  package func setValue(_ value: ByteView) -> Bool {
    let (field, oldCount, longValueCount) = parts
    let longest = Int(Self.longValueLength)
    guard (oldCount >= longest) == (value.count >= longest) else { return false }
    let byteCount = byteCount
    guard
      Allocation.sizeClass(byteCount)
        == Allocation.sizeClass(byteCount - oldCount + value.count)
    else { return false }
    setValueCount(value.count, at: longValueCount)
    let target = UnsafeMutablePointer(mutating: field.base + field.count)
    target.update(from: value.base, count: value.count)
    return true
  }
}
