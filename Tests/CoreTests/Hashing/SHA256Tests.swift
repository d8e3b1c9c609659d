import Testing

@testable import Core

@Suite struct SHA256Tests {
  private func digest(_ pieces: [[UInt8]]) -> String {
    var hash = SHA256()
    for piece in pieces { piece.withView { hash.update($0) } }
    var bytes = [UInt8](repeating: 0, count: SHA256.digestCount)
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
    (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    (1, "084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5"),
    (2, "323b730f87b4e7cc0948351a1c11b757b3026cda6784282576757bca21f12483"),
    (3, "6ab0dba1f4f1dfbb37b4f9eeb092c09fca4900ad32bdcd147d8dde35d6c87c35"),
    (55, "e7313d333c272e639f790978283f9eb392e843d0f29b7016828bb1daa4aac70b"),
    (56, "4324d65f3c103567f5589c710bc08f8523f929a9272e3af36fc968e52abc6c27"),
    (57, "35df609437dcfea3279283ab79fd554e2bf78f8f7ae2de532d8ee300b09e8f73"),
    (63, "81c80242132f230c3bd41b3e63bbcff16107339549214a99614ff26664625055"),
    (64, "39e3d7b6b5d075d37d053ad89b24b41bef4f3c29760c84447cab3f3be1882241"),
    (65, "aacca6ff74fdbb296d165a45cecfa04e5127bc008770fbbdd48006f2d2fae95e"),
    (119, "9ce7368e4daf32341631b492e80359dc9f594b48453cd0dd5bf0b19279cc177e"),
    (120, "7836b787757e95e58b3ca5aec90b1b004e8deba1e50e9675af9cabf1a13a04b5"),
    (127, "a8d23e75d936f303d248888d9b165ee543f4cbafcad3c9dd2a79bd84faa11d07"),
    (128, "d2742f1f4ac6bb7ca2b239ee18402ba8b3f9f8e652d2a72973c2b9ba11c08cf6"),
    (129, "307f8fc2c1622b92762e818d39a185d4d667ad49a4b07ceae1f4afa008a93ec4"),
    (1000, "1e9bc38cbf860b9ec31918b065f9b52476c549a782e0e7990bed8ce3868d2371"),
  ]

  @Test(arguments: vectors) func digestsEachLength(_ vector: (Int, String)) {
    #expect(digest([Self.sample(vector.0)]) == vector.1)
  }

  @Test func digestsPublishedSample() {
    #expect(
      digest([Array("abc".utf8)])
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
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
