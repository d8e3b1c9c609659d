import Testing

@testable import Core

@Suite struct FlatTableTests {
  private let context = TableContext(
    seedWords: (
      0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
    ))

  /// Every capacity that it grows through, with removals from either end and the middle.
  @Test func findsAllAtEveryCount() {
    var table = FlatTable(capacity: 1)
    var names: [[UInt8]] = []
    for number in 0..<FlatTable.countMax {
      let name = Array("member \(number)".utf8)
      let record = name.withView { SetMember(copying: $0) }
      table = table.inserting(record.address, context.hash(record.key))
      names.append(name)
      check(table, names)
    }
    while let removed = names.indices.randomElement() {
      let slot = names[removed].withView { table.find($0, context.hash($0), SetMember.self) }
      guard let slot else { break }
      SetMember(address: slot.recordAddress).free()
      table.clear(slot)
      names.remove(at: removed)
      if names.count % 7 == 0 { check(table, names) }
    }
    #expect(table.count == 0)
    Allocation.free(table.base, table.byteCount)
  }

  private func check(_ table: FlatTable, _ names: [[UInt8]]) {
    #expect(table.count == names.count)
    for name in names {
      let slot = name.withView { table.find($0, context.hash($0), SetMember.self) }
      #expect(slot.map { Array(SetMember(address: $0.recordAddress).key) } == name)
    }
    let missing = Array("missing".utf8).withView {
      table.find($0, context.hash($0), SetMember.self)
    }
    #expect(missing == nil)
  }
}
