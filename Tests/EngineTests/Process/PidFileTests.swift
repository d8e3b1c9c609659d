import Glibc
import Testing

@testable import Engine

@Suite struct PidFileTests {
  @Test func theFileHoldsTheProcessIdAndIsRemoved() throws {
    try withTemporaryFile("") { path in
      let configuration = testConfiguration()
      #expect(configuration.load("pidfile \(path)") == nil)
      let file = PidFile(configuration, isInBackground: false)
      let log = Log()
      log.level = .nothing
      file.write(log)
      let content = try FileContent.read(path)
      #expect(content == Array("\(getpid())\n".utf8))
      file.remove(log)
      #expect(!FileContent.exists(path))
    }
  }

  @Test func inTheBackgroundThereIsAlwaysOne() {
    let configuration = testConfiguration()
    #expect(PidFile(configuration, isInBackground: false).path == nil)
    #expect(configuration.load("daemonize yes") == nil)
    #expect(PidFile(configuration, isInBackground: true).path == "/var/run/redis.pid")
    #expect(configuration.shown("pidfile") == "/var/run/redis.pid")
  }
}
