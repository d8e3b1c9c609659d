import Core
import Testing

@testable import Engine

@Suite("DEBUG") struct DebugTests {
  private func server() -> InProcessServer {
    let configuration = testConfiguration()
    configuration.adopt(.enableDebugCommand, .choice("yes"))
    return InProcessServer(configuration: configuration)
  }

  @Test func isForThoseWhoMay() {
    let configuration = testConfiguration()
    let server = InProcessServer(configuration: configuration)
    #expect(server.run("DEBUG", "SLEEP", "0").hasPrefix("-ERR DEBUG command not allowed. If the"))
    configuration.adopt(.enableDebugCommand, .choice("local"))
    #expect(server.run("DEBUG", "SLEEP", "0") == "+OK\r\n")
    let remote = server.connect()
    remote.client.pointee.details.isLocal = false
    #expect(remote.send("DEBUG", "SLEEP", "0").hasPrefix("-ERR DEBUG command not allowed"))
  }

  @Test(arguments: [
    (["FOO"], "FOO"), (["SLEEP"], "SLEEP"), (["HELP", "x"], "HELP"), (["sleep", "1", "2"], "sleep"),
    (["REPLYBUFFER", "FOO", "1"], "REPLYBUFFER"), (["DIGEST", "x"], "DIGEST"),
  ])
  func unknownSubcommands(words: [String], name: String) {
    let text = "-ERR unknown subcommand or wrong number of arguments for '\(name)'."
    #expect(server().connect().send(["DEBUG"] + words) == "\(text) Try DEBUG HELP.\r\n")
  }

  private static let resp2 = [
    "string": "$11\r\nHello World\r\n", "integer": ":12345\r\n", "double": "$5\r\n3.141\r\n",
    "bignum": "$37\r\n1234567999999999999999999999999999999\r\n", "null": "$-1\r\n",
    "array": "*3\r\n:0\r\n:1\r\n:2\r\n", "set": "*3\r\n:0\r\n:1\r\n:2\r\n",
    "map": "*6\r\n:0\r\n:0\r\n:1\r\n:1\r\n:2\r\n:0\r\n",
    "attrib": "$39\r\nSome real reply following the attribute\r\n",
    "push": "-ERR RESP2 is not supported by this command\r\n",
    "verbatim": "$25\r\nThis is a verbatim\nstring\r\n", "true": ":1\r\n", "false": ":0\r\n",
  ]

  private static let resp3 = [
    "string": "$11\r\nHello World\r\n", "integer": ":12345\r\n", "double": ",3.141\r\n",
    "bignum": "(1234567999999999999999999999999999999\r\n", "null": "_\r\n",
    "array": "*3\r\n:0\r\n:1\r\n:2\r\n", "set": "~3\r\n:0\r\n:1\r\n:2\r\n",
    "map": "%3\r\n:0\r\n#f\r\n:1\r\n#t\r\n:2\r\n#f\r\n",
    "attrib":
      "|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
      + "$39\r\nSome real reply following the attribute\r\n",
    "push":
      ">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n$40\r\nSome real reply following the push reply\r\n",
    "verbatim": "=29\r\ntxt:This is a verbatim\nstring\r\n", "true": "#t\r\n", "false": "#f\r\n",
  ]

