import Core
import Testing

@testable import Engine

@Suite struct CommandStreamTests {
  @Test func isOffAtFirstAndEndsWhenTurnedOff() {
    let server = InProcessServer()
    let stream = server.server.pointee.keyspace[0].stream
    #expect(server.run("SET", "k", "v") == "+OK\r\n")
    #expect(stream.pointee.isEmpty && stream.pointee.endOffset == 0)
    stream.pointee.turnOn()
    _ = server.run("SET", "k", "w")
    stream.pointee.turnOff()
    _ = server.run("SET", "k", "x")
    let recording = RecordingServer(server)
    #expect(recording.takeCommands() == ["SELECT 0", "SET k w"])
  }

  @Test func bytesAreTheProtocols() {
    let server = RecordingServer()
    server.send("SET", "key", "value")
    #expect(
      server.takeText()
        == "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n")
    server.send("MULTI")
    server.send("DEL", "key")
    server.send("SET", "a", "")
    server.send("EXEC")
    #expect(
      server.takeText()
        == "*1\r\n$5\r\nMULTI\r\n*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n"
        + "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$0\r\n\r\n*1\r\n$4\r\nEXEC\r\n")
  }

  /// Every length from none to two blocks of the allocator, as name, value and number of arguments.
  @Test func argumentsOfAllLengths() {
    let server = RecordingServer()
    for count in Array(0...130) + [999, 1000, 9999, 10_000, 32_767, 32_768, 100_000] {
      let value = String(repeating: "v", count: count)
      server.send("SET", "k\(count)", value)
      let words = ["RPUSH", "l\(count)"] + (0...min(count, 1100)).map { "\($0)" }
      _ = server.client.send(words)
      server.send("GETSET", "k\(count)", value + "x")
      let expected = [
        ["SET", "k\(count)", value], words, ["SET", "k\(count)", value + "x"],
      ]
      #expect(RecordingServer.commands(server.takeBytes()).filter { $0[0] != "SELECT" } == expected)
    }
  }

  /// An effect in pieces learns at its end how many arguments it has.
  @Test(arguments: [1, 7, 8, 9, 97, 98, 1023, 1024, 1025, 2500]) func manyElements(count: Int) {
    let server = RecordingServer()
    _ = server.client.send(["RPUSH", "l"] + (0..<count).map { "element\($0)" })
    _ = server.takeBytes()
    server.send("SORT", "l", "BY", "nosort", "STORE", "m")
    let all = RecordingServer.commands(server.takeBytes())
    let pushes = all.filter { $0.count > 1 }
    #expect(pushes.allSatisfy { $0.prefix(2) == ["RPUSH", "m"] && $0.count <= 1026 })
    #expect(pushes.flatMap { $0.dropFirst(2) } == (0..<count).map { "element\($0)" })
    #expect(all.count == pushes.count + (pushes.count > 1 ? 2 : 0))
  }

  @Test func offsetsCountWhatWasTaken() {
    let server = RecordingServer()
    var total: UInt64 = 0
    for number in 0..<50 {
      server.send("SET", "k", "\(number)")
      #expect(server.stream.pointee.endOffset == total + UInt64(server.stream.pointee.byteCount))
      total += UInt64(server.takeBytes().count)
      #expect(server.stream.pointee.endOffset == total)
      #expect(server.stream.pointee.isEmpty)
    }
  }

  @Test func aDatabaseIsSelectedWhenItIsAnotherOne() {
    let server = RecordingServer()
    server.send("SET", "k", "1")
    server.send("SELECT", "3")
    server.send("SET", "k", "2")
    _ = server.takeBytes()
    server.send("SET", "k", "3")
    #expect(server.takeCommands() == ["SET k 3"])
    server.stream.pointee.forgetDatabase()
    server.send("SET", "k", "4")
    #expect(server.takeCommands() == ["SELECT 3", "SET k 4"])
  }

  /// Who forks within EXEC gets whole units on both sides.
  @Test func aUnitIsEndedWhereItIsCut() {
    let server = RecordingServer()
    var stream: CommandStream {
      get { server.stream.pointee }
      set { server.stream.pointee = newValue }
    }
    func append(_ words: String...) {
      let arrays = words.map { Array($0.utf8) }
      let views = arrays.map { array in array.withView { StringBlock(copying: $0).view } }
      views.withUnsafeBufferPointer { views in
        guard let base = views.baseAddress else { return }
        server.stream.pointee.append(base, views.count, 0)
      }
    }
    server.stream.pointee.beginTransaction()
    append("SET", "a", "1")
    append("SET", "b", "2")
    #expect(server.takeCommands() == ["MULTI", "SELECT 0", "SET a 1", "SET b 2", "EXEC"])
    append("SET", "c", "3")
    server.stream.pointee.endUnit()
    #expect(server.takeCommands() == ["SET c 3"])
    append("SET", "d", "4")
    append("SET", "e", "5")
    server.stream.pointee.endTransaction()
    server.stream.pointee.endUnit()
    #expect(server.takeCommands() == ["MULTI", "SET d 4", "SET e 5", "EXEC"])
  }

  /// A large argument's block becomes the value, which may be gone before it is logged.
  @Test func largeArgumentsThatTheCommandTookOver() {
    let server = RecordingServer()
    let large = String(repeating: "0123456789", count: 10_000)
    let other = String(repeating: "abcdefghij", count: 10_000)
    server.send("SET", "k", large)
    server.send("SET", "k", other, "PX", "100000000")
    server.send("MSET", "a", large, "a", other, "b", large)
    server.send("APPEND", "c", large)
    server.send("GETSET", "c", other)
    server.send("SETNX", "c", large)
    server.send("SET", "c", large, "PXAT", "1")
    let commands = RecordingServer.commands(server.takeBytes())
    #expect(
      commands.map { $0.prefix(3) } == [
        ["SELECT", "0"], ["SET", "k", large], ["SET", "k", other], ["MSET", "a", large],
        ["APPEND", "c", large], ["SET", "c", other], ["DEL", "c"],
      ])
    #expect(commands[3] == ["MSET", "a", large, "a", other, "b", large])
    // No hold is left: the value is changed in place.
    server.send("SET", "k", large)
    _ = server.takeBytes()
    let database = server.inner.server.pointee.keyspace[0]
    let slot = database.find(database.key(ByteView("k")))
    guard let slot, case .block(let block) = database.string(slot) else {
      Issue.record("no block")
      return
    }
    #expect(!block.isShared)
  }

  /// A handler that takes the block over and frees it, whose memory is used again at once.
  private static let swallow = CommandSpec(
    "swallow", .string, since: "1.0.0", arity: 2, flags: [.write], summary: ""
  ) { call throws(CommandError) in
    let count = call[1].count
    guard let block = call.takeBlock(1) else { throw .syntax }
    block.free()
    let others = (0..<4).map { _ in StringBlock(zeroedCapacity: count) }
    for other in others {
      other.bytes.update(repeating: UInt8(ascii: "?"), count: count)
      other.free()
    }
    call.database.countChanges(1)
    call.reply.ok()
  }

  @Test func largeArgumentsThatAreGoneWhenTheyAreLogged() {
    let server = RecordingServer(InProcessServer(specs: CommandTable.all + [Self.swallow]))
    for count in [70_000, 100_000, 300_000, 1_000_000] {
      let large = String(repeating: "0123456789", count: count / 10)
      #expect(server.send("SWALLOW", large) == "+OK\r\n")
      #expect(RecordingServer.commands(server.takeBytes()).last == ["SWALLOW", large])
    }
  }
}
