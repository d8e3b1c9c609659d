import Core
import Testing

@testable import Engine

@Suite struct SetsTests {
  private let server = InProcessServer()

  private func add(_ key: String, _ members: some Sequence<String>) {
    let members = Array(members)
    for start in stride(from: 0, to: members.count, by: 500) {
      _ = server.connect().send(["SADD", key] + members[start..<min(start + 500, members.count)])
    }
  }

  private func encoding(_ key: String) -> String {
    String(server.run("OBJECT", "ENCODING", key).split(separator: "\r\n").last ?? "")
  }

  /// The elements of a flat array of bulk strings.
  private func elements(_ reply: String) -> [String] {
    let lines = reply.split(separator: "\r\n", omittingEmptySubsequences: false).map(String.init)
    return stride(from: 2, to: lines.count, by: 2).map { lines[$0] }
  }

  // MARK: Changes

  @Test func countsEachMemberAsAChange() {
    func dirty(_ words: String...) -> UInt64 {
      let before = server.server.pointee.keyspace.state.pointee.dirty
      _ = server.connect().send(words)
      return server.server.pointee.keyspace.state.pointee.dirty - before
    }
    #expect(dirty("SADD", "s", "a", "b", "a", "c") == 3)
    #expect(dirty("SADD", "s", "a") == 0)
    #expect(dirty("SREM", "s", "a", "x") == 1)
    #expect(dirty("SMOVE", "s", "t", "b") == 2)
    #expect(dirty("SMOVE", "s", "s", "c") == 0)
    #expect(dirty("SUNIONSTORE", "d", "s", "t") == 1)
    #expect(dirty("SINTERSTORE", "d", "s", "t") == 1)
    #expect(dirty("SINTERSTORE", "d", "s", "t") == 0)
    #expect(dirty("SPOP", "t", "5") == 1)
    #expect(server.database.count == 1)
  }

  /// Looking up the destination expires it and moves the source's slot.
  @Test func smoveToAKeyThatExpiresMeanwhile() {
    let client = server.connect()
    for number in 0..<200 { server.set("filler", deadline: Int64(number) + 1) }
    _ = client.send("SADD", "source", "a", "b")
    server.set("destination", deadline: 1)
    #expect(client.send("SMOVE", "source", "destination", "a") == ":1\r\n")
    #expect(client.send("SMEMBERS", "destination") == "*1\r\n$1\r\na\r\n")
    #expect(client.send("SMOVE", "source", "destination", "b") == ":1\r\n")
    #expect(client.send("EXISTS", "source") == ":0\r\n")
  }

  @Test func aSourceThatIsTheDestination() {
    let client = server.connect()
    add("a", (0..<400).map { "m\($0)" })
    add("b", (200..<600).map { "m\($0)" })
    #expect(client.send("SINTERSTORE", "a", "a", "b") == ":200\r\n")
    #expect(client.send("SUNIONSTORE", "b", "b", "a", "b") == ":400\r\n")
    #expect(client.send("SDIFFSTORE", "b", "b", "a") == ":200\r\n")
    #expect(client.send("SDIFFSTORE", "b", "b", "b") == ":0\r\n")
    #expect(server.database.count == 1)
  }

  @Test func digestsDoNotDependOnTheForm() {
    let client = server.connect()
    func digest() -> [UInt8] { server.server.pointee.keyspace.digest.hexadecimal }
    _ = client.send("SADD", "s", "1", "2")
    let first = digest()
    _ = client.send("DEL", "s")
    _ = client.send("SADD", "s", "2", "x", "1")
    #expect(encoding("s") == "listpack" && digest() != first)
    _ = client.send("SREM", "s", "x")
    #expect(digest() == first)
    _ = client.send("SADD", "s", String(repeating: "x", count: 65))
    _ = client.send("SREM", "s", String(repeating: "x", count: 65))
    #expect(encoding("s") == "hashtable" && digest() == first)
  }

  // MARK: Counts

