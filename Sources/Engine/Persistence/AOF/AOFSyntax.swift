import Core

/// The syntax of the log: commands as arrays of bulk strings, and annotation lines between them.
///
///     #TS:1700000000\r\n
///     *2\r\n $6\r\n SELECT\r\n $1\r\n 0\r\n
///
/// Stricter than the loader of Redis, which skips the two bytes behind a string unseen: they have
/// to be CR and LF, as `redis-check-aof` demands, so that what a crash left half written is not
/// taken for a command. What a count claims reserves nothing: an argument takes five bytes at
/// least, and those have to be there.
enum AOFSyntax {
  enum Parsed {
    /// A command is whole; its arguments have been appended, and it ends at the offset.
    case command(end: Int)
    case annotation(end: Int)
    /// The bytes are the beginning of something. At least so many are needed for the next step.
    case incomplete(needed: Int)
    /// The first byte that cannot be.
    case bad(at: Int)
  }

  /// An annotation's bytes, its end included: what Redis reads as one line.
  static let annotationByteCountMax = 1023
  /// Digits of a count, leading zeros included.
  private static let digitCountMax = 20
  /// What no string exceeds, so that sums do not overflow.
  static let bulkByteCountMax = 1 << 48

  private enum Header {
    case value(Int, end: Int)
    case incomplete
    case bad(at: Int)
  }

  /// What begins at `start`. REQUIRES: start < input.count; the list is empty.
  @inline(__always)
  static func parse(
    _ input: ByteView, _ start: Int, into arguments: inout ArgumentList
  ) -> Parsed {
    guard input[start] == UInt8(ascii: "*") else { return parseAnnotation(input, start) }
    var missing: Int
    var position: Int
    switch parseHeader(input, start) {
    case .value(let count, let end):
      guard count > 0, count <= Int(Int32.max) else { return .bad(at: start + 1) }
      missing = count
      position = end
    case .incomplete: return .incomplete(needed: input.count + 1)
    case .bad(let at): return .bad(at: at)
    }
    while missing > 0 {
      guard position < input.count else { return .incomplete(needed: position + 1) }
      guard input[position] == UInt8(ascii: "$") else { return .bad(at: position) }
      switch parseHeader(input, position) {
      case .value(let count, let begin):
        guard count <= bulkByteCountMax else { return .bad(at: position + 1) }
        let end = begin &+ count
        guard end &+ 2 <= input.count else { return .incomplete(needed: end &+ 2) }
        guard input[end] == 13 else { return .bad(at: end) }
        guard input[end &+ 1] == 10 else { return .bad(at: end &+ 1) }
        arguments.append(ByteView(input.base + begin, count: count))
        position = end &+ 2
      case .incomplete: return .incomplete(needed: input.count + 1)
      case .bad(let at): return .bad(at: at)
      }
      missing &-= 1
    }
    return .command(end: position)
  }

  /// The number in the line at `start`, behind its first byte.
  @inline(__always)
  private static func parseHeader(_ input: ByteView, _ start: Int) -> Header {
    // One digit or two: nearly all.
    if start &+ 5 <= input.count {
      let first = input[start &+ 1] &- 48
      let second = input[start &+ 2] &- 48
      if first <= 9, input[start &+ 2] == 13, input[start &+ 3] == 10 {
        return .value(Int(first), end: start &+ 4)
      }
      if first <= 9, second <= 9, input[start &+ 3] == 13, input[start &+ 4] == 10 {
        return .value(Int(first) &* 10 &+ Int(second), end: start &+ 5)
      }
    }
    return parseLongHeader(input, start)
  }

  @inline(never)
  private static func parseLongHeader(_ input: ByteView, _ start: Int) -> Header {
    var position = start + 1
    var value = 0
    while position < input.count {
      let digit = input[position] &- 48
      guard digit <= 9 else { break }
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(digit))
      if overflow || carry || position - start > digitCountMax { return .bad(at: position) }
      value = sum
      position += 1
    }
    guard position < input.count else { return .incomplete }
    guard position > start + 1, input[position] == 13 else { return .bad(at: position) }
    guard position + 1 < input.count else { return .incomplete }
    guard input[position + 1] == 10 else { return .bad(at: position + 1) }
    return .value(value, end: position + 2)
  }

  @inline(never)
  private static func parseAnnotation(_ input: ByteView, _ start: Int) -> Parsed {
    guard input[start] == UInt8(ascii: "#") else { return .bad(at: start) }
    let line = input.slice(start, min(input.count, start + annotationByteCountMax))
    if let end = line.index(of: 10) { return .annotation(end: start + end + 1) }
    if line.count == annotationByteCountMax { return .bad(at: start + line.count) }
    return .incomplete(needed: input.count + 1)
  }
}
