import Testing

@testable import Engine

@Suite("Admission") struct AdmissionTests {
  private func refusal(_ server: InProcessServer, isLocal: Bool) -> String? {
    server.server.pointee.refusal(ofLocalClient: isLocal)?.description
  }

  @Test func strangersNeedAPasswordOrPermission() {
    let server = InProcessServer()
    #expect(refusal(server, isLocal: true) == nil)
    let text = refusal(server, isLocal: false)
    #expect(text?.hasPrefix("-DENIED Redis is running in protected mode because") == true)
    #expect(text?.hasSuffix("from the outside.\r\n") == true)
    #expect(text?.dropLast(2).contains("\n") == false)
    _ = server.run("CONFIG", "SET", "requirepass", "secret")
    #expect(refusal(server, isLocal: false) == nil)
    _ = server.run("CONFIG", "SET", "requirepass", "", "protected-mode", "no")
    #expect(refusal(server, isLocal: false) == nil)
    #expect(server.server.pointee.statistics.rejectedConnectionCount == 1)
  }

  @Test func thereIsRoomForSoMany() {
    let server = InProcessServer()
    let first = server.connect()
    #expect(first.send("CONFIG", "SET", "maxclients", "1") == "+OK\r\n")
    #expect(refusal(server, isLocal: true) == "-ERR max number of clients reached\r\n")
  }
}
