import Core

/// The expiry option of SET, GETEX, MSETEX and their like: EX, PX, EXAT, PXAT and a word without a
/// time, KEEPTTL or PERSIST.
///
/// An option may be repeated, the last time counts; two different ones are a syntax error.
struct ExpirationOption {
  enum Kind {
    case none
    case seconds, milliseconds, unixSeconds, unixMilliseconds
    case keep, persist
  }

  private(set) var kind = Kind.none
  private var timeIndex = 0

  /// Takes the option at argument `index` and returns how many arguments it has; 0 for other words.
  /// `bare`: the option without a time that the command knows.
  mutating func parse(_ call: Call, _ index: Int, bare: Kind) throws(CommandError) -> Int {
    let found = Self.kind(call[index])
    if found == .none { return 0 }
    let isBare = found == .keep || found == .persist
    guard !isBare || found == bare, kind == .none || kind == found else { throw .syntax }
    kind = found
    if isBare { return 1 }
    guard index + 1 < call.count else { throw .syntax }
    timeIndex = index + 1
    return 2
  }

  private static func kind(_ word: ByteView) -> Kind {
    switch word.count {
    case 2:
      if word.isKeyword("EX") { return .seconds }
      return word.isKeyword("PX") ? .milliseconds : .none
    case 4:
      if word.isKeyword("EXAT") { return .unixSeconds }
      return word.isKeyword("PXAT") ? .unixMilliseconds : .none
    case 7:
      if word.isKeyword("KEEPTTL") { return .keep }
      return word.isKeyword("PERSIST") ? .persist : .none
    default: return .none
    }
  }

  /// When the key is to expire, in unix milliseconds; nil if no time was given.
  func deadline(_ call: Call) throws(CommandError) -> Int64? {
    switch kind {
    case .none, .keep, .persist: nil
    default: try Self.deadline(call, timeIndex, kind)
    }
  }

  /// The time in argument `index` as unix milliseconds.
  static func deadline(_ call: Call, _ index: Int, _ kind: Kind) throws(CommandError) -> Int64 {
    var time = try call.integer(index)
    guard time > 0 else { try failInvalidTime(call) }
    if kind == .seconds || kind == .unixSeconds {
      let (product, overflow) = time.multipliedReportingOverflow(by: 1000)
      guard !overflow else { try failInvalidTime(call) }
      time = product
    }
    if kind == .seconds || kind == .milliseconds {
      let (sum, overflow) = time.addingReportingOverflow(call.relativeTimeBase)
      guard !overflow else { try failInvalidTime(call) }
      time = sum
    }
    return time
  }

  /// What a write with this option does to the key's deadline.
  func change(_ deadline: Int64?) -> DeadlineChange {
    if let deadline { return .set(deadline) }
    return kind == .keep ? .keep : .remove
  }

  @inline(never)
  private static func failInvalidTime(_ call: Call) throws(CommandError) -> Never {
    throw call.fail("ERR invalid expire time in '\(call.commandName)' command")
  }

  // MARK: Declarations

  static let times: [ArgumentSpec] = [
    ArgumentSpec("seconds", .integer, token: "EX"),
    ArgumentSpec("milliseconds", .integer, token: "PX"),
    ArgumentSpec("unix-time-seconds", .unixTime, token: "EXAT"),
    ArgumentSpec("unix-time-milliseconds", .unixTime, token: "PXAT"),
  ]

  /// The argument as COMMAND DOCS shows it: one of the times, or `bare`.
  static func argument(bare: ArgumentSpec) -> ArgumentSpec {
    ArgumentSpec("expiration", .oneof, .optional, times + [bare])
  }
}
