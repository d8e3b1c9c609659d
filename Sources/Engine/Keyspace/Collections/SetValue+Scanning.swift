import Core

/// SSCAN: small sets are returned whole, as in Redis; a table has cursors.
extension SetValue {
  /// Calls `body` with some elements from the cursor on, about `count`, and returns the next
  /// cursor, 0 at the end.
  func scan(_ cursor: UInt64, count: Int, _ body: (Element) -> Void) -> UInt64 {
    guard encoding == .table else {
      forEach { element in
        body(element)
        return true
      }
      return 0
    }
    let table = table
    var next = cursor
    var seen = 0
    // Nearly empty buckets must not make one call walk the whole table.
    let (product, overflow) = count.multipliedReportingOverflow(by: 10)
    var stepsLeft = overflow ? Int.max : product
    repeat {
      next = table.scan(next) { slot in
        seen += 1
        body(.bytes(table.record(slot).key))
      }
      stepsLeft -= 1
    } while next != 0 && seen < count && stepsLeft > 0
    return next
  }
}
