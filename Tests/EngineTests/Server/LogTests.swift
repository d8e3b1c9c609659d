import Glibc
import Testing

@testable import Engine

@Suite struct LogTests {
  @Test func aLineIsWrittenAsRedisWritesIt() {
    let line = Log.line(.primary, .warning, "hello", atMilliseconds: 1_700_000_000_123)
    let pattern = /\d+:M \d\d [A-Z][a-z]{2} 20\d\d \d\d:\d\d:\d\d\.123 # hello\n/
    #expect(line.hasPrefix("\(getpid()):M "))
    #expect(line.wholeMatch(of: pattern) != nil)
  }

  @Test func onlyTheLevelAndAboveAreWrittenToTheFile() throws {
    try withTemporaryFile("") { path in
      let configuration = testConfiguration()
      #expect(configuration.load("logfile \(path)\nloglevel notice") == nil)
      let log = Log()
      log.configure(configuration)
      log.verbose("quiet")
      log.notice("loud")
      log.writeRaw(.warning, "raw\n")
      let text = String(decoding: try FileContent.read(path), as: UTF8.self)
      #expect(text.hasSuffix(" * loud\nraw\n") && !text.contains("quiet"))
    }
  }

  @Test func nothingIsAboveAllLines() throws {
    try withTemporaryFile("") { path in
      let configuration = testConfiguration()
      #expect(configuration.load("logfile \(path)\nloglevel nothing") == nil)
      let log = Log()
      log.configure(configuration)
      log.warning("never")
      let content = try FileContent.read(path)
      #expect(content.isEmpty)
    }
  }
}
