import Core

/// A command as dispatch uses it: the hot part of its declaration, with its statistics, in two
/// cache lines. The declaration itself stays cold behind `specIndex`.
package struct Command {
  /// The lower-case name as three words, zero-filled: comparing it is three comparisons.
  package var name: CommandName
  package var run: Handler
  package var flags: CommandFlags
  package var arity: Int32
  /// Argument index of the first key, 0 if there is none or it is not at a fixed place.
  package var firstKey: Int32
  /// Argument index of the member of the first key that is looked up first, 0 if there is none.
  package var member: Int32
  /// Position in `CommandTable.specs`.
  package var specIndex: Int32
  /// A container's subcommands lie one behind the other in the table, from here on.
  var firstSubcommand: Int32 = 0
  var subcommandCount: Int32 = 0

  package var calls: UInt64 = 0
  package var rejectedCalls: UInt64 = 0
  package var failedCalls: UInt64 = 0
  package var nanoseconds: UInt64 = 0
  /// Made at the first call while latency tracking is on.
  package var histogram: UnsafeMutablePointer<LatencyHistogram>?

  @inline(__always)
  func accepts(argumentCount: Int) -> Bool { Self.accepts(argumentCount, arity: Int(arity)) }

  /// Whether a call may have so many arguments, its name included. A negative arity is a minimum.
  @inline(__always)
  fileprivate static func accepts(_ argumentCount: Int, arity: Int) -> Bool {
    arity >= 0 ? argumentCount == arity : argumentCount >= -arity
  }
}

extension CommandSpec {
  func accepts(argumentCount: Int) -> Bool { Command.accepts(argumentCount, arity: arity) }
}

/// A command's name as it is looked up: at most 24 bytes, in lower case.
package struct CommandName: Equatable {
  package var words: (UInt64, UInt64, UInt64)

  @inline(__always)
  package static func == (left: CommandName, right: CommandName) -> Bool {
    (left.words.0 ^ right.words.0) | (left.words.1 ^ right.words.1)
      | (left.words.2 ^ right.words.2) == 0
  }

  /// A well-mixed number for the lookup table. Names are no secret and few: no seed is needed.
  @inline(__always)
  var hash: UInt64 {
    let mixed = (words.0 ^ words.1 &* 0x9e37_79b9_7f4a_7c15) ^ words.2 &* 0xc2b2_ae3d_27d4_eb4f
    return mixed &* 0x9e37_79b9_7f4a_7c15
  }
}
