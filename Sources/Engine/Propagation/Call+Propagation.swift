import Core

/// What is logged of a command, as its handler sees it.
///
/// A command that has changed something is logged as it came, after it has run. One that would do
/// something else when run again, or that another server may not know, says what it did:
///
///     if call.isLogged {
///       call.effect("PEXPIREAT").add(key.bytes).add(deadline).end()
///     }
extension Call {
  /// How a command is logged.
  enum Logging: UInt8 {
    /// As it came, if it has changed something.
    case verbatim
    /// As it came, in any case.
    case always
    /// The handler does it.
    case replaced
  }

  @inline(__always)
  var isLogged: Bool { database.isLogged }

  /// Begins a command that is logged instead of this one; there may be several. REQUIRES:
  /// `isLogged`, and that the handler has done what it says.
  func effect(_ name: StaticString) -> LoggedEffect {
    frame.pointee.logging = .replaced
    return LoggedEffect(name, database)
  }

  /// Elements that are logged instead of this command.
  func effects(_ name: StaticString, _ key: Key) -> LoggedBatches {
    frame.pointee.logging = .replaced
    return LoggedBatches(name, key.bytes, database)
  }

  /// The removal of a key that has no time left.
  func logPastDeadline(_ key: Key) {
    if isLogged { effect(database.expiryName).add(key.bytes).end() }
  }

  /// Logs the command even if it has changed nothing.
  func logAlways() { frame.pointee.logging = .always }

  /// The handler logs what it does, if anything.
  func logNothing() { frame.pointee.logging = .replaced }
}
