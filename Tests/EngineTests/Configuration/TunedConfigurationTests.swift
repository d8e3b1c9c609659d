import Testing

@testable import Engine

/// `docs/tuned/apus.conf`, which users copy.
@Suite struct TunedConfigurationTests {
  private var text: [UInt8] {
    get throws {
      let parts = #filePath.split(separator: "/").dropLast(4)
      return try FileContent.read("/" + parts.joined(separator: "/") + "/docs/tuned/apus.conf")
    }
  }

  private func names(in text: [UInt8]) -> [[UInt8]] {
    text.split(separator: 0x0a).map { ConfigurationText.trimmed($0) }
      .filter { !$0.isEmpty && $0.first != UInt8(ascii: "#") }
      .compactMap { ConfigurationText.words(of: $0)?.first }
  }

  @Test func everyParameterHasAnEffect() throws {
    let names = names(in: try text)
    #expect(names.count > 10)
    for name in names {
      let parameter = ParameterTable.parameter(named: name)
      #expect(parameter?.standing == .effective, "\(String(decoding: name, as: UTF8.self))")
    }
  }

  @Test func everyValueDiffersFromTheDefaultOrSaysWhereToListen() throws {
    let tuned = testConfiguration()
    #expect(tuned.load(String(decoding: try text, as: UTF8.self)) == nil)
    let plain = testConfiguration()
    for name in names(in: try text) where name != Array("port".utf8) {
      guard let parameter = ParameterTable.parameter(named: name) else { continue }
      #expect(
        tuned.value(parameter.id) != plain.value(parameter.id),
        "\(String(decoding: name, as: UTF8.self)) is the default")
    }
  }
}
