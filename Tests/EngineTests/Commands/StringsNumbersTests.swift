import Testing

@testable import Engine

@Suite struct StringsNumbersTests {
  private let server = InProcessServer()
  private let number = "-ERR value is not an integer or out of range\r\n"
  private let overflow = "-ERR increment or decrement would overflow\r\n"

  @Test func counts() {
    let client = server.connect()
    #expect(client.send("INCR", "k") == ":1\r\n")
    let entry = server.entry("k")
    #expect(client.send("INCRBY", "k", "9223372036854775806") == ":9223372036854775807\r\n")
    #expect(server.entry("k") == entry)
    #expect(client.send("INCR", "k") == overflow)
    #expect(client.send("GET", "k") == "$19\r\n9223372036854775807\r\n")
    #expect(client.send("DECRBY", "k", "9223372036854775807") == ":0\r\n")
    #expect(client.send("DECR", "k") == ":-1\r\n")
    #expect(client.send("INCRBY", "k", "-9223372036854775807") == ":-9223372036854775808\r\n")
    #expect(client.send("DECR", "k") == overflow)
  }

  @Test func keepsTheDeadline() {
    let client = server.connect()
    _ = client.send("SET", "k", "5", "PXAT", "4000000000000")
    _ = client.send("INCR", "k")
    #expect(server.deadline("k") == 4_000_000_000_000)
    _ = client.send("INCRBYFLOAT", "k", "0.5")
    #expect(server.deadline("k") == 4_000_000_000_000)
    #expect(client.send("GET", "k") == "$3\r\n6.5\r\n")
  }

  @Test func refuses() {
    let client = server.connect()
    for value in ["", "x", " 1", "01", "+1", "1.0", "9223372036854775808"] {
      _ = client.send("SET", "k", value)
      #expect(client.send("INCR", "k") == number)
      #expect(client.send("INCRBY", "new", value) == number)
    }
    let decrement = "-ERR decrement would overflow\r\n"
    #expect(client.send("DECRBY", "k", "-9223372036854775808") == decrement)
    #expect(client.send("GET", "new") == "$-1\r\n")
  }

  @Test func floats() {
    let client = server.connect()
    #expect(client.send("INCRBYFLOAT", "k", "1.5") == "$3\r\n1.5\r\n")
    #expect(client.send("INCRBYFLOAT", "k", "5.0e3") == "$6\r\n5001.5\r\n")
    #expect(client.send("INCRBYFLOAT", "k", "-0.5") == "$4\r\n5001\r\n")
    #expect(server.entry("k")?.encoding == .inline)
    #expect(client.send("INCR", "k") == ":5002\r\n")
    #expect(client.send("INCRBYFLOAT", "k", "x") == "-ERR value is not a valid float\r\n")
    let infinite = "-ERR increment would produce NaN or Infinity\r\n"
    #expect(client.send("INCRBYFLOAT", "k", "inf") == infinite)
    _ = client.send("SET", "k", "abc")
    #expect(client.send("INCRBYFLOAT", "k", "1") == "-ERR value is not a valid float\r\n")
  }
}
