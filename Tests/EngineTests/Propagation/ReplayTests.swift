import Core
import Foundation
import Testing

@testable import Engine

/// Whatever is done to one server and logged, another one that runs the log has the same data.
@Suite struct ReplayTests {
  @Test func everyWriteCommandIsDrawn() {
    let elsewhere: Set = [
      "flushdb", "flushall", "swapdb", "pfselftest", "restore", "restore-asking",
    ]
    let missing = CommandTable.all.filter { $0.flags.contains(.write) }
      .map { $0.name.description }.filter { !CommandGenerator.names.contains($0) }
    #expect(Set(missing).subtracting(elsewhere) == [])
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func dataAreTheSame(seed: UInt64) {
    let storm = Storm(seed: seed)
    for round in 0..<40 {
      storm.run(commandCount: 50)
      let difference = storm.replay()
      #expect(difference.isEmpty, "round \(round): \(difference)")
      if !difference.isEmpty { return }
    }
    #expect(storm.digestsAreEqual)
    #expect(storm.loggedByteCount > 10_000)
  }

  /// A key that was there when it was changed is there when that is run again, however late.
  @Test func deadlinesDoNothingWhileAStreamIsRunAgain() {
    let server = InProcessServer()
    server.server.pointee.isReplaying = true
    let client = server.connect()
    #expect(client.send("SET", "k", "1", "PXAT", "1000") == "+OK\r\n")
    #expect(client.send("INCR", "k") == ":2\r\n")
    #expect(client.send("PEXPIREAT", "k", "5") == ":1\r\n")
    #expect(client.send("HSETEX", "h", "PXAT", "1", "FIELDS", "1", "f", "v") == ":1\r\n")
    #expect(client.send("HPEXPIREAT", "h", "2", "FIELDS", "1", "f") == "*1\r\n:1\r\n")
    server.server.pointee.expireCycle(budgetNanoseconds: 1_000_000_000)
    #expect(client.send("DBSIZE") == ":2\r\n")
    // Nobody would come to end its waiting.
    #expect(client.send("BLPOP", "l", "0") == "*-1\r\n")
    #expect(client.send("PEXPIRETIME", "k") == ":5\r\n")
    #expect(client.send("HPEXPIRETIME", "h", "FIELDS", "1", "f") == "*1\r\n:2\r\n")
    server.server.pointee.isReplaying = false
    #expect(client.send("EXISTS", "k", "h") == ":0\r\n")
  }

  /// Such times are in no stream of ours, but in files that others have written.
  @Test func relativeTimesCountFromNow() {
    let server = InProcessServer()
    server.server.pointee.isReplaying = true
    let client = server.connect()
    let now = server.server.pointee.clock.wallMilliseconds
    _ = client.send("HSET", "h", "f", "v", "g", "w")
    for words in [
      ["SET", "a", "v", "EX", "1000"], ["SETEX", "b", "1000", "v"], ["SET", "c", "v"],
      ["EXPIRE", "c", "1000"], ["HEXPIRE", "h", "1000", "FIELDS", "1", "f"],
      ["HGETEX", "h", "EX", "1000", "FIELDS", "1", "g"],
    ] { _ = client.send(words) }
    let replies = ["a", "b", "c"].map { client.send("PEXPIRETIME", $0) }
    let fields = client.send("HPEXPIRETIME", "h", "FIELDS", "2", "f", "g")
    for text in replies + [fields] {
      for line in text.split(separator: "\r\n") where line.hasPrefix(":") {
        let deadline = Int64(line.dropFirst()) ?? 0
        #expect(deadline - now >= 1_000_000 && deadline - now < 1_060_000)
      }
    }
    #expect(fields.split(separator: "\r\n").count == 3)
  }
}

/// Commands of several clients on one server, and a second one that follows.
private final class Storm {
  private let first = RecordingServer()
  private let second = InProcessServer()
  private let follower: InProcessClient
  private var generator: CommandGenerator
  private var others: [InProcessClient] = []
  private(set) var loggedByteCount = 0

