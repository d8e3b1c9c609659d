import Core

/// The calls that took longest to run: SLOWLOG's entries.
///
/// Entries lie in an array, oldest first, after `dropped` places that are free: dropping the oldest
/// moves nothing, and the array is closed up when half of it is free. Only calls above the
/// threshold come here, so this is plain Swift.
package struct Slowlog {
  package struct Entry {
    package let id: Int64
    /// Unix time.
    package let second: Int64
    package let microseconds: UInt64
    package let arguments: [[UInt8]]
    package let address: String
    package let clientName: [UInt8]
  }

  /// Calls that took at least so long are kept; `UInt64.max` for none.
  package var thresholdNanoseconds: UInt64 = 10_000_000
  /// Entries kept.
  package var maximumCount = 128 {
    didSet { trim() }
  }

  private var entries: [Entry?] = []
  private var dropped = 0
  private var nextID: Int64 = 0

  package static let argumentCountMax = 32
  package static let argumentByteCountMax = 128
  package static let redacted = Array("(redacted)".utf8)

  package init() {}

  package var count: Int { entries.count - dropped }

  /// The `wanted` newest entries, newest first.
  package func newest(_ wanted: Int) -> [Entry] {
    var newest: [Entry] = []
    for entry in entries[dropped...].suffix(max(0, wanted)).reversed() {
      if let entry { newest.append(entry) }
    }
    return newest
  }

  package mutating func add(
    _ arguments: [[UInt8]], client: ClientDetails, microseconds: UInt64, atSecond second: Int64
  ) {
    entries.append(
      Entry(
        id: nextID, second: second, microseconds: microseconds, arguments: arguments,
        address: client.address, clientName: client.name))
    nextID &+= 1
    trim()
  }

  /// Drops the entries; numbers go on.
  package mutating func reset() {
    entries.removeAll()
    dropped = 0
  }

  private mutating func trim() {
    while count > max(0, maximumCount) {
      entries[dropped] = nil
      dropped += 1
    }
    if dropped > entries.count / 2 {
      entries.removeFirst(dropped)
      dropped = 0
    }
  }

  // MARK: Arguments

  /// The arguments that an entry shows: beyond a bound only how many more there were.
  static func shown(argumentCount: Int, _ argument: (Int) -> [UInt8]) -> [[UInt8]] {
    if argumentCount <= argumentCountMax { return (0..<argumentCount).map(argument) }
    let kept = argumentCountMax - 1
    return (0..<kept).map(argument)
      + [Array("... (\(argumentCount - kept) more arguments)".utf8)]
  }

  /// `prefix` with how many more bytes there were, if there were.
  static func truncated(_ prefix: [UInt8], of byteCount: Int) -> [UInt8] {
    if byteCount == prefix.count { return prefix }
    return prefix + Array("... (\(byteCount - prefix.count) more bytes)".utf8)
  }
}
