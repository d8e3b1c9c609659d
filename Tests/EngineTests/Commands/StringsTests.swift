import Testing

@testable import Engine

@Suite struct StringsTests {
  @Test func setThenGet() {
    let client = InProcessServer().connect()
    #expect(client.send("SET", "k", "v") == "+OK\r\n")
    #expect(client.send("GET", "k") == "$1\r\nv\r\n")
    #expect(client.send("GET", "missing") == "$-1\r\n")
  }
}
