import CPrimitives
import Core

/// Blocking, as handlers see it.
extension Call {
  /// Whether the call may wait. One in a transaction may not, nor one from a stream that is run
  /// again: it replies as if its time were over.
  var mayBlock: Bool { !client.flags.contains(.executing) && !server.isReplaying }

  /// Waits until one of the keys at these arguments holds a value of `type`, and then runs again,
  /// or until the time is over, when it ends with a null array. The handler is to return without a
  /// reply. REQUIRES: `mayBlock`.
  func block(onKeys keys: Range<Int>, _ type: ValueType, _ timeout: BlockingTimeout) {
    let deadline = timeout.deadline(after: server.clock.nanoseconds)
    server.block(frame.pointee, keys: keys, type, deadline: deadline)
  }

  /// The argument at `index` as the seconds that the call may wait.
  func timeout(_ index: Int) throws(CommandError) -> BlockingTimeout {
    var milliseconds: Int64 = 0
    switch apus_milliseconds_parse(self[index].base, self[index].count, &milliseconds) {
    case APUS_MILLISECONDS_INVALID: throw .text("ERR timeout is not a float or out of range")
    case APUS_MILLISECONDS_OUT_OF_RANGE: throw .text("ERR timeout is out of range")
    default: break
    }
    if milliseconds < 0 { throw .text("ERR timeout is negative") }
    if milliseconds.addingReportingOverflow(relativeTimeBase).overflow {
      throw .text("ERR timeout is out of range")
    }
    return BlockingTimeout(milliseconds: milliseconds)
  }
}

/// How long a call may wait.
struct BlockingTimeout {
  /// 0: for ever.
  let milliseconds: Int64

  /// Monotonic nanoseconds; the largest number for what nobody lives to see.
  func deadline(after now: UInt64) -> UInt64 {
    if milliseconds == 0 { return .max }
    let (nanoseconds, overflow) = milliseconds.magnitude.multipliedReportingOverflow(by: 1_000_000)
    let (deadline, late) = now.addingReportingOverflow(nanoseconds)
    return overflow || late ? .max : deadline
  }
}
