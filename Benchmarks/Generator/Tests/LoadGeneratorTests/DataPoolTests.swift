import Testing

@testable import LoadGenerator

@Suite struct DataPoolTests {
  private func values(_ kind: DataKind, _ count: Int, bytes: Int, seed: UInt64 = 1) -> [[UInt8]] {
    guard let pool = DataPool(kind, valueByteCount: bytes, seed: seed) else { return [] }
    return (0..<count).map { _ in
      [UInt8](unsafeUninitializedCapacity: bytes) { buffer, filled in
        if let base = buffer.baseAddress { pool.write(to: base) }
        filled = bytes
      }
    }
  }

  @Test func dataThatIsAlwaysTheSameNeedsNoPool() {
    #expect(DataPool(.same, valueByteCount: 8, seed: 1) == nil)
    #expect(DataPool(.words, valueByteCount: 0, seed: 1) == nil)
  }

  @Test(arguments: [DataKind.random, .words]) func valuesDiffer(kind: DataKind) {
    let found = values(kind, 1000, bytes: 64)
    #expect(Set(found).count > 990)
  }

  @Test func aSeedGivesTheSameValuesAgain() {
    #expect(values(.random, 5, bytes: 16) == values(.random, 5, bytes: 16))
    #expect(values(.random, 5, bytes: 16) != values(.random, 5, bytes: 16, seed: 2))
  }

  @Test func randomBytesAreOfAllValues() {
    #expect(Set(values(.random, 100, bytes: 256).joined()).count == 256)
  }

  @Test func wordsAreLettersAndBlanks() {
    let letters = Set("abcdefghijklmnopqrstuvwxyz ".utf8)
    let found = Set(values(.words, 100, bytes: 256).joined())
    #expect(found.isSubset(of: letters) && found.contains(UInt8(ascii: " ")))
  }

  @Test func eachOccurrenceInARequestGetsItsOwnValue() throws {
    let pool = DataPool(.random, valueByteCount: 4, seed: 1)
    let data = Array("xxxx".utf8)
    var keys = try KeySource(.sequential, keyCount: 10, seed: 1)
    let template = try RequestTemplate(
      words: ["MSET", "__rand_int__", "<__data__>", "b", "__data__"], data: data, pool: pool)
    let requests = (0..<2).map { _ in
      [UInt8](unsafeUninitializedCapacity: template.byteCount) { buffer, filled in
        if let base = buffer.baseAddress { template.write(to: base, keys: &keys) }
        filled = template.byteCount
      }
    }
    let plain =
      "*5\r\n$4\r\nMSET\r\n$12\r\n000000000000\r\n$6\r\n<xxxx>\r\n"
      + "$1\r\nb\r\n$4\r\nxxxx\r\n"
    #expect(requests[0].count == plain.utf8.count)
    // What is no value is as it was.
    let holes = [38..<42, 56..<60]
    #expect(Array(plain.utf8)[38..<42] == data[...] && Array(plain.utf8)[56..<60] == data[...])
    for (place, byte) in plain.utf8.enumerated() where !holes.contains(where: { $0 ~= place }) {
      #expect(requests[0][place] == byte)
    }
    #expect(Set([requests[0][holes[0]], requests[0][holes[1]], requests[1][holes[0]]]).count == 3)
  }
}
