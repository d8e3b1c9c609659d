import Testing

@testable import Core

/// A source that hands out its bytes in pieces of one size.
final class RDBPieces {
  private let bytes: [UInt8]
  private let size: Int
  private var position = 0
  /// What is thrown instead of the end.
  var failure: RDBError?

  init(_ bytes: [UInt8], size: Int) {
    self.bytes = bytes
    self.size = size
  }

  private func fill(_ target: UnsafeMutableRawPointer, _ room: Int) throws(RDBError) -> Int {
    let count = min(size, room, bytes.count - position)
    if count == 0, let failure { throw failure }
    bytes.withUnsafeBytes { source in
      if count > 0, let base = source.baseAddress {
        target.copyMemory(from: base + position, byteCount: count)
      }
    }
    position += count
    return count
  }

  /// A reader that is told of `byteCount` bytes, or of those that there are.
  func reader(byteCount: Int? = nil) -> RDBReader {
    RDBReader(byteCount: byteCount ?? bytes.count) { (target, room) throws(RDBError) in
      try self.fill(target, room)
    }
  }
}

/// What `body` throws.
func rdbError(_ body: () throws(RDBError) -> Void) -> RDBError? {
  do throws(RDBError) {
    try body()
    return nil
  } catch {
    return error
  }
}

/// As `#expect`, for values of what cannot be copied.
func expectEqual<Value: Equatable>(
  _ one: Value, _ other: Value, _ comment: Comment? = nil,
  location: SourceLocation = #_sourceLocation
) {
  #expect(one == other, comment, sourceLocation: location)
}

/// Reads the bytes from memory, and then in pieces of several sizes.
func withRDBReaders(
  _ bytes: [UInt8], sizes: [Int] = [1, 2, 3, 7, 1000, 1 << 20],
  _ body: (inout RDBReader) throws -> Void
) rethrows {
  try bytes.withView { view in
    var reader = RDBReader(view)
    try body(&reader)
  }
  for size in sizes {
    var reader = RDBPieces(bytes, size: size).reader()
    try body(&reader)
  }
}

/// What is written by `body`.
func rdbBytes(compresses: Bool = true, _ body: (inout RDBWriter) -> Void) -> [UInt8] {
  var writer = RDBWriter(compresses: compresses)
  body(&writer)
  return Array(writer.view)
}
