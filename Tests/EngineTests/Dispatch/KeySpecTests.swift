import Testing

@testable import Engine

@Suite struct KeySpecTests {
  @Test func oneKey() {
    let range = LegacyKeyRange([.at(2, [.ro])])
    #expect((range.first, range.last, range.step) == (2, 2, 1))
    #expect(!range.isPartial)
  }

  @Test func keysToTheEnd() {
    let range = LegacyKeyRange([.from(1, step: 2, [.ow])])
    #expect((range.first, range.last, range.step) == (1, -1, 2))
    #expect(!range.isPartial)
  }

  @Test func neighboursAreJoined() {
    let range = LegacyKeyRange([.at(1, [.rw]), .at(2, [.ow])])
    #expect((range.first, range.last, range.step) == (1, 2, 1))
    #expect(!range.isPartial)
  }

  @Test func whatIsApartIsLeftOut() {
    let range = LegacyKeyRange([.at(1, [.rw]), .at(3, [.ro])])
    #expect((range.first, range.last, range.step) == (1, 1, 1))
    #expect(range.isPartial)
  }

  /// A count says nothing to those who know the three numbers only.
  @Test func countsAreMovable() {
    let range = LegacyKeyRange([.counted(1, [.ro])])
    #expect((range.first, range.last, range.step) == (0, 0, 0))
    #expect(range.isPartial)
  }

  @Test func incompleteSpecificationsAreMovable() {
    #expect(LegacyKeyRange([.at(1, [.ro, .incomplete])]).isPartial)
    #expect(LegacyKeyRange([.at(1, [.ro]), .at(2, [.ro, .incomplete])]).isPartial)
  }

  @Test func commandsWithoutKeysHaveNone() {
    let range = LegacyKeyRange([])
    #expect((range.first, range.last, range.step) == (0, 0, 0))
    #expect(!range.isPartial)
  }

  @Test func everyFlagHasItsOwnName() {
    let flags = KeyFlags.names.map(\.0.rawValue)
    #expect(Set(flags).count == flags.count)
    #expect(flags.allSatisfy { $0.nonzeroBitCount == 1 })
    #expect(Set(KeyFlags.names.map(\.1.description)).count == flags.count)
  }
}
