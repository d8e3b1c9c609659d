import Testing

@testable import Core

@Suite struct HashTableScanTests {
  /// Runs a scan to its end; `between` may change the table after each step.
  private func scan(_ test: HashTableModel, _ between: () -> Void = {}) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var cursor: UInt64 = 0
    repeat {
      cursor = test.table.scan(cursor) { found.append(Array(test.table.record($0).key)) }
      between()
    } while cursor != 0
    return found
  }

  @Test(arguments: [0, 1, 100, 1000, 10_000])
  func returnsEachKeyOnceWhenNothingChanges(_ count: Int) {
    let test = HashTableModel(1)
    for number in 0..<count { test.insert(Array("k\(number)".utf8)) }
    let found = scan(test)
    #expect(found.count == count)
    #expect(Set(found) == Set(test.model.keys))
    test.removeAll()
    test.destroy()
  }

  /// Keys that are there all the time are returned, whatever comes and goes.
  @Test(arguments: 1...24 as ClosedRange<UInt64>)
  func missesNoKeyWhileTheTableChanges(_ number: UInt64) {
    let test = HashTableModel(number)
    let lasting = (0..<(test.random.next() % 900)).map { Array("lasting\($0)".utf8) }
    for key in lasting { test.insert(key) }
    var passing: [[UInt8]] = []
    var serial = 0
    func grow(_ count: Int) {
      for _ in 0..<count {
        serial += 1
        let key = Array("passing\(serial)".utf8)
        test.insert(key)
        passing.append(key)
      }
    }
    func shrink(_ count: Int) {
      for _ in 0..<min(count, passing.count) {
        let index = Int(test.random.next() % UInt64(passing.count))
        passing.swapAt(index, passing.count - 1)
        test.remove(passing.removeLast())
      }
    }
    grow(Int(test.random.next() % 6000))
    for _ in 0..<3 {
      var isGrowing = test.random.next() & 1 == 0
      let found = scan(test) {
        let draw = test.random.next()
        if draw % 29 == 0 { isGrowing.toggle() }
        let amount = Int(draw >> 8 % (draw >> 40 & 7 == 0 ? 900 : 40))
        if isGrowing && passing.count < 12_000 { grow(amount) } else { shrink(amount) }
      }
      #expect(Set(lasting).isSubset(of: Set(found)))
    }
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    test.destroy()
  }

  @Test(arguments: [UInt64.max, 63, 1 << 38, (1 << 32 - 1) << 6 | 62])
  func cursorsFromOutsideAreHarmless(_ cursor: UInt64) {
    let test = HashTableModel(2)
    for number in 0..<2000 { test.insert(Array("k\(number)".utf8)) }
    var next = cursor
    var steps = 0
    repeat {
      next = test.table.scan(next) { _ in }
      steps += 1
    } while next != 0 && steps < 10_000
    #expect(next == 0)
    test.removeAll()
    test.destroy()
  }
}
