import Testing

@testable import Core

/// Keys that share more leading bits of their hashes than the directory may look at.
@Suite struct HashTableChainingTests {
  /// A new key whose hash begins with the same bits as all others'.
  private func key(
    _ test: HashTableModel, sharing bitCount: UInt64, oneHome: Bool = false
  ) -> [UInt8] {
    let prefix = UInt64(0x1234_5678_9abc_def0) & ~(.max >> bitCount)
    while true {
      let rest = test.random.next() >> bitCount
      // The home comes from the low 13 bits; positions 52 to 100 have the same in all pages.
      let key = HashTableModel.key(hash: prefix | (oneHome ? rest & ~0x1fff | 100 : rest))
      if test.model[key] == nil { return key }
    }
  }

  private func scan(_ test: HashTableModel) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var cursor: UInt64 = 0
    repeat {
      cursor = test.table.scan(cursor) { found.append(Array(test.table.record($0).key)) }
    } while cursor != 0
    return found
  }

  @Test(arguments: [false, true]) func theDirectoryStaysSmall(oneHome: Bool) {
    let test = HashTableModel(1, seedWords: HashTableModel.transparentSeed)
    for _ in 0..<2000 { test.insert(key(test, sharing: 22, oneHome: oneHome)) }
    #expect(1 << test.table.depth <= 8 * test.table.count)
    #expect(test.brokenInvariant() == nil)
    let found = scan(test)
    #expect(found.count == test.model.count && Set(found) == Set(test.model.keys))
    test.removeAll()
    #expect(test.brokenInvariant() == nil)
    #expect(test.table.depth == 0 && test.table.segmentCount == 1)
    #expect(test.table.chainedPageCount == 0)
    test.destroy()
  }

  @Test(arguments: 1...6 as ClosedRange<UInt64>) func agreesWithADictionary(_ number: UInt64) {
    let test = HashTableModel(number, seedWords: HashTableModel.transparentSeed)
    for target in [600, 100, 1500, 400, 0] {
      while test.model.count < target {
        let deadline = test.random.next() % 3 == 0 ? Int64(test.random.next() % 1000) : nil
        let isWeak = test.random.next() % 4 > 0
        test.insert(
          key(test, sharing: isWeak ? 22 : 3, oneHome: test.random.next() & 1 == 0),
          deadline: deadline)
        if test.random.next() % 5 == 0,
          let other = test.model.keys.randomElement(using: &test.random)
        {
          test.remove(other)
        }
        if test.model.count % 61 == 0 { #expect(test.brokenInvariant() == nil) }
      }
      let surplus = Array(test.model.keys).shuffled(using: &test.random)
      for key in surplus.prefix(test.model.count - target) { test.remove(key) }
      #expect(test.brokenInvariant() == nil)
    }
    test.destroy()
  }

  /// When others have come, the directory may be deep enough.
  @Test func pagesAreSplitLater() {
    let test = HashTableModel(3, seedWords: HashTableModel.transparentSeed)
    for _ in 0..<700 { test.insert(key(test, sharing: 13), deadline: 5) }
    #expect(test.table.chainedPageCount == 1)
    for _ in 0..<20_000 { test.insert(key(test, sharing: 3)) }
    while test.table.chainedPageCount > 0, test.model.count < 22_000 {
      test.insert(key(test, sharing: 13))
    }
    #expect(test.table.chainedPageCount == 0 && test.table.depth > 13)
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    test.destroy()
  }

  /// Among so many others that a place drawn at random is soon a filled one.
  @Test func everyKeyIsDrawn() {
    let test = HashTableModel(4, seedWords: HashTableModel.transparentSeed)
    let weak = (0..<600).map { _ in
      let key = key(test, sharing: 22, oneHome: true)
      test.insert(key)
      return key
    }
    for _ in 0..<3000 { test.insert(key(test, sharing: 3)) }
    #expect(test.table.chainedPageCount > 0)
    var found: Set<[UInt8]> = []
    for _ in 0..<3600 * 12 {
      let slot = test.table.randomSlot { test.random.next() }
      if let slot { found.insert(Array(test.table.record(slot).key)) }
    }
    #expect(Set(weak).isSubset(of: found))
    test.removeAll()
    test.destroy()
  }

  @Test func allPagesAreSwept() {
    let test = HashTableModel(5, seedWords: HashTableModel.transparentSeed)
    for number in 0..<900 {
      test.insert(key(test, sharing: 22), deadline: number % 3 == 0 ? nil : Int64(number % 10))
    }
    #expect(test.table.chainedPageCount > 0)
    var swept: Set<[UInt8]> = []
    var position: UInt64? = 0
    while let hash = position {
      position = test.table.segmentEnd(hash)
      _ = test.table.sweep(hash, now: 4) { record in
        swept.insert(Array(record.key))
        record.free { Allocation.free($0, $1) }
      }
    }
    let due = Set(test.model.filter { ($0.value ?? .max) <= 4 }.keys)
    #expect(swept == due)
    for key in due { test.model[key] = nil }
    #expect(test.brokenInvariant() == nil)
    test.removeAll()
    test.destroy()
  }

  @Test func membersAreFoundInAnotherTable() {
    let test = HashTableModel(6, seedWords: HashTableModel.transparentSeed)
    let context = TableContext(seedWords: HashTableModel.transparentSeed)
    let names = Set((0..<1200).map { _ in key(test, sharing: 22) })
    let common = Set(names.prefix(500))
    func table(_ names: Set<[UInt8]>) -> MemberTable<SetMember> {
      var table = MemberTable<SetMember>(capacity: 0, context)
      for name in names {
        let member = name.withView { SetMember(copying: $0) }
        table.insert(member, context.hash(member.key), context)
      }
      return table
    }
    let first = table(names)
    let second = table(common)
    var found: [[UInt8]] = []
    var count = 0
    first.forEachRecord(probing: second, context) { record, isFound in
      count += 1
      if isFound { found.append(Array(record.key)) }
      return true
    }
    #expect(count == names.count && found.count == common.count && Set(found) == common)
    first.free { Allocation.free($0, $1) }
    second.free { Allocation.free($0, $1) }
    test.destroy()
  }
}
