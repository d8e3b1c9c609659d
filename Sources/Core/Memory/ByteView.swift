import CPrimitives

/// A borrowed run of bytes: a pointer and a length, owning nothing.
///
/// Lifetime: valid as long as the storage behind it, which for a command's argument is until the
/// command returns. Whoever keeps bytes copies them (`Array(view)`).
/// The two words travel in registers; there is no bounds check in release builds beyond the ones
/// that the caller writes.
@frozen
package struct ByteView {
  /// First byte. Never read when `count` is 0.
  @usableFromInline package let base: UnsafePointer<UInt8>
  @usableFromInline package let count: Int

  @inlinable package init(_ base: UnsafePointer<UInt8>, count: Int) {
    self.base = base
    self.count = count
  }

  @inlinable package init(_ base: UnsafeMutablePointer<UInt8>, count: Int) {
    self.base = UnsafePointer(base)
    self.count = count
  }

  /// The bytes of a literal, which live as long as the process.
  @inlinable package init(_ literal: StaticString) {
    self.base = literal.utf8Start
    self.count = literal.utf8CodeUnitCount
  }

  @inlinable package var isEmpty: Bool { count == 0 }

  @inlinable package subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    return base[index]
  }

  /// The bytes from `start` up to, not including, `end`. REQUIRES: 0 <= start <= end <= count.
  @inlinable package func slice(_ start: Int, _ end: Int) -> ByteView {
    assert(start >= 0 && start <= end && end <= count)
    return ByteView(base + start, count: end &- start)
  }

  @inlinable package var buffer: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: base, count: count)
  }

  @inlinable package static func == (left: ByteView, right: ByteView) -> Bool {
    left.count == right.count && apus_bytes_equal(left.base, right.base, left.count)
  }

  /// Whether it is the same run of bytes, not only an equal one.
  package func isSame(as other: ByteView) -> Bool { base == other.base && count == other.count }

  /// Byte by byte, a beginning before the whole: the order of members with equal scores.
  @inlinable package func isBefore(_ other: ByteView) -> Bool {
    let order = apus_bytes_compare(base, other.base, min(count, other.count))
    return order != 0 ? order < 0 : count < other.count
  }

  /// Whether the bytes are `literal`, ASCII letters compared without case.
  @inlinable package func isKeyword(_ literal: StaticString) -> Bool {
    guard count == literal.utf8CodeUnitCount else { return false }
    return apus_bytes_equal_ignoring_case(base, literal.utf8Start, count)
  }
}

extension Array where Element == UInt8 {
  /// An owned copy of the view's bytes.
  package init(_ view: ByteView) { self.init(view.buffer) }

  /// Lends the array's bytes to `body` as a view that must not escape it.
  package func withView<Result, Failure: Error>(
    _ body: (ByteView) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var empty: UInt8 = 0
    let count = self.count
    return try withUnsafeBufferPointer { (buffer) throws(Failure) -> Result in
      if let base = buffer.baseAddress { return try body(ByteView(base, count: count)) }
      return try withUnsafeMutablePointer(to: &empty) { (pointer) throws(Failure) -> Result in
        try body(ByteView(pointer, count: 0))
      }
    }
  }
}

extension String {
  /// The bytes as text, with invalid UTF-8 replaced. For messages, never for data.
  package init(_ view: ByteView) { self.init(decoding: view.buffer, as: UTF8.self) }
}
