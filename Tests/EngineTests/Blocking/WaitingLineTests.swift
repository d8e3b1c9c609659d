import Testing

@testable import Engine

@Suite struct WaitingLineTests {
  /// Those that wait, as serving finds them.
  private func members(_ line: WaitingLine) -> [UInt64] {
    var found: [UInt64] = []
    while let next = line.next(after: found.last ?? 0) { found.append(next) }
    return found
  }

  @Test func keepsTheOrderOfArrival() {
    var line = WaitingLine()
    for number in [3, 4, 9, 9, 20] as [UInt64] { line.join(number) }
    #expect(members(line) == [3, 4, 9, 20] && line.count == 4)
    line.leave(4)
    line.leave(4)
    line.leave(5)
    #expect(members(line) == [3, 9, 20] && line.count == 3)
    #expect(line.next(after: 3) == 9 && line.next(after: 19) == 20 && line.next(after: 20) == nil)
    line.leave(20)
    line.join(21)
    #expect(members(line) == [3, 9, 21])
  }

  @Test(arguments: 0..<20) func isAnOrderedSet(seed: Int) {
    var random = SystemRandomNumberGenerator()
    var line = WaitingLine()
    var model: [UInt64] = []
    var last: UInt64 = 0
    for _ in 0..<2000 {
      if Int.random(in: 0..<10, using: &random) < (seed % 2 == 0 ? 6 : 4) {
        last += UInt64.random(in: 1...3, using: &random)
        line.join(last)
        model.append(last)
      } else if seed % 3 == 0, let first = model.first {
        line.leave(first)
        model.removeFirst()
      } else if let index = model.indices.randomElement(using: &random) {
        line.leave(model.remove(at: index))
      }
      #expect(line.count == model.count && line.next(after: 0) == model.first)
      let middle = UInt64.random(in: 0...(last + 1), using: &random)
      #expect(line.next(after: middle) == model.first { $0 > middle })
    }
    #expect(members(line) == model)
  }
}
