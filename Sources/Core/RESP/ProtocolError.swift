/// What can be wrong with the bytes of a request. After any of these the connection is closed,
/// because where the next request starts is no longer known.
package enum ProtocolError: UInt8 {
  case bigInlineRequest
  case unbalancedQuotes
  case bigMultibulkCount
  case invalidMultibulkLength
  case unauthenticatedMultibulkLength
  case bigBulkCount
  case expectedDollar
  case invalidBulkLength
  case unauthenticatedBulkLength

  /// Redis' text, without the prefix `ERR Protocol error: `.
  package var text: StaticString {
    switch self {
    case .bigInlineRequest: "too big inline request"
    case .unbalancedQuotes: "unbalanced quotes in request"
    case .bigMultibulkCount: "too big mbulk count string"
    case .invalidMultibulkLength: "invalid multibulk length"
    case .unauthenticatedMultibulkLength: "unauthenticated multibulk length"
    case .bigBulkCount: "too big bulk count string"
    case .expectedDollar: "expected '$', got '"
    case .invalidBulkLength: "invalid bulk length"
    case .unauthenticatedBulkLength: "unauthenticated bulk length"
    }
  }
}
