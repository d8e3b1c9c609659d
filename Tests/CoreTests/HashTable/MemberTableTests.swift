import Testing

@testable import Core

@Suite struct MemberTableTests {
  private func name(_ number: Int) -> [UInt8] { Array("f\(number)".utf8) }

  /// Grows and shrinks around the bound between the forms, with all operations in turn.
  @Test(arguments: 1...6 as ClosedRange<UInt64>, [40, 256, 300, 3000])
  func agreesWithADictionary(seed: UInt64, size: Int) {
    var test = MemberTableModel(seed: seed)
    for step in 0..<4 * size + 400 {
      let draw = test.random.next()
      let number = Int(draw >> 8 % UInt64(2 * size))
      let isGrowing = step < 3 * size
      switch draw % 16 {
      case 0...(isGrowing ? 11 : 4):
        let deadline = draw >> 60 < 5 ? Int64(draw >> 40 % 1000) + 1 : nil
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: draw), count: Int(draw >> 50 % 90))
        test.set(name(number), .init(value: value, deadline: deadline))
      default: test.remove(name(number))
      }
      if size < 100 || step % max(97, size / 8) == 0 { test.check() }
    }
    test.check()
    for name in Array(test.model.keys) { test.remove(name) }
    test.check()
    test.destroy()
  }

  @Test(arguments: [255, 256, 257, 258])
  func isFlatUpTo256(count: Int) {
    var test = MemberTableModel(seed: 1)
    for number in 0..<count { test.set(name(number), .init(value: [], deadline: nil)) }
    #expect(test.table.isPaged == (count > 256))
    test.check()
    while test.model.count > 200 { test.remove(name(test.model.count - 1)) }
    #expect(test.table.isPaged == (count > 256), "the form never changes back")
    test.check()
    test.destroy()
  }

  @Test(arguments: [0, 1, 200, 256, 257, 2000])
  func copiesAreEqualAndApart(count: Int) {
    var test = MemberTableModel(seed: 2)
    for number in 0..<count {
      test.set(name(number), .init(value: [1, 2], deadline: number % 3 == 0 ? 77 : nil))
    }
    let original = test.table
    test.table = original.duplicated(test.context)
    original.free { Allocation.free($0, $1) }
    test.check()
    test.destroy()
  }

  @Test(arguments: [0, 1, 200, 256, 257, 2000])
  func saysWhatItTakes(count: Int) {
    var test = MemberTableModel(seed: 4)
    for number in 0..<count { test.set(name(number), .init(value: [], deadline: nil)) }
    let said = test.table.byteCount(sampleCount: 0)
    var taken = 0
    test.table.free { block, byteCount in
      taken += Allocation.sizeClass(byteCount)
      Allocation.free(block, byteCount)
    }
    #expect(said == taken)
  }

  /// What stays is returned whatever comes and goes, also while a flat table becomes paged.
  @Test(arguments: 1...8 as ClosedRange<UInt64>, [100, 250, 2000])
  func scanMissesNothing(seed: UInt64, size: Int) {
    var test = MemberTableModel(seed: seed)
    for number in 0..<size { test.set(name(number), .init(value: [], deadline: nil)) }
    var passing = size
    var found: Set<[UInt8]> = []
    var cursor: UInt64 = 0
    repeat {
      cursor = test.table.scan(cursor) { found.insert(Array(test.table.record($0).key)) }
      for _ in 0..<Int(test.random.next() % 40) {
        if test.random.next() % 3 > 0 {
          test.set(name(passing), .init(value: [], deadline: nil))
          passing += 1
        } else if passing > size {
          passing -= 1
          test.remove(name(passing))
        }
      }
    } while cursor != 0
    #expect(Set((0..<size).map(name)).isSubset(of: found))
    test.destroy()
  }

  /// Chi-square against the even distribution, with a fixed seed: 5 sigma.
  @Test(arguments: [1, 2, 10, 256, 257, 1000, 5000])
  func drawsEvenly(count: Int) {
    var test = MemberTableModel(seed: 3)
    for number in 0..<count { test.set(name(number), .init(value: [], deadline: nil)) }
    var drawn: [[UInt8]: Int] = [:]
    let drawCount = 40 * count
    var random = test.random
    for _ in 0..<drawCount {
      guard let slot = test.table.randomSlot({ random.next() }) else { break }
      drawn[Array(test.table.record(slot).key), default: 0] += 1
    }
    var chiSquare = 0.0
    for name in test.model.keys {
      let difference = Double(drawn[name] ?? 0) - 40
      chiSquare += difference * difference / 40
    }
    let freedom = Double(count - 1)
    #expect(chiSquare <= freedom + 5 * (2 * freedom).squareRoot())
    test.destroy()
  }

  // MARK: Probing

  private func table(_ numbers: some Sequence<Int>, _ context: TableContext) -> MemberTable<
    SetMember
  > {
    var table = MemberTable<SetMember>(capacity: 0, context)
    for number in numbers {
      let record = name(number).withView { SetMember(copying: $0) }
      table.insert(record, context.hash(record.key), context)
    }
    return table
  }

  @Test(arguments: [0, 1, 17, 256, 257, 5000], [0, 1, 16, 256, 257, 20_000])
  func probesAnotherTable(mine: Int, theirs: Int) {
    let context = TableContext(
      seedWords: (
        0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
      ))
    let first = table(0..<mine, context)
    let second = table(stride(from: 0, to: 2 * theirs, by: 2), context)
    var seen: [[UInt8]: Bool] = [:]
    #expect(
      first.forEachRecord(probing: second, context) { record, isFound in
        seen[Array(record.key)] = isFound
        return true
      })
    #expect(seen.count == mine)
    for number in 0..<mine {
      #expect(seen[name(number)] == (number % 2 == 0 && number < 2 * theirs))
    }
    first.free { Allocation.free($0, $1) }
    second.free { Allocation.free($0, $1) }
  }

  @Test(arguments: [3, 200, 5000]) func stopsWhenToldTo(count: Int) {
    let context = TableContext(
      seedWords: (
        0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
      ))
    let table = table(0..<count, context)
    var calls = 0
    let isWhole = table.forEachRecord(probing: table, context) { _, _ in
      calls += 1
      return calls < 2
    }
    #expect(!isWhole && calls == 2)
    calls = 0
    #expect(
      !table.forEachRecord { _ in
        calls += 1
        return calls < 2
      })
    #expect(calls == 2)
    table.free { Allocation.free($0, $1) }
  }
}
