import CAlloc
import Testing

@testable import Core

@Suite struct HashTableTests {
  private func shortKey(_ number: UInt64) -> [UInt8] { Array("k\(number)".utf8) }

  @Test(arguments: 1...12 as ClosedRange<UInt64>)
  func agreesWithADictionaryWhileSmall(_ number: UInt64) {
    let test = HashTableModel(number)
    for step in 0..<1500 {
      let key = shortKey(test.random.next() % 200)
      if test.model[key] != nil {
        test.remove(key)
      } else {
        let isVolatile = test.random.next() % 3 == 0
        test.insert(key, deadline: isVolatile ? Int64(test.random.next() % 1000) : nil)
      }
      if step % 7 == 0 { #expect(test.brokenInvariant() == nil) }
    }
    test.removeAll()
    #expect(test.brokenInvariant() == nil)
    test.destroy()
  }

  @Test(arguments: [21, 22] as [UInt64])
  func agreesWithADictionaryWhileItGrowsAndShrinks(_ number: UInt64) {
    let test = HashTableModel(number)
    for target in [4000, 300, 9000, 2000, 12000, 0] {
      while test.model.count < target {
        let key = shortKey(test.random.next() % 100_000)
        if test.model[key] == nil {
          test.insert(key, deadline: test.random.next() % 4 == 0 ? 5 : nil)
        }
      }
      for key in Array(test.model.keys).prefix(max(0, test.model.count - target)) {
        test.remove(key)
      }
      #expect(test.brokenInvariant() == nil)
    }
    #expect(test.table.depth == 0)
    #expect(test.table.segmentCount == 1)
    test.destroy()
  }

  /// 340 keys a segment on average: few segments have more than the 385 that they may hold.
  @Test func segmentsFillUpBeforeTheySplit() {
    let test = HashTableModel(5)
    for number in 0..<UInt64(340 * 64) { test.insert(shortKey(number)) }
    #expect(test.table.segmentCount <= 68)
    #expect(test.brokenInvariant() == nil)
    test.destroy()
  }

  /// Whatever the number of keys is.
  @Test func pagesAreWellFilledAtAnyNumberOfKeys() {
    let test = HashTableModel(8)
    var worst = 0.0
    for number in 0..<16_000 as Range<UInt64> {
      test.insert(shortKey(number))
      if number >= 4000 {
        worst = max(worst, Double(test.table.pageByteCount) / Double(test.table.count))
      }
    }
    #expect(worst < 13.6)
    worst = 0
    for number in 0..<12_000 as Range<UInt64> {
      test.remove(shortKey(number))
      worst = max(worst, Double(test.table.pageByteCount) / Double(test.table.count))
    }
    // Two neighbours in the smallest pages are merged at 165 keys together.
    #expect(worst < 31.1)
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    test.destroy()
  }

  @Test func removingInHashOrderMergesEverything() {
    let test = HashTableModel(5, seedWords: HashTableModel.transparentSeed)
    for step in 0..<20_000 as Range<UInt64> {
      test.insert(HashTableModel.key(hash: test.random.next() >> 2 ^ step))
    }
    #expect(test.table.depth > 6)
    let inHashOrder = test.model.keys.sorted {
      $0.reversed().lexicographicallyPrecedes($1.reversed())
    }
    for key in inHashOrder { test.remove(key) }
    #expect(test.brokenInvariant() == nil)
    #expect(test.table.segmentCount == 1)
    test.destroy()
  }

  @Test(arguments: [0, 30, 60] as [UInt64])
  func manyKeysOfOneHome(_ home: UInt64) {
    let test = HashTableModel(home, seedWords: HashTableModel.transparentSeed)
    let low = (home << UInt64(Segment.positionBitCount)) / 63 + 50
    for _ in 0..<1500 {
      test.insert(HashTableModel.key(hash: (test.random.next() >> 34) << 32 | low))
    }
    #expect(test.brokenInvariant() == nil)
    var farthest: UInt64 = 0
    test.table.forEachSlot { slot in
      farthest = max(farthest, slot.address.pointee & Slot.displacementMask)
    }
    #expect(farthest == 7)
    for key in Array(test.model.keys).shuffled(using: &test.random).prefix(1400) {
      test.remove(key)
    }
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    #expect(test.brokenInvariant() == nil)
    test.destroy()
  }

  /// A merge that does not find room for all keys is taken back.
  @Test func neighboursThatDoNotFitTogetherStayApart() {
    let test = HashTableModel(9, seedWords: HashTableModel.transparentSeed)
    for step in 0..<57 as Range<UInt64> {
      // One home, two halves of hash order: 28 and 29 keys, which fit 56 places of eight buckets.
      test.insert(HashTableModel.key(hash: (step & 1) << 61 | step << 40 | 1000))
    }
    #expect(test.table.segmentCount > 1)
    let segments = test.table.segmentCount
    for step in 0..<56 as Range<UInt64> {
      test.insert(Array("other\(step)".utf8))
      test.remove(Array("other\(step)".utf8))
    }
    test.table.shrink(0)
    #expect(test.table.segmentCount == segments)
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    test.destroy()
  }

  /// Deeper than the sixteen bits of the hash that a slot keeps.
  @Test func deepDirectory() {
    let test = HashTableModel(7, seedWords: HashTableModel.transparentSeed)
    for _ in 0..<18_000 { test.insert(HashTableModel.key(hash: test.random.next() >> 3)) }
    let prefix: UInt64 = 0x1234 << 48
    let deep = (0..<700).map { _ in HashTableModel.key(hash: prefix | test.random.next() >> 16) }
    for key in deep { test.insert(key) }
    #expect(test.table.depth == 17)
    #expect(test.brokenInvariant() == nil)
    for key in deep { test.remove(key) }
    #expect(test.table.depth < 12)
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    #expect(test.table.depth == 0)
    test.destroy()
  }

  @Test(arguments: [0, 254, 255, 256, 65_535, 1 << 20])
  func keysOfAnyLength(_ count: Int) {
    let test = HashTableModel(3)
    let key = [UInt8](repeating: 7, count: count)
    test.insert(key, deadline: 9)
    #expect(test.slot(key + [8]) == nil)
    #expect(test.brokenInvariant() == nil)
    test.remove(key)
    #expect(test.slot(key) == nil)
    test.destroy()
  }

  /// Nothing of a segment is read once it has been handed to `free`.
  @Test func destroyingReadsNothingThatIsFreed() {
    let test = HashTableModel(5)
    for number in 0..<5000 { test.insert(Array("key:\(number)".utf8)) }
    let segmentCount = test.table.segmentCount
    let smallest = Segment.byteCount(bucketCount: Segment.bucketCountMin)
    var freedCount = 0
    test.table.destroy { block, byteCount in
      if byteCount >= smallest { freedCount += 1 }
      block.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
      Allocation.free(block, byteCount)
    }
    #expect(freedCount == segmentCount)
  }

  @Test func everythingIsGivenBack() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) {
      let before = HashTableModel(1)
      let unused = apus_alloc_used
      let test = HashTableModel(2)
      for number in 0..<5000 { test.insert(Array("key:\(number)".utf8)) }
      test.removeAll()
      test.destroy()
      before.destroy()
      // The second context's page of zeros stays, the first table's directory and counts are gone.
      let expected =
        unused - Allocation.sizeClass(8)
        - Allocation.sizeClass(HashTable<KeyRecord>.segmentCountsByteCount)
        + Segment.byteCount(bucketCount: Segment.bucketCountMin)
      precondition(apus_alloc_used == expected)
    }
  }
}

