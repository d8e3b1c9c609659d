import Testing

@testable import Engine

@Suite struct DigestTests {
  private func digest(_ commands: [String]) -> String {
    let client = InProcessServer().connect()
    for command in commands { _ = client.send(command.split(separator: " ").map(String.init)) }
    return String(decoding: client.server.pointee.keyspace.digest.hexadecimal, as: UTF8.self)
  }

  @Test func ofNothing() {
    #expect(digest([]) == String(repeating: "0", count: 40))
    #expect(digest(["SET a 1", "DEL a"]) == String(repeating: "0", count: 40))
  }

  @Test func doesNotDependOnOrder() {
    #expect(digest(["SET a 1", "SET b 2"]) == digest(["SET b 2", "SET a x", "SET a 1"]))
  }

  @Test(arguments: [
    ["SET a 1"], ["SET a 2"], ["SET b 1"], ["SET a 1", "SET b 1"], ["SET a 1", "SET b 2"],
    ["SELECT 1", "SET a 1"], ["SET a 1", "PEXPIREAT a 9999999999999"],
    ["SET a 1", "PEXPIREAT a 9999999999998"],
  ])
  func dependsOnEverythingElse(_ commands: [String]) {
    let others = [["SET a 3"], ["SET a"], ["SET a1"], ["SELECT 2", "SET a 1"], ["SET ab 1"]]
    for other in others { #expect(digest(commands) != digest(other)) }
  }
}
