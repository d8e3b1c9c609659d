import CPrimitives
import Core

/// What a string key holds, as a command sees it. Borrows from the entry.
package enum StringContent {
  case integer(Int64)
  case bytes(ByteView)
  case block(StringBlock)

  /// Length of the text.
  @inline(__always)
  package var count: Int {
    switch self {
    case .bytes(let bytes): bytes.count
    case .block(let block): block.count
    case .integer(let value): IntegerText.decimalDigitCount(value)
    }
  }

  /// Lends the text to `body`; an integer's digits only as long as that runs.
  @inline(__always)
  package func withBytes<Result>(_ body: (ByteView) -> Result) -> Result {
    switch self {
    case .bytes(let bytes): return body(bytes)
    case .block(let block): return body(block.view)
    case .integer(let value):
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: IntegerText.maximumCount) {
        guard let base = $0.baseAddress else { return body(ByteView("")) }
        return body(ByteView(base, count: IntegerText.write(value, to: base)))
      }
    }
  }

  /// Whether the text is exactly `other`.
  @inline(__always)
  package static func == (content: StringContent, other: ByteView) -> Bool {
    switch content {
    case .bytes(let bytes): bytes == other
    case .block(let block): block.view == other
    // An integer has one text only, so comparing the numbers is enough.
    case .integer(let value): other.parseInteger() == value
    }
  }
}
