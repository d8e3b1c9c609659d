import Testing

@testable import Core

@Suite struct QuotingTests {
  private func quoted(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    bytes.withView { Quoting.append($0, to: &output) }
    return String(decoding: output, as: UTF8.self)
  }

  @Test func escapesWhatDoesNotPrint() {
    #expect(quoted([]) == #""""#)
    #expect(quoted(Array("a b~".utf8)) == #""a b~""#)
    #expect(quoted([0, 0x1f, 0x7f, 0x80, 0xff]) == #""\x00\x1f\x7f\x80\xff""#)
    #expect(quoted([0x0a, 0x0d, 0x09, 0x07, 0x08]) == #""\n\r\t\a\b""#)
    #expect(quoted(Array(#"a"b\c'"#.utf8)) == #""a\"b\\c'""#)
  }

  @Test func everyByteComesBack() {
    let all = (0...255).map { UInt8($0) }
    var line: [UInt8] = []
    all.withView { Quoting.append($0, to: &line) }
    #expect(line.allSatisfy { (0x20..<0x7f).contains($0) })
    var bytes: [UInt8] = []
    var ranges: [Range<Int>] = []
    #expect(line.withView { InlineArguments.split($0, into: &bytes, ranges: &ranges) })
    #expect(bytes == all)
    #expect(ranges == [0..<256])
  }
}
