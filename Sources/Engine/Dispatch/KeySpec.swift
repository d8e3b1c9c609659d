/// Where a call's keys are: how to find the first, how many follow, and what is done to them.
package struct KeySpec: Sendable {
  package enum Begin: Sendable {
    /// At a fixed argument; the command's name is argument 0.
    case index(Int)
    /// Behind a word, looked for from an argument on (negative: from the end, backwards).
    case keyword(StaticString, startFrom: Int)
    case unknown
  }

  package enum Find: Sendable {
    /// Up to `last`, relative to the first (negative: from the end of the arguments), every `step`;
    /// `limit` n > 1 means only the first 1/n of the rest.
    case range(last: Int, step: Int, limit: Int)
    /// A count at `countIndex` (relative to where it begins), keys from `firstKey` on.
    case count(countIndex: Int, firstKey: Int, step: Int)
    case unknown
  }

  package let begin: Begin
  package let find: Find
  package let flags: KeyFlags
  /// What COMMAND INFO says about it in words.
  package let notes: StaticString?

  package init(_ begin: Begin, _ find: Find, _ flags: KeyFlags, notes: StaticString? = nil) {
    self.begin = begin
    self.find = find
    self.flags = flags
    self.notes = notes
  }

  /// One key at a fixed argument.
  package static func at(
    _ index: Int, _ flags: KeyFlags, notes: StaticString? = nil
  ) -> KeySpec {
    KeySpec(.index(index), .range(last: 0, step: 1, limit: 0), flags, notes: notes)
  }

  /// Keys from an argument to the end, every `step`.
  package static func from(
    _ index: Int, step: Int = 1, _ flags: KeyFlags, notes: StaticString? = nil
  ) -> KeySpec {
    KeySpec(.index(index), .range(last: -1, step: step, limit: 0), flags, notes: notes)
  }

  /// A count at an argument, then as many keys, every `step`.
  package static func counted(
    _ index: Int, step: Int = 1, _ flags: KeyFlags, notes: StaticString? = nil
  ) -> KeySpec {
    KeySpec(
      .index(index), .count(countIndex: 0, firstKey: 1, step: step), flags, notes: notes)
  }
}

/// The flags of a key specification, in the order of COMMAND INFO.
package struct KeyFlags: OptionSet, Sendable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let ro = KeyFlags(rawValue: 1 << 0)
  package static let rw = KeyFlags(rawValue: 1 << 1)
  package static let ow = KeyFlags(rawValue: 1 << 2)
  package static let rm = KeyFlags(rawValue: 1 << 3)
  package static let access = KeyFlags(rawValue: 1 << 4)
  package static let update = KeyFlags(rawValue: 1 << 5)
  package static let insert = KeyFlags(rawValue: 1 << 6)
  package static let delete = KeyFlags(rawValue: 1 << 7)
  package static let notKey = KeyFlags(rawValue: 1 << 8)
  package static let incomplete = KeyFlags(rawValue: 1 << 9)
  package static let variableFlags = KeyFlags(rawValue: 1 << 10)

  package static let names: [(KeyFlags, StaticString)] = [
    (.ro, "RO"), (.rw, "RW"), (.ow, "OW"), (.rm, "RM"), (.access, "access"),
    (.update, "update"), (.insert, "insert"), (.delete, "delete"), (.notKey, "not_key"),
    (.incomplete, "incomplete"), (.variableFlags, "variable_flags"),
  ]
}
