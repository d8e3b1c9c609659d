/// What a hash table points to: a block that holds its own key and, for some, a deadline.
///
/// A record is the address of its block, 8-byte aligned, as a struct of one word. The table never
/// frees one but in `destroy`; all else hands it back.
package protocol TableRecord {
  init(address: UnsafeMutableRawPointer)
  var address: UnsafeMutableRawPointer { get }
  /// The bytes that it is found by.
  var key: ByteView { get }
  /// Whether the table counts and sweeps it as one that expires.
  var isVolatile: Bool { get }
  /// Unix time in milliseconds. REQUIRES: `isVolatile`.
  var deadline: Int64 { get }
  /// Frees all that the record owns by `free`, which takes a block and its size. CONSUMES self.
  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void)
}

/// A record of a collection: it owns nothing but its block, and its table does not know of
/// deadlines.
package protocol MemberRecord: TableRecord {
  var byteCount: Int { get }
}

extension MemberRecord {
  package var isVolatile: Bool { false }
  package var deadline: Int64 { .max }

  package func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) { free(address, byteCount) }

  package func free() { Allocation.free(address, byteCount) }

  /// An equal record of its own.
  func duplicated() -> Self {
    let copy = Allocation.allocate(byteCount)
    copy.copyMemory(from: address, byteCount: byteCount)
    return Self(address: copy)
  }
}
