import Glibc
import Testing

@testable import Engine

@Suite("SHUTDOWN") struct ShutdownTests {
  /// The codes with which the server would have ended.
  private final class Exits { var codes: [Int32] = [] }

  private func serverThatNotesItsEnd() -> (InProcessServer, Exits) {
    let server = InProcessServer()
    let exits = Exits()
    server.server.pointee.host.exit = { exits.codes.append($0) }
    return (server, exits)
  }

  @Test(arguments: [
    ["SHUTDOWN", "x"], ["SHUTDOWN", "SAVE", "NOSAVE"], ["SHUTDOWN", "NOW", "ABORT"],
    ["SHUTDOWN", "ABORT", "FORCE"],
  ])
  func syntaxErrorsEndNothing(words: [String]) {
    let (server, exits) = serverThatNotesItsEnd()
    #expect(server.connect().send(words) == "-ERR syntax error\r\n")
    #expect(exits.codes.isEmpty)
  }

  @Test(arguments: [
    ["SHUTDOWN"], ["shutdown", "nosave"], ["SHUTDOWN", "NOW", "FORCE"],
    ["SHUTDOWN", "SAVE", "FORCE"],
  ])
  func endsWithZero(words: [String]) {
    let (server, exits) = serverThatNotesItsEnd()
    _ = server.connect().send(words)
    #expect(exits.codes == [0])
  }

  @Test func aSnapshotThatCannotBeWrittenKeepsTheServer() {
    let (server, exits) = serverThatNotesItsEnd()
    server.server.pointee.files.open = { _, _, _ in -EROFS }
    #expect(
      server.run("SHUTDOWN", "SAVE") == "-ERR Errors trying to SHUTDOWN. Check logs.\r\n")
    #expect(exits.codes.isEmpty)
  }

  @Test func abortFindsNothingToAbort() {
    let (server, _) = serverThatNotesItsEnd()
    #expect(server.run("SHUTDOWN", "ABORT") == "-ERR No shutdown in progress.\r\n")
  }

  @Test func signalsFollowTheirParameters() {
    let (server, exits) = serverThatNotesItsEnd()
    server.server.pointee.files.open = { _, _, _ in -EROFS }
    let configuration = server.server.pointee.configuration
    configuration.adopt(.save, .savePoints([]))
    configuration.adopt(.shutdownOnSigint, .choices(["save"]))
    server.server.pointee.shutDown(onSignal: 2)
    #expect(exits.codes.isEmpty)
    server.server.pointee.shutDown(onSignal: 15)
    #expect(exits.codes == [0])
  }
}
