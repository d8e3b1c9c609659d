import Engine
import Glibc
import Testing

@Suite("Timers", .serialized) struct TimersTests {
  @Test func theCronTicksAsOftenAsItIsTold() throws {
    var watched: UnsafeMutablePointer<Server>?
    let server = try LoopServer([(.hz, .integer(100))]) { watched = $0 }
    let state = try #require(watched)
    let client = try server.connect()
    usleep(300_000)
    // Asked between two turns, the loop's thread at rest in its poll.
    let fast = state.pointee.statistics.tickCount
    #expect(fast > 10)
    #expect(try client.ask("CONFIG", "SET", "hz", "1", reply: "+OK\r\n"))
    let before = state.pointee.statistics.tickCount
    usleep(300_000)
    #expect(state.pointee.statistics.tickCount - before <= 1)
  }
}
