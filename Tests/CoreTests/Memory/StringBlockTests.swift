import Testing

@testable import Core

@Suite struct StringBlockTests {
  @Test func growsWithItsBytes() {
    let text = [UInt8](0...255)
    var block = text.withView { StringBlock(copying: $0) }
    #expect(Array(block.view) == text && block.capacity == 256)
    block.resize(to: 100_000)
    #expect(Array(block.view) == text && block.capacity == 100_000)
    #expect(block.allocatedByteCount == Allocation.sizeClass(100_016))
    block.resize(to: 256)
    #expect(Array(StringBlock(payload: block.payload).view) == text)
    block.free()
  }

  @Test func mayBeEmpty() {
    let block = StringBlock(capacity: 0)
    #expect(block.count == 0 && block.capacity == 0 && block.view.isEmpty)
    block.free()
  }
}
