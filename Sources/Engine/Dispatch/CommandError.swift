import Core

/// Why a command failed, as a value that fits a register: throwing one allocates nothing.
///
/// Errors whose text holds parts of the call are written by the handler itself
/// (`call.fail(...)`), which then throws `.replied`.
package enum CommandError: Error {
  /// The handler has written its error reply already.
  case replied
  case text(StaticString)

  package static var syntax: CommandError { .text("ERR syntax error") }
  package static var notInteger: CommandError {
    .text("ERR value is not an integer or out of range")
  }
  package static var notFloat: CommandError { .text("ERR value is not a valid float") }
  package static var overflow: CommandError {
    .text("ERR increment or decrement would overflow")
  }
  package static var noSuchKey: CommandError { .text("ERR no such key") }
  package static var wrongType: CommandError {
    .text("WRONGTYPE Operation against a key holding the wrong kind of value")
  }
}
