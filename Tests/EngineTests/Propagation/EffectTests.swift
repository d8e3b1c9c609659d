import Foundation
import Testing

@testable import Engine

/// What the table of stories cannot tell: what only Apus has, chance, and expiry behind the scenes.
@Suite struct EffectTests {
  private let server = RecordingServer()

  private func logged(_ words: String...) -> [String] {
    _ = server.client.send(words)
    return server.takeCommands()
  }

  private func prepare(_ words: String...) {
    _ = server.client.send(words)
    _ = server.takeBytes()
  }

  @Test func conditionsThatOtherServersDoNotKnow() {
    prepare("SET", "k", "old")
    #expect(logged("SET", "k", "new", "IFEQ", "old", "GET") == ["SET k new"])
    #expect(logged("SET", "k", "newer", "IFNE", "x", "KEEPTTL") == ["SET k newer KEEPTTL"])
    #expect(logged("SET", "k", "no", "IFEQ", "x") == [])
    #expect(logged("DELEX", "k", "IFEQ", "x") == [])
    #expect(logged("DELEX", "k", "IFNE", "x") == ["DEL k"])
    prepare("SET", "k", "v")
    #expect(logged("DELIFEQ", "k", "v") == ["DEL k"])
  }

  @Test func msetexBecomesWhatAllKnow() {
    prepare("SET", "x", "x")
    #expect(logged("MSETEX", "2", "a", "1", "b", "2", "NX") == ["MSET a 1 b 2"])
    #expect(logged("MSETEX", "1", "a", "1", "NX") == [])
    #expect(
      logged("MSETEX", "2", "a", "1", "b", "2", "PXAT", "4102444800000")
        == ["MULTI", "SET a 1 PXAT 4102444800000", "SET b 2 PXAT 4102444800000", "EXEC"])
    #expect(logged("MSETEX", "1", "a", "3", "KEEPTTL") == ["SET a 3 KEEPTTL"])
    #expect(logged("MSETEX", "2", "a", "1", "c", "2", "EXAT", "1") == ["DEL a"])
  }

  @Test func hsetexOfValkey() {
    prepare("FLUSHALL")
    #expect(logged("HSETEX", "h", "NX", "FIELDS", "1", "f", "v") == ["HSET h f v"])
    #expect(
      logged("HSETEX", "h", "XX", "KEEPTTL", "FIELDS", "1", "f", "v")
        == ["HSETEX h KEEPTTL FIELDS 1 f v"])
    #expect(logged("HSETEX", "h", "NX", "FIELDS", "1", "f", "v") == [])
  }

  @Test func formsThatOnlySomeServersKnowAreLoggedAsTheirResult() {
    prepare("ZADD", "a", "1", "x", "2.5", "y")
    prepare("ZADD", "b", "3", "y")
    #expect(
      logged("ZUNIONSTORE", "c", "2", "a", "b", "AGGREGATE", "COUNT")
        == ["MULTI", "DEL c", "ZADD c 1 x 2 y", "EXEC"])
    #expect(logged("ZINTERSTORE", "c", "2", "a", "none", "AGGREGATE", "COUNT") == ["DEL c"])
    prepare("GEOADD", "g", "13.361389", "38.115556", "Palermo", "120", "0", "elsewhere")
    #expect(
      logged(
        "GEOSEARCHSTORE", "h", "g", "BYPOLYGON", "3", "10", "30", "20", "30", "15", "45")
        == ["MULTI", "DEL h", "ZADD h 3479099956230698 Palermo", "EXEC"])
  }

  /// The members that are logged are those that the client got.
  @Test(arguments: [1, 2, 50, 300, 2000, 3999]) func spopLogsItsChoice(count: Int) {
    for prefix in ["", "member"] {
      prepare("DEL", "s")
      let members = Set((0..<4000).map { "\(prefix)\($0)" })
      _ = server.client.send(["SADD", "s"] + members)
      _ = server.takeBytes()
      let reply = server.client.send("SPOP", "s", "\(count)")
      let popped = reply.split(separator: "\r\n").dropFirst().enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      let commands = RecordingServer.commands(server.takeBytes())
      let removals = commands.filter { $0[0] == "SREM" }
      #expect(removals.allSatisfy { $0[1] == "s" && $0.count <= 1026 })
      #expect(Set(removals.flatMap { $0.dropFirst(2) }) == Set(popped) && popped.count == count)
      #expect(commands.count == removals.count + (removals.count > 1 ? 2 : 0))
    }
  }

  @Test func debugPopulateIsLoggedAsWhatItSets() {
    server.inner.server.pointee.configuration.adopt(.enableDebugCommand, .choice("yes"))
    prepare("FLUSHALL")
    #expect(server.send("DEBUG", "POPULATE", "2") == "+OK\r\n")
    #expect(server.takeCommands() == ["SET key:0 value:0", "SET key:1 value:1"])
  }

  @Test func flushIsLoggedEvenIfThereIsNothing() {
    #expect(logged("FLUSHALL") == ["SELECT 0", "FLUSHALL"])
    #expect(logged("FLUSHDB", "ASYNC") == ["FLUSHDB ASYNC"])
  }

  @Test func failedAndRefusedCommandsAreNotLogged() {
    prepare("SET", "k", "v")
    #expect(logged("LPUSH", "k", "a") == [])
    #expect(logged("SET", "k") == [])
    #expect(logged("NOSUCHCOMMAND", "k") == [])
    #expect(logged("EXPIRE", "k", "9223372036854775807") == [])
  }

  // MARK: Expiry

  /// Keys that nobody asks for: each is a unit of its own.
  @Test func activeExpiry() {
    prepare("SELECT", "2")
    prepare("SET", "c", "3", "PX", "1")
    prepare("SELECT", "0")
    prepare("MSET", "a", "1", "b", "2")
    prepare("PEXPIRE", "a", "1")
    prepare("PEXPIRE", "b", "1")
    Thread.sleep(forTimeInterval: 0.005)
    expireAll()
    #expect(Set(server.takeCommands()) == ["SELECT 0", "DEL a", "DEL b", "SELECT 2", "DEL c"])
  }

  @Test func activeExpiryOfFields() {
    prepare("HSET", "h", "a", "1", "b", "2", "c", "3")
    prepare("HPEXPIRE", "h", "1", "FIELDS", "2", "a", "b")
    Thread.sleep(forTimeInterval: 0.005)
    expireAll()
    let logged = server.takeCommands()
    #expect(logged == ["HDEL h a b"] || logged == ["HDEL h b a"])
    prepare("HPEXPIRE", "h", "1", "FIELDS", "1", "c")
    Thread.sleep(forTimeInterval: 0.005)
    expireAll()
    #expect(server.takeCommands() == ["DEL h"])
  }

  private func expireAll() {
    server.inner.server.pointee.isActiveExpiryOn = true
    server.inner.server.pointee.clock.synchronize()
    server.inner.server.pointee.expireCycle(budgetNanoseconds: 1_000_000_000)
  }

  /// A lookup removes so many due fields and no more; of the rest one is set again, one is passed
  /// over, and the others go with the key.
  @Test func fieldsThatAreDueAndHidden() {
    let fields = (0..<600).map { "f\($0)" }
    func make() {
      _ = server.client.send(["HSET", "h"] + fields.flatMap { [$0, "1"] } + ["live", "1"])
      _ = server.client.send(["HPEXPIRE", "h", "1", "FIELDS", "600"] + fields)
      _ = server.takeBytes()
      Thread.sleep(forTimeInterval: 0.005)
    }
    make()
    server.send("HLEN", "h")
    var commands = RecordingServer.commands(server.takeBytes())
    #expect(commands.count == 1 && commands[0].prefix(2) == ["HDEL", "h"])
    let left = Array(Set(fields).subtracting(commands[0]))
    #expect(left.count == 600 - 256)
    // 88 are left after the next lookup, of which no test knows the names.
    server.send("HLEN", "h")
    commands = RecordingServer.commands(server.takeBytes())
    #expect(left.count - commands[0].count + 2 == 88)
    // All are set again: those that the lookup has left were due, too.
    make()
    _ = server.client.send(["HSET", "h"] + fields.flatMap { [$0, "2"] })
    commands = RecordingServer.commands(server.takeBytes())
    let removals = commands.filter { $0[0] == "HDEL" }
    #expect(Set(removals.flatMap { $0.dropFirst(2) }) == Set(fields))
    #expect(commands.dropLast().last?.first == "HSET")
    // The last live field goes, and those that are hidden with it.
    make()
    server.send("HLEN", "h")
    #expect(server.send("HDEL", "h", "live") == ":1\r\n")
    commands = RecordingServer.commands(server.takeBytes())
    #expect(commands.suffix(3) == [["DEL", "h"], ["HDEL", "h", "live"], ["EXEC"]])
    #expect(server.send("EXISTS", "h") == ":0\r\n")
  }
}
