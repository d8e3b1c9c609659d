import CPrimitives

/// Cuts the bytes that a client sent into requests: RESP arrays of bulk strings, or inline lines.
///
/// Nothing is copied: arguments are views of the input. A request that has not arrived whole leaves
/// the parser where it stopped, with the arguments seen so far, so that a request of a million
/// arguments in a thousand reads is looked at once. Claimed counts reserve nothing.
///
///     *2\r\n $3\r\n GET\r\n $3\r\n key\r\n
///                        ^ position: next byte to look at; 1 argument appended, 1 missing
///
/// The caller holds the position, and where the request began if it has to know.
///
/// Invariants: `argumentsMissing` is 0 between requests; `bulkByteCount` is -1 unless the position
/// is right behind a bulk string's header; the position only grows, and never over half a header.
package struct RequestParser {
  package struct Limits {
    /// Longest bulk string (`proto-max-bulk-len`).
    package var bulkByteCountMax: Int64 = 512 * 1024 * 1024
    /// Until a connection is authenticated it may send little.
    package var isAuthenticated = true

    package init() {}
  }

  package enum Outcome {
    /// A request is whole; its arguments have been appended.
    case request
    /// An empty line or array: nothing to do.
    case empty
    /// More bytes are needed.
    case incomplete
    /// A line with quotes, which the caller has to decode: its text lies from the position on.
    case quotedInline(byteCount: Int)
    case failure(ProtocolError, UInt8)
  }

  /// Redis' bound for inline requests and for the count lines.
  package static let inlineByteCountMax = 64 * 1024
  /// What no setting of `proto-max-bulk-len` exceeds, so that sums of lengths do not overflow.
  package static let bulkByteCountMax: Int64 = 1 << 48
  /// From this size on an argument is read into a block of its own.
  package static let largeArgumentByteCount = 32 * 1024

  /// Arguments that the multibulk request under way still lacks.
  package private(set) var argumentsMissing = 0
  /// Length of the bulk string whose header has been read, or -1.
  package private(set) var bulkByteCount = -1

  package init() {}

  /// Forgets a request under way.
  package mutating func reset() {
    argumentsMissing = 0
    bulkByteCount = -1
  }

  /// Notes that the caller read the bulk string under way by itself (a large argument).
  package mutating func didReadBulk() {
    argumentsMissing -= 1
    bulkByteCount = -1
  }

  /// Reads on in `input` from `position`, which moves behind what was understood.
  package mutating func parse(
    _ input: ByteView, _ position: inout Int, limits: Limits, into arguments: inout ArgumentList
  ) -> Outcome {
    if argumentsMissing == 0 {
      if position >= input.count { return .incomplete }
      guard input[position] == UInt8(ascii: "*") else {
        return parseInline(input, &position, limits: limits, into: &arguments)
      }
      switch parseMultibulkHeader(input, &position, limits: limits) {
      case .request: break
      case let other: return other
      }
    }
    while argumentsMissing > 0 {
      switch parseBulk(input, &position, limits: limits, into: &arguments) {
      case .request: argumentsMissing &-= 1
      case let other: return other
      }
    }
    return .request
  }

  @inline(__always)
  private mutating func parseMultibulkHeader(
    _ input: ByteView, _ position: inout Int, limits: Limits
  ) -> Outcome {
    // One digit, the common case, without the general line reader.
    if position &+ 4 <= input.count {
      let digit = input[position &+ 1] &- 48
      if digit &- 1 < 9, input[position &+ 2] == 13 {
        position &+= 4
        argumentsMissing = Int(digit)
        return .request
      }
    }
    return parseLongMultibulkHeader(input, &position, limits: limits)
  }

  @inline(never)
  private mutating func parseLongMultibulkHeader(
    _ input: ByteView, _ position: inout Int, limits: Limits
  ) -> Outcome {
    let end: Int
    switch findLineEnd(input, position) {
    case .at(let found): end = found
    case .missing: return .incomplete
    case .tooFar: return .failure(.bigMultibulkCount, 0)
    }
    guard let count = input.slice(position + 1, end).parseInteger(), count <= Int64(Int32.max)
    else { return .failure(.invalidMultibulkLength, 0) }
    if count > 10, !limits.isAuthenticated { return .failure(.unauthenticatedMultibulkLength, 0) }
    position = end + 2
    if count <= 0 { return .empty }
    argumentsMissing = Int(count)
    return .request
  }

  /// One argument. `.request` here means that it is whole.
  @inline(__always)
  private mutating func parseBulk(
    _ input: ByteView, _ position: inout Int, limits: Limits, into arguments: inout ArgumentList
  ) -> Outcome {
    if bulkByteCount < 0 {
      switch parseBulkHeader(input, &position, limits: limits) {
      case .request: break
      case let other: return other
      }
    }
    let count = bulkByteCount
    // The two bytes behind the string are skipped unseen, as Redis does: clients exist that send
    // others, and a frame that is wrong shows itself at the next header.
    guard input.count &- position >= count &+ 2 else { return .incomplete }
    arguments.append(ByteView(input.base + position, count: count))
    position &+= count &+ 2
    bulkByteCount = -1
    return .request
  }

  @inline(__always)
  private mutating func parseBulkHeader(
    _ input: ByteView, _ position: inout Int, limits: Limits
  ) -> Outcome {
    // `$d\r\n` and `$dd\r\n` with something behind: most arguments.
    if position &+ 5 <= input.count, input[position] == UInt8(ascii: "$") {
      let first = input[position &+ 1] &- 48
      let second = input[position &+ 2] &- 48
      if first <= 9, input[position &+ 2] == 13 {
        bulkByteCount = Int(first)
        position &+= 4
        return .request
      }
      if first &- 1 < 9, second <= 9, input[position &+ 3] == 13 {
        bulkByteCount = Int(first) &* 10 &+ Int(second)
        position &+= 5
        return .request
      }
    }
    return parseLongBulkHeader(input, &position, limits: limits)
  }

  @inline(never)
  private mutating func parseLongBulkHeader(
    _ input: ByteView, _ position: inout Int, limits: Limits
  ) -> Outcome {
    let end: Int
    switch findLineEnd(input, position) {
    case .at(let found): end = found
    case .missing: return .incomplete
    case .tooFar: return .failure(.bigBulkCount, 0)
    }
    guard input[position] == UInt8(ascii: "$") else {
      return .failure(.expectedDollar, input[position])
    }
    guard let count = input.slice(position + 1, end).parseInteger(),
      count >= 0, count <= limits.bulkByteCountMax, count <= Self.bulkByteCountMax
    else { return .failure(.invalidBulkLength, 0) }
    if count > 16384, !limits.isAuthenticated { return .failure(.unauthenticatedBulkLength, 0) }
    position = end + 2
    bulkByteCount = Int(count)
    return .request
  }

  enum LineEnd {
    case at(Int)
    case missing
    case tooFar
  }

  /// Index of the CR that ends the count line at `position`, if the byte behind it is here as well.
  private func findLineEnd(_ input: ByteView, _ position: Int) -> LineEnd {
    let found = findEnd(13, input, position)
    if case .at(let end) = found, end + 1 >= input.count { return .missing }
    return found
  }

  /// Index of `byte`, which ends a line that begins at `position`.
  ///
  /// The limit counts the line's own bytes, not those that happen to have arrived, so that the
  /// answer does not depend on how the network cut the request. As in Redis no line ends behind a
  /// zero byte: such a request waits until it is too long.
  func findEnd(_ byte: UInt8, _ input: ByteView, _ position: Int) -> LineEnd {
    let line = input.slice(position, input.count)
    let end = line.index(of: byte) ?? line.count
    if end > Self.inlineByteCountMax { return .tooFar }
    return end < line.count && line.slice(0, end).index(of: 0) == nil
      ? .at(position + end) : .missing
  }
}
