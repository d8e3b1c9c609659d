import CPrimitives
import Dispatch
import Testing

@testable import Core

@Suite struct StringBlockTests {
  @Test func growsWithItsBytes() {
    let text = [UInt8](0...255)
    var block = text.withView { StringBlock(copying: $0) }
    #expect(Array(block.view) == text && block.capacity == 256)
    block.resize(to: 100_000)
    #expect(Array(block.view) == text && block.capacity == 100_000)
    #expect(block.allocatedByteCount == Allocation.sizeClass(100_024))
    block.resize(to: 256)
    #expect(Array(StringBlock(payload: block.payload).view) == text)
    block.free()
  }

  @Test func livesUntilTheLastHolderLetsGo() {
    let block = Array("some text".utf8).withView { StringBlock(copying: $0) }
    #expect(!block.isShared)
    block.hold()
    block.hold()
    var freed: [Int] = []
    for isShared in [true, true, false] {
      #expect(block.isShared == isShared && Array(block.view) == Array("some text".utf8))
      block.free {
        freed.append($1)
        Allocation.free($0, $1)
      }
      if isShared { #expect(freed.isEmpty) }
    }
    #expect(freed == [StringBlock.headerByteCount + 9])
  }

  /// Holders on other threads: exactly one of them frees it, and no sooner than the last.
  @Test func isFreedOnceWhoeverIsLast() {
    for _ in 0..<2000 {
      let block = StringBlock(capacity: 8)
      let frees = UnsafeMutablePointer<UInt64>.allocate(capacity: 1)
      frees.initialize(to: 0)
      for _ in 0..<3 { block.hold() }
      let address = UInt(bitPattern: block.base)
      let count = UInt(bitPattern: frees)
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        StringBlock(payload: UInt64(address)).free { _, _ in
          guard let frees = UnsafeMutablePointer<UInt64>(bitPattern: count) else { return }
          apus_hold_add(frees)
        }
      }
      #expect(frees.pointee == 1)
      Allocation.free(block.base, StringBlock.headerByteCount + 8)
      frees.deallocate()
    }
  }

  @Test func mayBeEmpty() {
    let block = StringBlock(capacity: 0)
    #expect(block.count == 0 && block.capacity == 0 && block.view.isEmpty)
    block.free()
  }
}
