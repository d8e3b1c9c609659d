import Testing

@testable import Core

@Suite struct SetMemberTests {
  @Test(arguments: [0, 1, 7, 8, 254, 255, 256, 65534, 65535, 65536])
  func holdsItsBytes(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let member = bytes.withView { SetMember(copying: $0) }
    #expect(Array(member.key) == bytes)
    #expect(member.byteCount == count + (count < 255 ? 1 : 9))
    let copy = member.duplicated()
    member.free()
    #expect(Array(copy.key) == bytes)
    copy.free()
  }
}
