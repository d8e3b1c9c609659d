import Core
import Testing

@testable import Engine

@Suite struct CommandNameTests {
  private func name(_ text: String) -> CommandName? {
    Array(text.utf8).withView { CommandName($0) }
  }

  @Test func caseOfLettersIsForgotten() {
    for text in ["get", "incrbyfloat", "georadiusbymember_ro"] {
      #expect(name(text) != nil)
      #expect(name(text) == name(text.uppercased()), "\(text)")
    }
  }

  /// Bytes that differ from another only in the bit of upper and lower case.
  @Test func onlyLettersHaveTwoCases() {
    for (one, other) in [("a@", "a`"), ("[x", "{x"), ("a-", "a\r"), ("no-touch", "no\rtouch")] {
      #expect(name(one) != name(other), "\(one)")
    }
    #expect([0xc4].withView { CommandName($0) } != [0xe4].withView { CommandName($0) })
  }

  @Test func everyByteCounts() {
    let text = Array("abcdefghijklmnopqrstuvwx".utf8)
    for count in 1...text.count {
      let whole = text[..<count]
      for changed in 0..<count {
        var bytes = Array(whole)
        bytes[changed] = UInt8(ascii: "0")
        #expect(Array(whole).withView { CommandName($0) } != bytes.withView { CommandName($0) })
      }
      let shorter = Array(whole.dropLast())
      #expect(Array(whole).withView { CommandName($0) } != shorter.withView { CommandName($0) })
    }
  }

  @Test func lengthIsBounded() {
    #expect(name(String(repeating: "a", count: CommandName.byteCountMax)) != nil)
    #expect(name(String(repeating: "a", count: CommandName.byteCountMax + 1)) == nil)
    #expect(name(String(repeating: "a", count: 100_000)) == nil)
  }

  /// Only the bytes of the view are read, whatever lies behind them.
  @Test func nothingBeyondTheViewIsRead() {
    Array("getxxxxxxxxxxxxxxxxxxxxxxxxxxxx".utf8).withView { bytes in
      #expect(CommandName(bytes.slice(0, 3)) == name("get"))
      #expect(CommandName(bytes.slice(0, 9)) == name("getxxxxxx"))
      #expect(CommandName(bytes.slice(0, 0)) == name(""))
    }
  }
}
