import Testing

@testable import Engine

@Suite("Cron") struct CronTests {
  @Test func memoryIsSampled() {
    let server = InProcessServer().server
    server.pointee.tick()
    #expect(server.pointee.statistics.residentByteCount > 0)
    #expect(server.pointee.statistics.tickCount == 1)
  }

  @Test func aPausedCronDoesNothing() {
    let server = InProcessServer().server
    server.pointee.isCronPaused = true
    server.pointee.tick()
    #expect(server.pointee.statistics.residentByteCount == 0)
  }
}
