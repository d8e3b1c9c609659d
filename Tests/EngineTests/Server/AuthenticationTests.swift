import Core
import Testing

@testable import Engine

@Suite("Authentication") struct AuthenticationTests {
  private func accepts(_ authentication: Authentication, _ password: String) -> Bool {
    Array(password.utf8).withView { authentication.accepts($0) }
  }

  @Test func withoutAPasswordAnyWillDo() {
    let authentication = Authentication()
    #expect(!authentication.isRequired)
    #expect(accepts(authentication, "") && accepts(authentication, "anything"))
  }

  @Test func onlyThePasswordIsAccepted() {
    var authentication = Authentication()
    authentication.setPassword(Array("secret".utf8))
    #expect(authentication.isRequired)
    #expect(accepts(authentication, "secret"))
    for wrong in ["", "secre", "secret1", "Secret", "tecret", "secret\0"] {
      #expect(!accepts(authentication, wrong))
    }
  }

  @Test func anEmptyPasswordTakesItAway() {
    var authentication = Authentication()
    authentication.setPassword(Array("secret".utf8))
    authentication.setPassword([])
    #expect(!authentication.isRequired && accepts(authentication, "x"))
  }
}
