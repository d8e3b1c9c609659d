@testable import Core

/// A record that is nothing but its key and, for some, a deadline.
///
///     | deadline 8, `.max` for none | key length 8 | key bytes |
struct KeyRecord: TableRecord {
  let address: UnsafeMutableRawPointer

  private static let headerByteCount = 16

  init(address: UnsafeMutableRawPointer) { self.address = address }

  init(_ key: ByteView, deadline: Int64? = nil) {
    address = Allocation.allocate(Self.headerByteCount + key.count)
    address.storeBytes(of: deadline ?? .max, as: Int64.self)
    address.storeBytes(of: key.count, toByteOffset: 8, as: Int.self)
    (address + Self.headerByteCount).copyMemory(from: key.base, byteCount: key.count)
  }

  var key: ByteView {
    ByteView(
      (address + Self.headerByteCount).assumingMemoryBound(to: UInt8.self),
      count: address.load(fromByteOffset: 8, as: Int.self))
  }

  var deadline: Int64 { address.load(as: Int64.self) }

  var isVolatile: Bool { deadline != .max }

  func free(_ free: (UnsafeMutableRawPointer, Int) -> Void) {
    free(address, Self.headerByteCount + key.count)
  }
}
