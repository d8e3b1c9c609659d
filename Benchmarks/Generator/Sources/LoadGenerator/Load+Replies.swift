import CNet
import Glibc

/// Checking and timing what the server answers.
extension Load {
  @inline(__always)
  mutating func didRead(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ count: Int
  ) {
    if phase == .closing { return }
    guard count > 0 else { return fail("the server closed a connection", status: count) }
    let bytes = connection.pointee.received(count, into: input)
    apus_loop_begin_turn(loop)
    guard let base = bytes.baseAddress else { return }
    let now = Clock.nanoseconds()
    let end = base + bytes.count
    var place = base
    if connection.pointee.setupOwed > 0 {
      guard let after = checkSetup(connection, place, end) else { return }
      place = after
    }
    guard let after = checkReplies(connection, place, end, now) else { return }
    if end - after > plan.carriedByteCountMax {
      return fail(
        "a reply is longer than \(plan.carriedByteCountMax) bytes, the most that each of"
          + " \(plan.connectionCount) connections keeps")
    }
    connection.pointee.keep(after, end - after)
    startMeasuringIfDue(now)
    if connection.pointee.isWriting, connection.pointee.isAnswered,
      connection.pointee.sentCount > 0
    {
      fail("the server answered a request that it had not read")
    } else if schedule != nil {
      finishIfAnswered()
    } else if phase != .connecting
      && connection.pointee.isAnswered
    {
      sendBatch(connection, now)
    }
  }

  /// Checks all replies that are whole. Returns where the first that is not begins; nil when the
  /// load has failed.
  @inline(__always)
  private mutating func checkReplies(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ start: UnsafePointer<UInt8>,
    _ end: UnsafePointer<UInt8>, _ now: UInt64
  ) -> UnsafePointer<UInt8>? {
    var place = start
    let first = connection.pointee.receivedCount
    var number = first
    while place < end {
      let entry = plan.mix.entry(request: number, connection: connection.pointee.index)
      let count = entry.pointee.expectation.prefixCount
      if entry.pointee.expectation.isWhole, end - place >= count,
        number < connection.pointee.sentCount,
        memcmp(place, entry.pointee.expectation.prefix, count) == 0
      {
        place += count
        number &+= 1
        continue
      }
      switch check(connection, entry, number, place, end) {
      case .failed: return nil
      case .incomplete:
        record(connection, first..<number, now)
        return place
      case .unasked(let count): place += count
      case .right(let count):
        place += count
        number &+= 1
      }
    }
    record(connection, first..<number, now)
    return place
  }

  private enum Verdict {
    case failed
    case incomplete
    case right(byteCount: Int)
    /// A push, which answers nothing.
    case unasked(byteCount: Int)
  }

  /// Checks one reply by its structure.
  @inline(never)
  private mutating func check(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ entry: UnsafePointer<Mix.Entry>,
    _ number: Int, _ place: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>
  ) -> Verdict {
    switch ReplyScanner.scan(place, end) {
    case .incomplete: return .incomplete
    case .garbage:
      fail("this is no reply: \(Self.excerpt(place, end - place))")
      return .failed
    case .reply(let count, let kind, let isNull):
      if place[0] == UInt8(ascii: ">") { return .unasked(byteCount: count) }
      let wanted = entry.pointee.expectation
      guard number < connection.pointee.sentCount, wanted.kinds.contains(kind),
        count >= wanted.prefixCount, memcmp(place, wanted.prefix, wanted.prefixCount) == 0
      else {
        let words = entry.pointee.template.words.joined(separator: " ")
        let excerpt = Self.excerpt(place, count)
        fail(
          number < connection.pointee.sentCount
            ? "wrong reply to \(words): \(excerpt)" : "a reply that nothing asked for: \(excerpt)")
        return .failed
      }
      if isNull && isMeasured(connection, number) { measurement.missCount &+= 1 }
      return .right(byteCount: count)
    }
  }

  /// Counts and times the replies to the requests of a connection with these numbers.
  @inline(__always)
  private mutating func record(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ numbers: Range<Int>, _ now: UInt64
  ) {
    connection.pointee.receivedCount = numbers.upperBound
    if numbers.isEmpty { return }
    // Only answers count: a server that sends something else for ever has failed too.
    lastReplyAt = now
    if schedule != nil { return recordPlanned(connection, numbers, now) }
    guard connection.pointee.isBatchMeasured else { return }
    measurement.requestCount &+= numbers.count
    measurement.endNanoseconds = now
    measurement.record(latency: now &- connection.pointee.batchStart, count: numbers.count)
  }

  private func isMeasured(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ number: Int
  ) -> Bool {
    guard let schedule else { return connection.pointee.isBatchMeasured }
    return schedule.planned(request: number, connection: connection.pointee.index) >= measuredFrom
  }

  @inline(never)
  private mutating func checkSetup(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ start: UnsafePointer<UInt8>,
    _ end: UnsafePointer<UInt8>
  ) -> UnsafePointer<UInt8>? {
    var place = start
    while connection.pointee.setupOwed > 0 {
      let outcome = ReplyScanner.scan(place, end)
      if outcome == .incomplete { break }
      let name = plan.setup[plan.setup.count - connection.pointee.setupOwed][0]
      guard case .reply(let count, let kind, _) = outcome else {
        fail("\(name) was answered \(Self.excerpt(place, end - place))")
        return nil
      }
      if place[0] == UInt8(ascii: ">") {
        place += count
        continue
      }
      // Of the words, only the name: a password is no matter for a terminal.
      guard kind == (name == "HELLO" ? .array : .status) else {
        fail("\(name) was answered \(Self.excerpt(place, count))")
        return nil
      }
      place += count
      connection.pointee.setupOwed -= 1
      lastReplyAt = Clock.nanoseconds()
    }
    if connection.pointee.setupOwed == 0 { becameReady() }
    return place
  }

  /// The beginning of a reply for a message, with everything unprintable escaped.
  static func excerpt(_ place: UnsafePointer<UInt8>, _ count: Int) -> String {
    let shown = UnsafeBufferPointer(start: place, count: min(count, 100))
    let text = shown.map { byte in
      switch byte {
      case 13: "\\r"
      case 10: "\\n"
      case 32...126: String(UnicodeScalar(byte))
      default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return "'" + text.joined() + (count > 100 ? "…'" : "'")
  }
}
