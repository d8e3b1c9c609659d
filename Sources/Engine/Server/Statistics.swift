/// Counters of the whole server, since start or CONFIG RESETSTAT.
package struct Statistics {
  package var commandCount: UInt64 = 0
  package var connectionCount: UInt64 = 0
  package var netInputByteCount: UInt64 = 0
  package var netOutputByteCount: UInt64 = 0
  package var errorReplyCount: UInt64 = 0

  package init() {}
}
