import Testing

@testable import Core

@Suite struct HashFieldTests {
  static let counts = [0, 1, 254, 255, 256, 65534, 65535, 65536]

  private func bytes(_ count: Int, _ seed: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + seed) }
  }

  @Test(arguments: counts, counts)
  func holdsFieldValueAndDeadline(nameCount: Int, valueCount: Int) {
    for deadline in [nil, Int64.min, 0, Int64.max] {
      let field = MemberTableModel.record(
        bytes(nameCount, 1), .init(value: bytes(valueCount, 2), deadline: deadline))
      #expect(Array(field.key) == bytes(nameCount, 1))
      #expect(Array(field.value) == bytes(valueCount, 2))
      #expect(field.hasDeadline == (deadline != nil))
      if let deadline { #expect(field.deadline == deadline) }
      let copy = field.duplicated()
      #expect(copy.byteCount == field.byteCount)
      field.free()
      #expect(Array(copy.value) == bytes(valueCount, 2))
      copy.free()
    }
  }

  /// A value is written in place exactly if the block's size class stays and its length's form.
  @Test(arguments: counts, counts)
  func writesInPlaceWhereItFits(old: Int, new: Int) {
    let name = bytes(9, 1)
    let field = MemberTableModel.record(name, .init(value: bytes(old, 2), deadline: 5))
    let fits =
      Allocation.sizeClass(field.byteCount) == Allocation.sizeClass(field.byteCount - old + new)
      && (old >= 65535) == (new >= 65535)
    #expect(bytes(new, 3).withView { field.setValue($0) } == fits)
    #expect(Array(field.value) == (fits ? bytes(new, 3) : bytes(old, 2)))
    #expect(Array(field.key) == name && field.deadline == 5)
    // Freed with the size that it has now, whatever the old one was.
    field.free()
  }
}