  init(seed: UInt64) {
    generator = CommandGenerator(seed: seed)
    follower = second.connect()
    second.server.pointee.isReplaying = true
    for _ in 0..<3 { others.append(first.inner.connect()) }
    for client in [first.client, follower] {
      // Small limits, so that all forms of values occur.
      for parameter in ["hash", "zset", "set"] {
        _ = client.send("CONFIG", "SET", "\(parameter)-max-listpack-entries", "4")
      }
      _ = client.send("CONFIG", "SET", "list-max-listpack-size", "4")
      _ = client.send("CONFIG", "SET", "set-max-intset-entries", "4")
    }
  }

  func run(commandCount: Int) {
    for _ in 0..<commandCount {
      generator.now = first.inner.server.pointee.clock.wallMilliseconds
      step()
    }
  }

  private func step() {
    switch generator.below(60) {
    case 0: _ = send(others, generator.filled(CommandGenerator.rare[generator.below(3)]))
    case 1, 2: _ = send(others, ["SELECT", "\(generator.below(3))"])
    case 3, 4, 5, 6: runTransaction()
    case 7...13: Thread.sleep(forTimeInterval: Double(generator.below(30)) / 10_000)
    case 14:
      first.inner.server.pointee.isActiveExpiryOn = true
      first.inner.server.pointee.clock.synchronize()
      first.inner.server.pointee.expireCycle(budgetNanoseconds: 1_000_000)
    case 15:
      _ = first.send(
        "CONFIG", "SET", "lazyfree-lazy-expire", generator.chance(2) ? "yes" : "no")
    default: _ = send(others, generator.command())
    }
  }

  private func runTransaction() {
    let client = first.client
    if generator.chance(3) { _ = client.send("SELECT", "\(generator.below(3))") }
    _ = client.send("MULTI")
    for _ in 0..<generator.below(5) { _ = client.send(generator.command()) }
    _ = client.send("EXEC")
  }

  /// By one of the clients that do not wait.
  private func send(_ clients: [InProcessClient], _ words: [String]) -> String? {
    let free = clients.filter { !$0.client.pointee.flags.contains(.blocked) }
    guard !free.isEmpty else {
      first.client.server.pointee.beginTurn()
      return first.client.send(words.first?.hasPrefix("B") == true ? ["PING"] : words)
    }
    return free[generator.below(free.count)].send(words)
  }

  /// Lets the second server follow, and returns in what the two differ.
  func replay() -> [String] {
    let bytes = first.takeBytes()
    loggedByteCount += bytes.count
    let replies = follower.exchange(bytes)
    let errors = replies.split(separator: "\r\n").filter {
      // Not a negative number.
      $0.hasPrefix("-") && $0.dropFirst().first?.isUppercase == true
    }
    let (one, other) = (content(first.inner), content(second))
    return errors.prefix(3).map(String.init)
      + one.filter { other[$0.key] != $0.value }.map { "logged: \($0.key) \($0.value)" }
      + other.filter { one[$0.key] != $0.value }.map { "replayed: \($0.key) \($0.value)" }
  }

  /// DEBUG DIGEST's, of all databases.
  var digestsAreEqual: Bool { Self.digest(first.inner) == Self.digest(second) }

  /// Everything that is stored, due or not.
  private func content(_ server: InProcessServer) -> [String: String] {
    let keyspace = server.server.pointee.keyspace
    keyspace.state.pointee.now = 0
    var content: [String: String] = [:]
    for index in 0..<keyspace.databaseCount {
      let database = keyspace[index]
      database.storage.pointee.table.forEachSlot { slot in
        let digest = String(decoding: database.digest(slot).hexadecimal.prefix(8), as: UTF8.self)
        let deadline = database.deadline(slot).map { " until \($0)" } ?? ""
        let count =
          slot.entry.type == .hash ? " of \(HashValue(database, slot).count) fields" : ""
        content["\(index)/\(String(slot.entry.key))"] =
          "\(slot.entry.type)\(count) \(digest)\(deadline)"
      }
    }
    return content
  }

  private static func digest(_ server: InProcessServer) -> Digest {
    server.server.pointee.keyspace.state.pointee.now = 0
    return server.server.pointee.keyspace.digest
  }
}
