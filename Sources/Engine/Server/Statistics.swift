import Core

/// Counters of the whole server, since start or CONFIG RESETSTAT.
package struct Statistics {
  package var commandCount: UInt64 = 0
  package var connectionCount: UInt64 = 0
  package var netInputByteCount: UInt64 = 0
  package var netOutputByteCount: UInt64 = 0
  package var errorReplyCount: UInt64 = 0
  /// Error replies by their code.
  package private(set) var errorCounts: [[UInt8]: UInt64] = [:]
  package var rejectedConnectionCount: UInt64 = 0
  package var evictedClientCount: UInt64 = 0
  package var queryLimitDisconnectionCount: UInt64 = 0
  package var outputLimitDisconnectionCount: UInt64 = 0

  package init() {}

  /// Codes counted one by one. Scripts and modules can invent any number of them.
  package static let errorCodeCountMax = 128

  /// Counts an error reply whose text starts with `code`.
  package mutating func countError(_ code: ByteView) {
    errorReplyCount += 1
    let key = Array(code)
    if errorCounts[key] != nil || errorCounts.count < Self.errorCodeCountMax {
      errorCounts[key, default: 0] += 1
    } else {
      errorCounts[Array("ERRORSTATS_OVERFLOW".utf8), default: 0] += 1
    }
  }
}
