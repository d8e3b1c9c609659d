/// The value of a parameter, as parsed.
package enum ParameterValue: Equatable, Sendable {
  case boolean(Bool)
  /// Wide enough for every C integer, signed or not, so that no bound needs a special case.
  case integer(Int128)
  case choice(String)
  case choices([String])
  /// Text that is not set and empty text are one: both mean "none" wherever Redis has them.
  case text([UInt8])
  case savePoints([SavePoint])
  case addresses([[UInt8]])
  case outputBufferLimits(OutputBufferLimits)
  case integers([Int])
  case percentiles([Double])
  case keyspaceEvents(KeyspaceEvents)
}

/// Save a snapshot once this many changes were made and this many seconds have passed.
package struct SavePoint: Equatable, Sendable {
  package let seconds: Int
  package let changes: Int

  static let redisDefault = [
    SavePoint(seconds: 3600, changes: 1), SavePoint(seconds: 300, changes: 100),
    SavePoint(seconds: 60, changes: 10_000),
  ]
}

/// How much output may wait for a client of one class; 0 means without limit.
package struct OutputBufferLimit: Equatable, Sendable {
  package var hardBytes: Int
  package var softBytes: Int
  package var softSeconds: Int
}

/// The limits of each class of clients.
package struct OutputBufferLimits: Equatable, Sendable {
  package var normal: OutputBufferLimit
  package var replica: OutputBufferLimit
  package var pubsub: OutputBufferLimit

  static let redisDefault = OutputBufferLimits(
    normal: OutputBufferLimit(hardBytes: 0, softBytes: 0, softSeconds: 0),
    replica: OutputBufferLimit(hardBytes: 256 << 20, softBytes: 64 << 20, softSeconds: 60),
    pubsub: OutputBufferLimit(hardBytes: 32 << 20, softBytes: 8 << 20, softSeconds: 60))
}

/// Classes of keyspace events, with the letters of `notify-keyspace-events`.
package struct KeyspaceEvents: OptionSet, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let keyspace = KeyspaceEvents(rawValue: 1 << 0)
  package static let keyevent = KeyspaceEvents(rawValue: 1 << 1)
  package static let generic = KeyspaceEvents(rawValue: 1 << 2)
  package static let string = KeyspaceEvents(rawValue: 1 << 3)
  package static let list = KeyspaceEvents(rawValue: 1 << 4)
  package static let set = KeyspaceEvents(rawValue: 1 << 5)
  package static let hash = KeyspaceEvents(rawValue: 1 << 6)
  package static let sortedSet = KeyspaceEvents(rawValue: 1 << 7)
  package static let expired = KeyspaceEvents(rawValue: 1 << 8)
  package static let evicted = KeyspaceEvents(rawValue: 1 << 9)
  package static let stream = KeyspaceEvents(rawValue: 1 << 10)
  package static let keyMiss = KeyspaceEvents(rawValue: 1 << 11)
  package static let module = KeyspaceEvents(rawValue: 1 << 13)
  package static let new = KeyspaceEvents(rawValue: 1 << 14)

  /// What `A` stands for: all but key misses and new keys, which are too many to be asked for
  /// without saying so.
  package static let all: KeyspaceEvents = [
    .generic, .string, .list, .set, .hash, .sortedSet, .expired, .evicted, .stream, .module,
  ]

  /// The classes that have a letter of their own within `A`, in the order they are printed.
  static let letters: [(UInt8, KeyspaceEvents)] = [
    (UInt8(ascii: "g"), .generic), (UInt8(ascii: "$"), .string), (UInt8(ascii: "l"), .list),
    (UInt8(ascii: "s"), .set), (UInt8(ascii: "h"), .hash), (UInt8(ascii: "z"), .sortedSet),
    (UInt8(ascii: "x"), .expired), (UInt8(ascii: "e"), .evicted), (UInt8(ascii: "t"), .stream),
    (UInt8(ascii: "d"), .module),
  ]

  /// The letters that `A` does not cover.
  static let otherLetters: [(UInt8, KeyspaceEvents)] = [
    (UInt8(ascii: "K"), .keyspace), (UInt8(ascii: "E"), .keyevent), (UInt8(ascii: "m"), .keyMiss),
    (UInt8(ascii: "n"), .new),
  ]

  /// The events that `text` names, or nil if a letter is unknown.
  init?(_ text: [UInt8]) {
    self = []
    for letter in text {
      if letter == UInt8(ascii: "A") {
        formUnion(.all)
      } else if let known = (Self.letters + Self.otherLetters).first(where: { $0.0 == letter }) {
        formUnion(known.1)
      } else {
        return nil
      }
    }
  }

  var text: [UInt8] {
    let classes =
      isSuperset(of: .all)
      ? [UInt8(ascii: "A")] : Self.letters.filter { contains($0.1) }.map(\.0)
    return classes + Self.otherLetters.filter { contains($0.1) }.map(\.0)
  }
}
