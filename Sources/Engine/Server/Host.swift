import Glibc

/// What the engine wishes from the program around it: sockets, timers and the end.
///
/// The engine knows none of them. Net and the executable put their functions here at start; the
/// defaults let the engine run without either, as in tests. All are cold: CONFIG SET, SHUTDOWN.
package struct Host {
  /// Listens where the configuration now says, and only there. Nil, or the reason why it goes on
  /// listening where it did.
  package var listen: () -> String? = { nil }
  /// Sets how often `tick` is called, in Hertz.
  package var setTickFrequency: (Int) -> Void = { _ in }
  /// Shows the process' title anew.
  package var showTitle: () -> Void = {}
  /// Shows a child's title.
  package var showChildTitle: (String) -> Void = { _ in }
  /// Begins a turn soon; may be called with `wakeUpContext` on any thread.
  package var wakeUp: AOFWakeUp = { _ in }
  package var wakeUpContext: UnsafeMutableRawPointer?
  /// `fork(2)`: the process' number in the parent, 0 in the child, -1 with `errno` set. Without a
  /// process of its own the engine has none.
  package var fork: () -> Int32 = {
    errno = ENOSYS
    return -1
  }
  /// Sends what clients are owed, before the end.
  package var sendReplies: () -> Void = {}
  /// Has a connection read, or not, for now.
  package var setReading: (_ transport: UnsafeMutableRawPointer?, Bool) -> Void = { _, _ in }
  /// The data set is there, or cannot be loaded.
  package var didLoad: (Bool) -> Void = { _ in }
  /// Removes what the process leaves behind (pid file, Unix socket) and ends it with this code.
  package var exit: (Int32) -> Void = { _ in }

  package init() {}
}
