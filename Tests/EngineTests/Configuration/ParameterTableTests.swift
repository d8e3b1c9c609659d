import Testing

@testable import Engine

@Suite("Configuration table") struct ParameterTableTests {
  @Test func everyParameterIsDeclaredOnce() {
    #expect(ParameterTable.all.count == ParameterID.allCases.count)
    #expect(Set(ParameterTable.all.map(\.id)) == Set(ParameterID.allCases))
    #expect(Set(ParameterTable.entries.map(\.name)).count == ParameterTable.entries.count)
  }

  @Test func defaultsAreThoseOfRedis() {
    let configuration = testConfiguration()
    for line in redisDefaults.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 1)
      let value = words.count == 2 ? String(words[1]) : ""
      #expect(configuration.shown(String(words[0])) == value, "\(words[0])")
    }
  }

  @Test func onlyParametersThatAreNewOrHiddenAreNotInThatList() {
    let known = Set(redisDefaults.split(separator: "\n").map { $0.prefix { $0 != " " } })
    let new = testConfiguration().matching([Array("*".utf8)])
      .map { String(decoding: $0.name, as: UTF8.self) }.filter { !known.contains($0[...]) }
    #expect(
      Set(new) == [
        "dir", "cluster-announce-human-nodename", "locale-collate", "set-max-listpack-entries",
        "set-max-listpack-value", "aof-backlog-limit", "aof-journal-size", "rdb-dialect",
      ])
  }

  @Test func everyDefaultIsAValueOfItsParameter() throws {
    for parameter in ParameterTable.all where ![.dir, .replicaof].contains(parameter.id) {
      let text = parameter.kind.text(of: parameter.initial)
      let value = try parameter.parse([text], current: parameter.initial)
      #expect(value == parameter.initial, "\(parameter.name)")
    }
  }
}
