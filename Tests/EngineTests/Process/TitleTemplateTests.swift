import Testing

@testable import Engine

@Suite struct TitleTemplateTests {
  private func expanded(_ template: String) -> String? {
    TitleTemplate(Array(template.utf8))?.expanded { "<\($0.rawValue)>" }
  }

  @Test func variablesAreReplacedAndEndsTrimmed() {
    #expect(
      expanded("{title} {listen-addr} {server-mode} ") == "<title> <listen-addr> <server-mode>")
    #expect(expanded(" a{{b}{port} ") == "a{b}<port>")
  }

  @Test(arguments: ["{", "{title", "{nothing}", ""])
  func invalidTemplates(template: String) {
    #expect(expanded(template) == nil)
  }

  @Test func theAddressIsTheSocketWhereThereIsNoPort() {
    let configuration = testConfiguration()
    let title = ProcessTitle(configuration, program: "apus-server")
    #expect(title.text() == "apus-server *:6379")
    #expect(configuration.load("port 0\nunixsocket /tmp/s") == nil)
    #expect(title.text(as: "child") == "child unixsocket:/tmp/s")
  }
}
