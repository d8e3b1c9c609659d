/// Text of elements: commands show integers as their digits, and mostly look for text.
extension ListpackElement {
  /// Runs `body` with the bytes that the element reads as.
  @inline(__always)
  package func withText<Result>(_ body: (ByteView) -> Result) -> Result {
    switch self {
    case .bytes(let bytes): return body(bytes)
    case .integer(let number):
      return withUnsafeTemporaryAllocation(
        of: UInt8.self, capacity: IntegerText.maximumCount
      ) { buffer in
        let text = buffer.baseAddress.unsafelyUnwrapped
        return body(ByteView(text, count: IntegerText.write(number, to: text)))
      }
    }
  }
}
