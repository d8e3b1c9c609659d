import Testing

@testable import Engine

@Suite("Configuration loading") struct ConfigurationLoaderTests {
  @Test func commentsBlanksAndLaterLines() {
    let configuration = testConfiguration()
    #expect(configuration.load("# no 1\n\n  PORT 1 \r\n\t\nport 2") == nil)
    #expect(configuration.integer(.port) == 2)
  }

  @Test func aBadLineIsReportedAsRedisDoes() {
    let failure = testConfiguration().load("# first\n  port  x \n")
    #expect(
      failure?.report == """

        *** FATAL CONFIG FILE ERROR (Redis 7.2.4) ***
        Reading the configuration file, at line 2
        >>> 'port  x'
        argument couldn't be parsed into an integer

        """)
  }

  @Test func optionsComeLastAndAreCountedAfterABlankLine() throws {
    let configuration = testConfiguration()
    let loader = ConfigurationLoader(into: configuration)
    try loader.load(file: nil, input: Array("port 1".utf8), options: Array("port 2".utf8))
    #expect(configuration.integer(.port) == 2)
    #expect(
      throws: ConfigurationFailure.line(
        number: 3, text: Array("port x".utf8),
        reason: "argument couldn't be parsed into an integer")
    ) {
      try loader.load(file: nil, input: Array("port 1\n".utf8), options: Array("port x".utf8))
    }
  }

  @Test func savePointsAddUpUntilAnEmptyLine() {
    let configuration = testConfiguration()
    #expect(configuration.load("save 1 2\nsave 3 4") == nil)
    #expect(configuration.shown("save") == "1 2 3 4")
    #expect(configuration.load("save ''\nsave 5 6") == nil)
    #expect(configuration.shown("save") == "5 6")
  }

  @Test func includesFollowGlobs() throws {
    try withTemporaryFile("port 7") { path in
      let configuration = testConfiguration()
      #expect(configuration.load("include \(path)") == nil)
      #expect(configuration.integer(.port) == 7)
      #expect(configuration.load("port 1\ninclude \(path.dropLast(5))*") == nil)
      #expect(configuration.integer(.port) == 7)
      #expect(configuration.load("include /missing/*.conf") == nil)
    }
  }

  @Test func aFileWithoutAnEndIsRefused() {
    #expect(testConfiguration().load("include /dev/zero") != nil)
  }

  @Test func aMissingFileIsALineOfTheLog() {
    let failure = testConfiguration().load("include /missing.conf")
    #expect(failure?.report == nil)
    #expect(
      failure?.logLine
        == "Fatal error, can't open config file '/missing.conf': No such file or directory")
  }

  @Test func aFileThatIncludesItselfEnds() throws {
    try withTemporaryFile("") { path in
      try FileContent.replace(path, with: Array("include \(path)".utf8))
      #expect(testConfiguration().refusal(of: "include \(path)") == "Too many nested includes")
    }
  }

  @Test func aLogFileMustBeWritable() {
    let failure = testConfiguration().load("logfile /missing/log")
    #expect(failure == .whole(reason: "Can't open the log file: No such file or directory"))
  }

  @Test func aDirectoryMustExist() {
    #expect(testConfiguration().refusal(of: "dir /missing") == "No such file or directory")
  }
}