  /// CVE-2022-35977, CVE-2023-22458, CVE-2023-25155: counts whose negation overflows.
  @Test func countsAtTheirExtremes() {
    let client = server.connect()
    let range = "-9223372036854775807 and 9223372036854775807"
    for key in ["missing", "small", "large"] {
      if key == "small" { add(key, ["a", "b"]) }
      if key == "large" { add(key, (0..<1000).map(String.init)) }
      #expect(
        client.send("SRANDMEMBER", key, "-9223372036854775808")
          == "-ERR value is out of range, value must between \(range)\r\n")
      let tooMany = key == "missing" ? "*0\r\n" : "-ERR value is out of range\r\n"
      for count in ["-9223372036854775807", "-4611686018427387904", "-4294967296"] {
        #expect(client.send("SRANDMEMBER", key, count) == tooMany)
      }
      #expect(
        elements(client.send("SRANDMEMBER", key, "9223372036854775807")).count
          == ["missing": 0, "small": 2, "large": 1000][key])
      for count in ["-1", "-9223372036854775808", "9223372036854775808", "a", ""] {
        #expect(
          client.send("SPOP", key, count) == "-ERR value is out of range, must be positive\r\n")
      }
    }
    #expect(elements(client.send("SPOP", "large", "9223372036854775807")).count == 1000)
    #expect(server.run("EXISTS", "large") == ":0\r\n")
  }

  /// A reply without end stops where the client's limit ends its connection.
  @Test func manyRepeatedMembersStopAtTheOutputLimit() {
    add("s", ["a", "b"])
    #expect(
      server.run("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0") == "+OK\r\n")
    let client = server.connect()
    _ = client.send("SRANDMEMBER", "s", "-16777216")
    #expect(client.isEnded)
  }

  @Test func sintercardStopsAtItsLimit() {
    add("a", (0..<3000).map { "m\($0)" })
    add("b", (1000..<9000).map { "m\($0)" })
    #expect(server.run("SINTERCARD", "2", "a", "b") == ":2000\r\n")
    for limit in [1, 1999, 2000, 2001] {
      #expect(
        server.run("SINTERCARD", "2", "a", "b", "LIMIT", "\(limit)") == ":\(min(limit, 2000))\r\n")
    }
    #expect(server.run("SINTERCARD", "1", "a", "LIMIT", "7") == ":7\r\n")
  }

  // MARK: Chance

  /// Chi-square of how often each member was drawn, in deviations from what chance makes it.
  private func deviation(_ counts: [Int], expected: Double) -> Double {
    let chiSquare = counts.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) }
    let freedom = Double(counts.count - 1)
    return (chiSquare / expected - freedom) / (2 * freedom).squareRoot()
  }

  private func members(_ form: String, _ count: Int) -> [String] {
    (0..<count).map { form == "intset" ? "\($0)" : "m\($0)" }
  }

  private func seedRandom() {
    server.server.pointee.keyspace.state.pointee.random = KeyspaceRandom(state: 7)
  }

  @Test(arguments: [("intset", 40), ("listpack", 40), ("hashtable", 150), ("hashtable", 900)])
  func srandmemberIsEven(form: String, size: Int) {
    let all = members(form, size)
    add("s", all)
    #expect(encoding("s") == form)
    seedRandom()
    let client = server.connect()
    for count in [-1, 1, 2, size / 4, size / 2, size - 1] {
      var drawn: [String: Int] = [:]
      let rounds = 30 * size / max(count, 1) + 1
      for _ in 0..<rounds {
        for member in elements(client.send("SRANDMEMBER", "s", "\(count)")) {
          drawn[member, default: 0] += 1
        }
      }
      let expected = Double(rounds * abs(count)) / Double(size)
      let counts = all.map { drawn[$0] ?? 0 }
      #expect(deviation(counts, expected: expected) < 5, "count \(count)")
    }
  }

  @Test(arguments: [("intset", 30), ("listpack", 30), ("hashtable", 140), ("hashtable", 600)])
  func spopIsEven(form: String, size: Int) {
    let all = members(form, size)
    add("s", all)
    seedRandom()
    for count in [1, size / 2, size - 2] {
      var popped: [String: Int] = [:]
      let rounds = 10 * size / count + 1
      for _ in 0..<rounds {
        #expect(encoding("s") == form)
        let members = elements(server.run("SPOP", "s", "\(count)"))
        for member in members { popped[member, default: 0] += 1 }
        #expect(server.run("SCARD", "s") == ":\(size - count)\r\n")
        add("s", members)
      }
      let expected = Double(rounds * count) / Double(size)
      #expect(deviation(all.map { popped[$0] ?? 0 }, expected: expected) < 5, "count \(count)")
    }
  }
}
