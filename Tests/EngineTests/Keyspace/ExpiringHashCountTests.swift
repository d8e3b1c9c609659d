import Core
import Testing

@testable import Engine

/// How many hashes have field deadlines is counted, because a snapshot's version depends on it.
@Suite struct ExpiringHashCountTests {
  private final class Model {
    let server = InProcessServer(databaseCount: 3)
    let client: InProcessClient
    var random: KeyspaceRandom

    init(_ seed: UInt64) {
      client = server.connect()
      random = KeyspaceRandom(state: seed)
    }

    func draw(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }

    var key: String { "key\(draw(6))" }
    var field: String { "f\(draw(3))" }
    var database: String { "\(draw(3))" }

    func step() {
      let words = command()
      _ = client.send(words)
      let keyspace = server.server.pointee.keyspace
      for index in 0..<3 {
        let (expiring, volatile) = counted(keyspace[index])
        #expect(keyspace[index].storage.pointee.expiringHashCount == expiring, "\(words)")
        #expect(keyspace[index].storage.pointee.fieldVolatileCount == volatile, "\(words)")
      }
    }

    /// By walking.
    private func counted(_ database: Database) -> (Int, Int) {
      var expiring = 0
      var volatile = 0
      database.storage.pointee.table.forEachSlot { slot in
        guard slot.entry.encoding == .expiringHash else { return }
        expiring += 1
        if ExpiringHash(payload: slot.entry.payload).keyDeadline == .max { volatile += 1 }
      }
      return (expiring, volatile)
    }

    private func command() -> [String] {
      switch draw(21) {
      case 0...2: return ["HSET", key, field, "1", field, "2"]
      case 3...6: return ["HPEXPIRE", key, "\(1 + draw(3))", "FIELDS", "1", field]
      case 7, 8: return ["HPEXPIRE", key, "1000000", "FIELDS", "1", field]
      case 9: return ["HPERSIST", key, "FIELDS", "1", field]
      case 10: return draw(2) == 0 ? ["PEXPIRE", key, "\(1 + draw(1000))"] : ["PERSIST", key]
      case 11: return draw(2) == 0 ? ["DEL", key] : ["UNLINK", key]
      case 12: return ["RENAME", key, key]
      case 13: return ["MOVE", key, database]
      case 14: return ["COPY", key, key, "DB", database, "REPLACE"]
      case 15: return ["SWAPDB", database, database]
      case 16: return draw(8) == 0 ? [draw(2) == 0 ? "FLUSHDB" : "FLUSHALL"] : ["SELECT", database]
      case 17: return draw(2) == 0 ? ["SET", key, "v"] : ["HDEL", key, field]
      case 18: return ["SELECT", database]
      case 19: return restored()
      default: return expired()
      }
    }

    /// Lets time pass and active expiry come by.
    private func expired() -> [String] {
      let state = server.server.pointee.keyspace.state
      let now = state.pointee.now + Int64(draw(4))
      state.pointee.now = now
      state.pointee.activeExpiry.run(
        server.server.pointee.keyspace, now: now, budgetNanoseconds: .max / 2
      ) { 0 }
      return ["EXISTS", key]
    }

    private func restored() -> [String] {
      let keyspace = server.server.pointee.keyspace
      let bytes = RDBDataSets.bytes(RDBDataSets.snapshot(keyspace))
      var options = RDBLoad.Options()
      options.replacesKeys = true
      if draw(2) == 0 {
        for index in 0..<3 { keyspace[index].flush(isLazy: false) }
      }
      guard case .success = RDBDataSets.load(bytes, into: keyspace, options) else {
        Issue.record("not loaded")
        return ["PING"]
      }
      return ["EXISTS", key]
    }
  }

  @Test(arguments: Array(0..<6) as [UInt64]) func randomCommands(_ seed: UInt64) {
    let model = Model(seed)
    for _ in 0..<1500 { model.step() }
  }
}
