import Testing

@testable import Core

@Suite struct SHA1Tests {
  private func digest(_ pieces: [[UInt8]]) -> String {
    var hash = SHA1()
    for piece in pieces { piece.withView { hash.update($0) } }
    var bytes = [UInt8](repeating: 0, count: SHA1.digestCount)
    bytes.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { hash.finish(to: base) }
    }
    let digits = Array("0123456789abcdef")
    return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
  }

  private static func sample(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ 3) }
  }

  // Bytes (7 i + 3) mod 256, digests by another implementation.
  static let vectors: [(Int, String)] = [
    (0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    (1, "9842926af7ca0a8cca12604f945414f07b01e13d"),
    (2, "1f5ae6b976eaa448d6756c593ceb816ac8799ef1"),
    (3, "4201de9f98cb0a9b8cf52398be7802b55d45266a"),
    (55, "ddf57317ef34bfee3b6df83d359098930eb278bc"),
    (56, "a0d492bb0fc889d0eca3bc137066ab6f4f74f369"),
    (57, "11a02dcf95859677a62e75024067c22b165d890f"),
    (63, "c55856749bef509bdfe6bfebfc7bf4e793e82132"),
    (64, "bede92be29c3874e1b54ddc77988d606fc857a8e"),
    (65, "b05a80522b053d6dc7e0a517d0e70212c7dad11f"),
    (119, "504e27376a6e0f0dba8295b85cb25dc4dfa17d23"),
    (120, "82134b02fb3f702491be9bed581eeab59334acb2"),
    (127, "34d5e582029e9b9b85b2febe31da3db7cdabaaea"),
    (128, "a09133e6730ffe899efb70204cb5646cd5dc24ee"),
    (129, "808aea332ce367541d37adae7f94e59c5c1a934e"),
    (1000, "4231a8a50a10fa9758db8ec71fdef855b751048a"),
  ]

  @Test(arguments: vectors) func digestsEachLength(_ vector: (Int, String)) {
    #expect(digest([Self.sample(vector.0)]) == vector.1)
  }

  @Test func digestsPublishedSample() {
    #expect(
      digest([Array("abc".utf8)])
        == "a9993e364706816aba3e25717850c26c9cd0d89d"
    )
  }

  @Test func doesNotDependOnTheCuts() {
    let bytes = Self.sample(300)
    let whole = digest([bytes])
    for cut in 0...300 {
      #expect(digest([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
    }
    #expect(digest(bytes.map { [$0] }) == whole)
  }
}
