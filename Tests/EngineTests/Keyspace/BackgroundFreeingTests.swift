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

  @Test func isAccountedFor() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) {
      let keyspace = Keyspace(seedWords: (1, 2, 3, 4), databaseCount: 1)
      let before = apus_alloc_used
      for number in 0..<3000 {
        Array("key\(number)".utf8).withView { bytes in
          let value = [UInt8](repeating: 1, count: number % 100 == 0 ? 5000 : 10)
          let key = keyspace.state.pointee.key(bytes)
          value.withView { keyspace[0].setString(key, nil, $0, .set(99)) }
        }
      }
      keyspace[0].flush(isLazy: true)
      while keyspace.lazyFreePendingCount > 0 { usleep(1000) }
      apus_alloc_settle()
      precondition(apus_alloc_used == before)
    }
  }
}
