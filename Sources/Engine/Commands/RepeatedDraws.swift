import Core

/// Members drawn again and again, of which any may repeat: what SRANDMEMBER, ZRANDMEMBER and
/// HRANDFIELD answer to a negative count.
///
/// The answer grows with the count, not with what is stored, so it has bounds of its own: Redis
/// writes on until memory ends.
struct RepeatedDraws {
  /// More would hold up all clients for seconds.
  private static let countMax: UInt64 = 1 << 24
  /// A reply that has grown by more ends its connection.
  private static let byteCountMax = 1 << 30

  let count: Int

  /// REQUIRES: count is negative.
  init(_ count: Int64) throws(CommandError) {
    guard count.magnitude <= Self.countMax else { throw .text("ERR value is out of range") }
    self.count = Int(count.magnitude)
  }

  /// The count that the commands take, which may be positive as well.
  static func parseCount(_ call: Call, _ index: Int) throws(CommandError) -> Int64 {
    let count = try call.integer(index)
    guard count != .min else {
      throw .text(
        """
        ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807
        """)
    }
    return count
  }

  /// Calls `draw` for each. Stops early only where the connection ends.
  func forEach(_ call: Call, _ draw: () -> Void) {
    let (most, overflow) = call.client.reply.byteCount.addingReportingOverflow(Self.byteCountMax)
    for _ in 0..<count {
      draw()
      if call.isOwedTooMuch(above: overflow ? .max : most) { return }
    }
  }
}