@Suite struct RandomSlotTests {
  /// Segments of unequal depth and fill give each of their keys the same chance.
  @Test func isFair() {
    let test = HashTableModel(4, seedWords: HashTableModel.transparentSeed)
    for _ in 0..<200 { test.insert(HashTableModel.key(hash: test.random.next() >> 3)) }
    for _ in 0..<1800 {
      test.insert(HashTableModel.key(hash: 1 << 61 | test.random.next() >> 5))
    }
    #expect(test.table.segmentCount > 4)
    var random = SplitMixGenerator(seed: 11)
    var lowerHalf = 0
    let draws = 40_000
    for _ in 0..<draws {
      guard let slot = test.table.randomSlot({ random.next() }) else { continue }
      if test.table.hash(test.table.record(slot).key) < 1 << 61 { lowerHalf += 1 }
    }
    // A tenth; the standard deviation is 60.
    #expect(abs(lowerHalf - draws / 10) < 360)
    test.removeAll()
    test.destroy()
  }

  @Test(arguments: [1, 2, 50, 5000]) func reachesEveryKey(_ count: Int) {
    let test = HashTableModel(6)
    for number in 0..<count { test.insert(Array("k\(number)".utf8)) }
    var random = SplitMixGenerator(seed: 12)
    var found: Set<[UInt8]> = []
    for _ in 0..<(count * 14) {
      if let slot = test.table.randomSlot({ random.next() }) {
        found.insert(Array(test.table.record(slot).key))
      }
    }
    #expect(found.count == count)
    test.removeAll()
    #expect(test.table.randomSlot { random.next() } == nil)
    test.destroy()
  }
}
