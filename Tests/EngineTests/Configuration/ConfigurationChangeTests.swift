import Testing

@testable import Engine

@Suite("Configuration changes") struct ConfigurationChangeTests {
  private static let head = "ERR CONFIG SET failed (possibly related to argument"

  @Test func severalAreSetTogether() {
    let configuration = testConfiguration()
    #expect(configuration.attempt(("timeout", "5"), ("HZ", "20")) == nil)
    #expect(configuration.shown("timeout") == "5" && configuration.shown("hz") == "20")
  }

  @Test func oneThatFailsTakesTheOthersBack() {
    let directory = TestDirectory()
    let configuration = Configuration(directory: directory.functions)
    let error = configuration.attempt(
      ("timeout", "5"), ("dir", "/other"), ("maxclients", "0"), mayChangeProtected: true)
    #expect(
      error
        == "\(Self.head) 'maxclients') - argument must be between 1 and 4294967295 inclusive")
    #expect(configuration.shown("timeout") == "0")
    #expect(configuration.shown("dir") == "/start")
  }

  @Test(arguments: [
    ([("nosuch", "1")], "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'"),
    ([("a\r\nb", "1")], "ERR Unknown option or number of arguments for CONFIG SET - 'a  b'"),
    ([("databases", "3"), ("nosuch", "1")], "\(head) 'databases') - can't set immutable config"),
    ([("dir", "/x")], "\(head) 'dir') - can't set protected config"),
    ([("port", "1"), ("port", "1")], "\(head) 'port') - duplicate parameter"),
    ([("proc-title-template", "a\0b")],
      "\(head) 'proc-title-template') - argument must not contain NUL bytes"),
    ([("appendfsync", "a\r\nb")],
      "\(head) 'appendfsync') - argument(s) must be one of the following: everysec, always, no"),
    ([("appendonly", "maybe")], "\(head) 'appendonly') - argument must be 'yes' or 'no'"),
    ([("maxmemory", "1")],
      "\(head) 'maxmemory') - maxmemory 1 is not supported yet by this version of Apus"),
  ])
  func refusals(pairs: [(String, String)], expected: String) {
    let bytes = pairs.map { (name: Array($0.0.utf8), value: Array($0.1.utf8)) }
    let setter = ConfigurationSetter(mayChangeProtected: false)
    guard case .failed(let error) = testConfiguration().set(bytes, as: setter) else {
      Issue.record("was taken")
      return
    }
    #expect(error == expected)
  }

  @Test func aliasAndNameMayStandTogetherAndTheLastWins() {
    let configuration = testConfiguration()
    let error = configuration.attempt(("lua-time-limit", "1"), ("busy-reply-threshold", "2"))
    #expect(error == nil)
    #expect(configuration.shown("lua-time-limit") == "2")
  }

  @Test func savePointsAreReplacedAndClassesOfLimitsKept() {
    let configuration = testConfiguration()
    #expect(configuration.attempt(("save", "5 6")) == nil)
    #expect(configuration.shown("save") == "5 6")
    #expect(configuration.attempt(("save", "")) == nil)
    #expect(configuration.shown("save") == "")
    let name = "client-output-buffer-limit"
    #expect(configuration.attempt((name, "normal 1mb 0 0 replica 0 0 0")) == nil)
    #expect(
      configuration.shown(name) == "normal 1048576 0 0 slave 0 0 0 pubsub 33554432 8388608 60")
  }

  @Test func aChangeNamesWhatItChangedAndCanBeTakenBack() {
    let configuration = testConfiguration()
    let pairs = [("timeout", "5"), ("hz", "10")].map {
      (name: Array($0.0.utf8), value: Array($0.1.utf8))
    }
    let setter = ConfigurationSetter(mayChangeProtected: false)
    guard case .changed(let change) = configuration.set(pairs, as: setter) else {
      Issue.record("was refused")
      return
    }
    #expect(change.named == [.timeout, .hz])
    #expect(change.changed(in: configuration) == [.timeout])
    configuration.rollBack(change)
    #expect(configuration.shown("timeout") == "0")
  }

  @Test func loadingDeniesSome() {
    let setter = ConfigurationSetter(mayChangeProtected: true, isLoading: true)
    let pair = (name: Array("appendonly".utf8), value: Array("no".utf8))
    guard case .failed(let error) = testConfiguration().set([pair], as: setter) else {
      Issue.record("was taken")
      return
    }
    #expect(error.hasPrefix("LOADING"))
  }
}