  @Test func everyTypeInBothProtocols() {
    let client = server().connect()
    for (version, replies) in [(UInt8(2), Self.resp2), (3, Self.resp3)] {
      client.client.pointee.reply.protocolVersion = version
      for (type, reply) in replies { #expect(client.send("DEBUG", "PROTOCOL", type) == reply) }
    }
    #expect(client.send("DEBUG", "PROTOCOL", "x").hasPrefix("-ERR Wrong protocol type name."))
  }

  @Test func errorIsOneLine() {
    #expect(server().run("DEBUG", "ERROR", "FOO a\r\nb") == "-FOO a  b\r\n")
  }

  @Test func populateFillsAndKeepsWhatIsThere() {
    let client = server().connect()
    _ = client.send("SET", "key:1", "mine")
    #expect(client.send("DEBUG", "POPULATE", "3") == "+OK\r\n")
    #expect(client.send("GET", "key:1") == "$4\r\nmine\r\n")
    #expect(client.send("GET", "key:2") == "$7\r\nvalue:2\r\n")
    #expect(client.send("DEBUG", "POPULATE", "1", "p", "9") == "+OK\r\n")
    #expect(client.send("GET", "p:0") == "$9\r\nvalue:0\0\0\r\n")
    #expect(client.send("DEBUG", "POPULATE", "1", "q", "3") == "+OK\r\n")
    #expect(client.send("GET", "q:0") == "$3\r\nval\r\n")
    for size in ["-1", "x", "99999999999999999999"] {
      #expect(
        client.send("DEBUG", "POPULATE", "1", "r", size)
          == "-ERR value is out of range, must be positive\r\n")
    }
    #expect(client.send("DEBUG", "POPULATE", "1", "r", "9223372036854775807").hasPrefix("-ERR"))
  }

  @Test func digestsAreOfDataNotOfOrder() {
    let zeros = String(repeating: "0", count: 40)
    let (left, right) = (server().connect(), server().connect())
    #expect(left.send("DEBUG", "DIGEST") == "+\(zeros)\r\n")
    for number in 0..<50 { _ = left.send("SET", "k\(number)", "v\(number)") }
    for number in (0..<50).reversed() { _ = right.send("SET", "k\(number)", "v\(number)") }
    let digest = left.send("DEBUG", "DIGEST")
    #expect(digest == right.send("DEBUG", "DIGEST") && digest != "+\(zeros)\r\n")
    _ = right.send("SET", "k7", "other")
    #expect(digest != right.send("DEBUG", "DIGEST"))
    #expect(
      left.send("DEBUG", "DIGEST-VALUE", "k1", "none").hasSuffix("+\(zeros)\r\n"))
  }

  @Test func tableStatisticsCountEveryKey() {
    let client = server().connect()
    _ = client.send("DEBUG", "POPULATE", "5000")
    let reply = client.send("DEBUG", "HTSTATS", "0")
    #expect(reply.contains(" number of elements: 5000\n"))
    #expect(client.send("DEBUG", "HTSTATS", "16") == "-ERR Out of range database\r\n")
    #expect(client.send("DEBUG", "HTSTATS-KEY", "none") == "-ERR no such key\r\n")
  }

  @Test func switchesAreSet() {
    let server = server()
    #expect(server.run("DEBUG", "PAUSE-CRON", "1") == "+OK\r\n")
    #expect(server.run("DEBUG", "SET-ACTIVE-EXPIRE", "0") == "+OK\r\n")
    #expect(server.server.pointee.isCronPaused && !server.server.pointee.isActiveExpiryOn)
    let identity = server.server.pointee.replicationID
    #expect(server.run("DEBUG", "CHANGE-REPL-ID") == "+OK\r\n")
    #expect(server.server.pointee.replicationID != identity)
  }

  @Test(arguments: [
    (["MALLCTL", "arenas.page"], ":4096\r\n"),
    (["MALLCTL", "foo.bar"], "-ERR No such file or directory\r\n"),
    (["MALLCTL", "epoch", "x"], "-ERR value is not an integer or out of range\r\n"),
    (["MALLCTL", "arena.0.extent_hooks", "1"], "-ERR Operation not permitted\r\n"),
    // A number read as text would be followed as an address.
    (["MALLCTL-STR", "arenas.page"], "-ERR Invalid argument\r\n"),
    (["OBJECT", "none"], "-ERR no such key\r\n"), (["SLEEP", "-1"], "+OK\r\n"),
    (["SLEEP", "nan"], "+OK\r\n"),
  ])
  func odds(words: [String], expected: String) {
    #expect(server().connect().send(["DEBUG"] + words) == expected)
  }

  @Test func helpListsSubcommandsInOrder() {
    let lines = server().run("DEBUG", "HELP").split(separator: "\r\n").dropFirst(2)
    let names = lines.filter { !$0.hasPrefix("+ ") }.map(String.init)
    #expect(Array(names.dropLast()) == names.dropLast().sorted() && names.count > 20)
  }
}
