import Testing

@testable import Core

@Suite struct IntsetTests {
  private func numbers(_ set: Intset) -> [Int64] { (0..<set.count).map { set[$0] } }

  private func check(_ set: Intset, _ model: Set<Int64>) {
    #expect(numbers(set) == model.sorted())
    #expect(set.byteCount == Intset.headerByteCount + set.count * set.width.byteCount)
    #expect(Intset.isValid(set.view) == !model.isEmpty)
  }

  @Test(arguments: 1...20)
  func agreesWithASet(seed: UInt64) {
    var random = SplitMixGenerator(seed: seed)
    var set = Intset()
    var model: Set<Int64> = []
    // Wider and wider, so that the set is full of each width when the next one comes.
    for bound in [9, 40_000, 5_000_000_000] as [Int64] {
      for _ in 0..<200 {
        let number = Int64.random(in: -bound...bound, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: #expect(set.remove(number) == (model.remove(number) != nil))
        case 1: #expect(set.contains(number) == model.contains(number))
        default: #expect(set.insert(number) == model.insert(number).inserted)
        }
        #expect(set.rank(of: number) == model.filter { $0 < number }.count)
        check(set, model)
      }
    }
    set.free()
  }

  @Test(
    arguments: [
      (32767, .two), (32768, .four), (-32768, .two), (-32769, .four), (2_147_483_647, .four),
      (2_147_483_648, .eight), (-2_147_483_648, .four), (-2_147_483_649, .eight),
      (Int64.max, .eight), (Int64.min, .eight),
    ] as [(Int64, Intset.Width)])
  func isAsWideAsItsWidest(number: Int64, width: Intset.Width) {
    var set = Intset()
    set.insert(5)
    #expect(set.width == .two)
    set.insert(number)
    #expect(set.width == width)
    #expect(numbers(set) == [5, number].sorted())
    set.remove(number)
    #expect(set.width == width)
    #expect(numbers(set) == [5])
    set.free()
  }

  @Test func bytesAreThoseOfRedis() {
    var set = Intset()
    for number in [3, -2, 1] as [Int64] { set.insert(number) }
    #expect(Array(set.view) == [2, 0, 0, 0, 3, 0, 0, 0, 0xFE, 0xFF, 1, 0, 3, 0])
    set.insert(70_000)
    #expect(
      Array(set.view)
        == [4, 0, 0, 0, 4, 0, 0, 0]
        + [0xFE, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 3, 0, 0, 0, 0x70, 0x11, 0x01, 0])
    let copy = Intset(copying: set.view)
    #expect(Array(copy.view) == Array(set.view))
    copy.free()
    set.free()
  }

  @Test(
    arguments: [
      [], [2, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 1, 0, 0, 0], [2, 0, 0, 0, 1, 0, 0, 0, 1],
      [3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0], [2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 1, 0],
      [2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1, 0], [2, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0],
      [2, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 1, 0],
      [8, 0, 0, 0, 0, 0, 0, 0x20, 1, 0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func damagedBytesAreRefused(bytes: [UInt8]) {
    bytes.withView { #expect(!Intset.isValid($0)) }
  }
}
