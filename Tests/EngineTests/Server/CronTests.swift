import Testing

@testable import Engine

@Suite("Cron") struct CronTests {
  @Test func memoryIsSampled() {
    let server = InProcessServer().server
    server.pointee.tick()
    #expect(server.pointee.statistics.residentByteCount > 0)
    #expect(server.pointee.statistics.tickCount == 1)
  }

  @Test func itsTimeIsCounted() {
    let server = InProcessServer()
    server.server.pointee.tick()
    let once = server.server.pointee.statistics.tickNanoseconds
    #expect(once > 0)
    server.server.pointee.statistics.tickNanoseconds = 5_000_000
    #expect(server.run("INFO", "debug").contains("eventloop_duration_cron_sum:5000\r\n"))
  }

  @Test func aPausedCronDoesNothing() {
    let server = InProcessServer().server
    server.pointee.isCronPaused = true
    server.pointee.tick()
    #expect(server.pointee.statistics.residentByteCount == 0)
  }
}
