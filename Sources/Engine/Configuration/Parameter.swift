/// The declaration of one parameter: all that is known about it, said once.
///
/// The tables in `Parameters/` are arrays of these. Loading, CONFIG GET, SET and REWRITE derive
/// from them. `ParameterID` has a case for each, by which code names it.
package struct Parameter: Sendable {
  package let id: ParameterID
  package let kind: ParameterKind
  package let initial: ParameterValue
  /// A second name from an older Redis, equal in everything.
  package let alias: String?
  package let standing: ParameterStanding
  package let flags: ParameterFlags
  /// What the kind cannot say about a valid value: nil, or the reason to refuse it.
  let check: (@Sendable (ParameterValue) -> String?)?

  package var name: String { id.rawValue }

  init(
    _ id: ParameterID, _ kind: ParameterKind, default initial: ParameterValue,
    alias: String? = nil, _ standing: ParameterStanding, _ flags: ParameterFlags = [],
    check: (@Sendable (ParameterValue) -> String?)? = nil
  ) {
    self.id = id
    self.kind = kind
    self.initial = initial
    self.alias = alias
    self.standing = standing
    self.flags = flags
    self.check = check
  }
}

/// Whether setting a parameter does anything yet.
package enum ParameterStanding: Sendable {
  /// It does what Redis' does.
  case effective
  /// Its feature is still to come: checked and stored, so that configurations load, without effect.
  case known
  /// It promises durability, a limit or security that is still to come. Any value but the default
  /// is refused, because a promise that is not kept is worse than none.
  case refused
}

package struct ParameterFlags: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Set at start only.
  package static let immutable = ParameterFlags(rawValue: 1 << 0)
  /// CONFIG SET only as `enable-protected-configs` allows.
  package static let protected = ParameterFlags(rawValue: 1 << 1)
  /// A secret: not for the slow log, MONITOR or crash reports.
  package static let sensitive = ParameterFlags(rawValue: 1 << 2)
  /// Shown by CONFIG GET only when asked by its whole name.
  package static let hidden = ParameterFlags(rawValue: 1 << 3)
  /// Listed in the crash report, because it changes which code runs.
  package static let debug = ParameterFlags(rawValue: 1 << 4)
  /// Takes several words; CONFIG SET passes them as one, separated by blanks.
  package static let multipleArguments = ParameterFlags(rawValue: 1 << 5)
  package static let deniedWhileLoading = ParameterFlags(rawValue: 1 << 6)
}

/// What values a parameter takes and how they are written.
package enum ParameterKind: Sendable {
  case boolean
  case integer(ClosedRange<Int128>)
  /// Bytes, with the units b, k, kb, m, mb, g and gb.
  case memory(ClosedRange<Int128>)
  /// Bytes, or a percentage of `maxmemory` that is kept as a negative number.
  case memoryOrPercent(ClosedRange<Int128>)
  case octal(ClosedRange<Int128>)
  /// One of some names.
  case choice([String])
  /// Several of some names, of which the first stands for none.
  case choices([String])
  case text
  case directory
  case savePoints
  case addresses
  case outputBufferLimits
  case scoreAdjustments
  case percentiles
  case keyspaceEvents
  case replicaOf
}

/// The widths of C's integers, which are the bounds of Redis' parameters.
enum Bounds {
  static let lowestInt = Int128(Int32.min)
  static let int = Int128(Int32.max)
  static let unsignedInt = Int128(UInt32.max)
  static let long = Int128(Int64.max)
  static let unsignedLong = Int128(UInt64.max)
}

// The forms in which the tables declare.
extension Parameter {
  typealias Check = @Sendable (ParameterValue) -> String?

  static func boolean(
    _ id: ParameterID, default initial: Bool, alias: String? = nil,
    _ standing: ParameterStanding, _ flags: ParameterFlags = [], check: Check? = nil
  ) -> Parameter {
    Parameter(
      id, .boolean, default: .boolean(initial), alias: alias, standing, flags, check: check)
  }

  static func integer(
    _ id: ParameterID, _ bounds: ClosedRange<Int128>, default initial: Int128,
    alias: String? = nil, _ standing: ParameterStanding, _ flags: ParameterFlags = []
  ) -> Parameter {
    Parameter(id, .integer(bounds), default: .integer(initial), alias: alias, standing, flags)
  }

  static func memory(
    _ id: ParameterID, _ bounds: ClosedRange<Int128>, default initial: Int128,
    alias: String? = nil, _ standing: ParameterStanding, _ flags: ParameterFlags = []
  ) -> Parameter {
    Parameter(id, .memory(bounds), default: .integer(initial), alias: alias, standing, flags)
  }

  static func memoryOrPercent(
    _ id: ParameterID, _ bounds: ClosedRange<Int128>, default initial: Int128,
    _ standing: ParameterStanding, _ flags: ParameterFlags = []
  ) -> Parameter {
    Parameter(id, .memoryOrPercent(bounds), default: .integer(initial), standing, flags)
  }

  static func octal(
    _ id: ParameterID, _ bounds: ClosedRange<Int128>, default initial: Int128,
    _ standing: ParameterStanding, _ flags: ParameterFlags = []
  ) -> Parameter {
    Parameter(id, .octal(bounds), default: .integer(initial), standing, flags)
  }

  static func choice(
    _ id: ParameterID, _ names: [String], default initial: String,
    _ standing: ParameterStanding, _ flags: ParameterFlags = []
  ) -> Parameter {
    Parameter(id, .choice(names), default: .choice(initial), standing, flags)
  }

  static func choices(
    _ id: ParameterID, _ names: [String], default initial: String,
    _ standing: ParameterStanding, _ flags: ParameterFlags = [], check: Check? = nil
  ) -> Parameter {
    Parameter(id, .choices(names), default: .choices([initial]), standing, flags, check: check)
  }

  static func text(
    _ id: ParameterID, default initial: String, alias: String? = nil,
    _ standing: ParameterStanding, _ flags: ParameterFlags = [], check: Check? = nil
  ) -> Parameter {
    Parameter(
      id, .text, default: .text(Array(initial.utf8)), alias: alias, standing, flags, check: check)
  }
}
