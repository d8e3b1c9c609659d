import CPrimitives
import Core

/// Changing a string without another allocation, as far as its block's size class goes.
extension Entry {
  /// `kind` of a string that is an integer.
  static let integerStringKind = ValueType.string.rawValue | Encoding.integer.rawValue << 4
  /// `kind` of a string in a block of its own.
  static let blockStringKind = ValueType.string.rawValue | Encoding.block.rawValue << 4

  /// Lays the entry out for another value of its key, within its block. False, with nothing
  /// changed, if that takes another size class. Key, access clock and a deadline that stays are
  /// kept; all else (flags too) is the caller's to fill in.
  @inline(__always)
  func reshape(to shape: Shape) -> Bool {
    let key = key
    guard Allocation.sizeClass(byteCount) == Allocation.sizeClass(shape.byteCount) else {
      return false
    }
    let target = base + shape.keyOffset
    if UnsafePointer(target) != key.base {
      UnsafeMutableRawPointer(target).copyMemory(from: key.base, byteCount: key.count)
    }
    writeHeader(shape, accessClock: accessClock, flags: 0)
    return true
  }

  /// Makes the inline value so many bytes long; those behind the old end are not set. CONSUMES the
  /// entry, which may move. REQUIRES: encoding `inline`, count <= inlineByteCountMax.
  func resizingInlineValue(to count: Int) -> Entry {
    let oldByteCount = byteCount
    let newByteCount = oldByteCount - inlineValue.count + count
    let moved = Allocation.reallocate(base, from: oldByteCount, to: newByteCount)
    let entry = Entry(moved.assumingMemoryBound(to: UInt8.self))
    entry.setInlineByteCount(count)
    return entry
  }

  /// Writes the inline value. REQUIRES: the entry's layout has as many bytes for it.
  @inline(__always)
  func setInlineBytes(_ bytes: ByteView) { apus_copy(inlineBytes, bytes.base, bytes.count) }

  /// The inline value, to be written.
  @inline(__always)
  var inlineBytes: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(mutating: inlineValue.base) }
}
