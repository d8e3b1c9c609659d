import CAlloc
import Testing

@testable import Core

@Suite struct AllocationTests {
  @Test func classesAreThoseOfTheAllocator() {
    #expect(apus_alloc_classes_agree())
  }

  @Test(arguments: [1, 8, 9, 16, 100, 128, 129, 4096, 16_384, 16_385, 1 << 20])
  func keepsTheBytesThatMove(_ count: Int) {
    var block = Allocation.allocate(count)
    block.storeBytes(of: 7, as: UInt8.self)
    block = Allocation.reallocate(block, from: count, to: 3 * count)
    #expect(block.load(as: UInt8.self) == 7)
    block = Allocation.reallocate(block, from: 3 * count, to: count)
    #expect(block.load(as: UInt8.self) == 7)
    Allocation.free(block, count)
    let zeroed = Allocation.allocateZeroed(count)
    #expect((0..<count).allSatisfy { zeroed.load(fromByteOffset: $0, as: UInt8.self) == 0 })
    Allocation.free(zeroed, count)
  }

  @Test func roundsUpWithinAnEighth() {
    for size in 1...40_000 {
      let given = Allocation.sizeClass(size)
      #expect(given >= size && (size < 128 || given - size <= size / 4))
    }
  }
}
