import CAlloc
import Core
import Glibc
import Testing

@testable import Engine

@Suite struct BackgroundFreeingTests {
  @Test func countsWhatIsHandedOver() {
    let client = InProcessServer().connect()
    let keyspace = client.server.pointee.keyspace
    for number in 0..<300 { _ = client.send("SET", "key\(number)", "v") }
    _ = client.send("SET", "large", String(repeating: "x", count: 2 << 20))
    _ = client.send("UNLINK", "large")
    _ = client.send("FLUSHALL", "ASYNC")
    #expect(keyspace[0].count == 0)
    for _ in 0..<2000 where keyspace.lazyFreePendingCount > 0 { usleep(1000) }
    #expect(keyspace.lazyFreePendingCount == 0)
    #expect(keyspace.lazyFreedCount == 301)
    keyspace.resetLazyFreedCount()
    #expect(keyspace.lazyFreedCount == 0)
  }

  /// What is freed elsewhere is counted; each case is run with its parameter off and on.
  @Test(arguments: [
    ("server-del", ["SET large v"]), ("server-del", ["SET large \(other)"]),
    ("server-del", ["GETSET large v"]), ("server-del", ["SET a b", "RENAME a large"]),
    ("server-del", ["MSET large v"]), ("server-del", ["SET a b", "COPY a large REPLACE"]),
    ("user-del", ["DEL large"]), ("user-del", ["GETDEL large"]),
    ("expire", ["GETEX large PXAT 1"]), ("expire", ["PEXPIREAT large 1"]),
    ("expire", ["SET large v PXAT 1"]), ("expire", ["PEXPIRE large 1", "@wait", "GET large"]),
    ("expire", ["PEXPIRE large 1", "@wait", "@cycle"]),
    ("user-flush", ["FLUSHALL"]), ("user-flush", ["FLUSHDB"]),
  ])
  func isConfigured(parameter: String, commands: [String]) {
    for isOn in [false, true] {
      let client = InProcessServer().connect()
      let keyspace = client.server.pointee.keyspace
      _ = client.send("CONFIG", "SET", "lazyfree-lazy-\(parameter)", isOn ? "yes" : "no")
      _ = client.send("SET", "large", String(repeating: "x", count: 2 << 20))
      for command in commands {
        switch command {
        case "@wait": usleep(3000)
        case "@cycle":
          client.server.pointee.beginTurn()
          client.server.pointee.expireCycle(budgetNanoseconds: 10_000_000)
        default: _ = client.send(command.split(separator: " ").map(String.init))
        }
      }
      for _ in 0..<2000 where keyspace.lazyFreePendingCount > 0 { usleep(1000) }
      #expect(keyspace.lazyFreedCount == (isOn ? 1 : 0), "\(commands), \(isOn)")
      #expect(client.send("CONFIG", "RESETSTAT") == "+OK\r\n")
      #expect(keyspace.lazyFreedCount == 0)
    }
  }

  private static let other = String(repeating: "y", count: 5000)

  @Test func isAccountedFor() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) {
      let keyspace = Self.keyspace()
      let before = apus_alloc_used
      for number in 0..<3000 {
        Array("key\(number)".utf8).withView { bytes in
          let value = [UInt8](repeating: 1, count: number % 100 == 0 ? 5000 : 10)
          let key = keyspace.state.pointee.key(bytes)
          value.withView { keyspace[0].setString(key, nil, $0, .set(99)) }
        }
      }
      keyspace[0].flush(isLazy: true)
      Self.waitUntilFreed(keyspace)
      apus_alloc_settle()
      precondition(apus_alloc_used == before)
    }
  }

  /// The thread keeps nothing of what it has freed, which would hold pages for good.
  @Test func isGivenBackWhole() async {
    await #expect(processExitsWith: .success) {
      let keyspace = Self.keyspace()
      apus_alloc_flush_cache()
      let before = apus_alloc_read_statistics().allocated
      for number in 0..<50_000 {
        Array("key\(number)".utf8).withView { bytes in
          let key = keyspace.state.pointee.key(bytes)
          keyspace[0].setString(key, nil, bytes, .remove)
        }
      }
      precondition(apus_alloc_read_statistics().allocated > before + 2_000_000)
      keyspace[0].flush(isLazy: true)
      Self.waitUntilFreed(keyspace)
      apus_alloc_flush_cache()
      precondition(apus_alloc_read_statistics().allocated < before + 300_000)
    }
  }

  private static func waitUntilFreed(_ keyspace: Keyspace) {
    for _ in 0..<10_000 where keyspace.lazyFreePendingCount > 0 { usleep(1000) }
    precondition(keyspace.lazyFreePendingCount == 0)
  }

  private static func keyspace() -> Keyspace {
    Keyspace(
      seedWords: (
        0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
      ), databaseCount: 1)
  }
}
