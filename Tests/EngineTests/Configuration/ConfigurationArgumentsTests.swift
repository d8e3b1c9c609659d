import Testing

@testable import Engine

@Suite("Configuration arguments") struct ConfigurationArgumentsTests {
  private func parsed(_ arguments: String...) -> ConfigurationArguments {
    ConfigurationArguments(arguments.map { Array($0.utf8) })
  }

  private func lines(_ arguments: ArraySlice<String>) -> [String] {
    let options = ConfigurationArguments(arguments.map { Array($0.utf8) }).options
    return options.split(separator: 0x0a).map {
      String(decoding: ConfigurationText.trimmed($0), as: UTF8.self)
    }
  }

  @Test func theFirstArgumentIsAFileUnlessItStartsWithADash() {
    #expect(parsed("a.conf", "--port", "1").file == Array("a.conf".utf8))
    #expect(parsed("--port", "1").file == nil)
    #expect(parsed("", "--port", "1").file == nil)
    #expect(parsed().file == nil)
  }

  @Test func aLoneDashAtEitherEndIsStandardInput() {
    #expect(parsed("-").readsStandardInput)
    #expect(parsed("a.conf", "--port", "1", "-").readsStandardInput)
    #expect(!parsed("a.conf", "-", "--port", "1").readsStandardInput)
  }

  @Test(arguments: [
    (["--port", "1", "--bind", "a", "b"], [#"port "1""#, #"bind "a" "b""#]),
    (["--port 1", "--hz 2"], ["port 1", "hz 2"]),
    (["--port", "--bla"], [#"port "--bla""#]),
    (["--save", "--port", "1"], [#"save """#, #"port "1""#]),
    (["--save"], [#"save """#]), (["--SAVE", "60 1"], [#"SAVE "60 1""#]),
    (["--foo", "a\"b"], [#"foo "a\"b""#]), (["--port"], ["port"]), (["-x"], [#""-x""#]),
  ])
  func optionsBecomeLines(arguments: [String], expected: [String]) {
    #expect(lines(arguments[...]) == expected)
  }
}
