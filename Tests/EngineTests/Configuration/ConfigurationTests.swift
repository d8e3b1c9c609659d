import Testing

@testable import Engine

@Suite("Configuration") struct ConfigurationTests {
  private func names(_ patterns: String...) -> [String] {
    testConfiguration().matching(patterns.map { Array($0.utf8) })
      .map { String(decoding: $0.name, as: UTF8.self) }
  }

  @Test func aGlobFindsNamesAndAliases() {
    #expect(names("*-read-only") == ["replica-read-only", "slave-read-only"])
  }

  @Test func aNameIsAnsweredAsItWasAskedForAndOnce() {
    #expect(names("HZ", "hz", "h?") == ["HZ"])
  }

  @Test func hiddenParametersAnswerOnlyToTheirName() {
    #expect(names("rdb-key-save-*") == [])
    #expect(names("rdb-key-save-delay") == ["rdb-key-save-delay"])
  }

  @Test func typedValues() {
    let configuration = testConfiguration()
    #expect(configuration.integer(.maxclients) == 10_000)
    #expect(configuration.boolean(.protectedMode))
    #expect(configuration.choice(.loglevel) == "notice")
    #expect(configuration.text(.dbfilename) == "dump.rdb")
    #expect(configuration.bindAddresses == ["*", "-::*"])
    #expect(configuration.savePoints.count == 3)
    #expect(configuration.outputBufferLimits.replica.hardBytes == 256 << 20)
    #expect(configuration.clientsMemoryBytes == 0)
  }

  @Test func numbersBeyondAnIntAreClamped() {
    let configuration = testConfiguration()
    configuration.adopt(.maxmemory, .integer(Int128(UInt64.max)))
    #expect(configuration.integer(.maxmemory) == Int.max)
  }

  @Test func clientsMayUseAPercentageOfTheMemory() {
    let configuration = testConfiguration()
    #expect(configuration.attempt(("maxmemory-clients", "5%")) == nil)
    #expect(configuration.clientsMemoryBytes == 0)
    configuration.adopt(.maxmemory, .integer(1000))
    #expect(configuration.clientsMemoryBytes == 50)
  }

  @Test func whatIsNotInForceIsAnnounced() {
    let configuration = testConfiguration()
    #expect(configuration.announcements.isEmpty)
    #expect(configuration.load("tracking-table-max-keys 7") == nil)
    #expect(
      configuration.announcements
        == ["These parameters are accepted but have no effect yet: tracking-table-max-keys"])
  }

  @Test func localCommandsAreForLocalClients() {
    let configuration = testConfiguration()
    #expect(!configuration.allows(.enableDebugCommand, localClient: true))
    #expect(configuration.load("enable-debug-command local") == nil)
    #expect(configuration.allows(.enableDebugCommand, localClient: true))
    #expect(!configuration.allows(.enableDebugCommand, localClient: false))
  }
}
