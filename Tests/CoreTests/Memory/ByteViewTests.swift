import Testing

@testable import Core

@Suite struct ByteViewTests {
  @Test func comparesEveryLength() {
    for count in 0...80 {
      let left = (0..<count).map { UInt8($0) }
      left.withView { view in left.withView { #expect(view == $0) } }
      for index in 0..<count {
        var right = left
        right[index] ^= 0x80
        left.withView { view in right.withView { #expect(!(view == $0)) } }
      }
      left.withView { view in (left + [0]).withView { #expect(!(view == $0)) } }
    }
  }

  @Test func slicesAndCopies() {
    let view = ByteView("hello")
    #expect(String(view.slice(1, 3)) == "el" && view.slice(5, 5).isEmpty && view[4] == 0x6f)
    #expect(Array(view.slice(0, 2)) == [0x68, 0x65])
    [UInt8]().withView { #expect($0.isEmpty && Array($0) == []) }
    [0xff].withView { #expect(String($0) == "\u{fffd}") }
  }

  @Test func keywordsIgnoreTheCaseOfLettersOnly() {
    #expect(ByteView("KeepTTL").isKeyword("KEEPTTL") && ByteView("").isKeyword(""))
    #expect(!ByteView("KEEPTT").isKeyword("KEEPTTL") && !ByteView("@").isKeyword("`"))
    #expect(!ByteView("[abcdefgh").isKeyword("{abcdefgh"))
  }

  @Test func findsTheFirstByte() {
    #expect(ByteView("abca").index(of: 0x61) == 0 && ByteView("abc").index(of: 0x63) == 2)
    #expect(ByteView("abc").index(of: 0) == nil && ByteView("").index(of: 0) == nil)
  }
}
