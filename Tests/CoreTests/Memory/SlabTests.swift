import CAlloc
import Glibc
import Testing

@testable import Core

/// Blocks whose sizes are odd multiples of eight, of which jemalloc has no classes.
@Suite struct SlabTests {
  private struct Block {
    let address: UnsafeMutableRawPointer
    let byteCount: Int
    let mark: UInt8

    init(_ byteCount: Int, mark: UInt8) {
      address = Allocation.allocate(byteCount)
      self.byteCount = byteCount
      self.mark = mark
      address.initializeMemory(
        as: UInt8.self, repeating: mark, count: Allocation.sizeClass(byteCount))
    }

    /// Whether nobody else has written to it.
    var isIntact: Bool {
      UnsafeRawBufferPointer(start: address, count: Allocation.sizeClass(byteCount))
        .allSatisfy { $0 == mark }
    }

    var isAligned: Bool {
      let alignment: UInt = Allocation.sizeClass(byteCount) % 16 == 0 ? 16 : 8
      return UInt(bitPattern: address) % alignment == 0
    }
  }

  @Test(arguments: 1...8 as ClosedRange<UInt64>) func blocksDoNotOverlap(_ seed: UInt64) {
    var random = SplitMixGenerator(seed: seed)
    var blocks: [Block] = []
    for step in 0..<40_000 {
      let isGrowing = step / 8000 % 2 == 0
      if blocks.isEmpty || random.next() % 3 == (isGrowing ? 0 : 1) || isGrowing {
        let block = Block(Int(random.next() % 129), mark: UInt8(truncatingIfNeeded: step))
        #expect(block.isAligned)
        blocks.append(block)
      }
      if random.next() % 3 == 0 || !isGrowing, !blocks.isEmpty {
        blocks.swapAt(Int(random.next() % UInt64(blocks.count)), blocks.count - 1)
        let block = blocks.removeLast()
        #expect(block.isIntact)
        Allocation.free(block.address, block.byteCount)
      }
    }
    #expect(blocks.allSatisfy { $0.isIntact })
    for block in blocks { Allocation.free(block.address, block.byteCount) }
  }

  @Test(arguments: [1, 8, 9, 24, 40, 56, 72, 88, 104, 120]) func zeroedBlocks(_ byteCount: Int) {
    var blocks = (0..<100).map { _ in Block(byteCount, mark: 0xff) }
    while let block = blocks.popLast() { Allocation.free(block.address, byteCount) }
    let size = Allocation.sizeClass(byteCount)
    for _ in 0..<100 {
      let block = Allocation.allocateZeroed(byteCount)
      #expect(UnsafeRawBufferPointer(start: block, count: size).allSatisfy { $0 == 0 })
      Allocation.free(block, byteCount)
    }
  }

  /// Pages that got all their blocks back go to the allocator.
  @Test func pagesAreGivenBack() async {
    await #expect(processExitsWith: .success) {
      // What the process itself allocates meanwhile.
      let noise = 100_000
      func allocated() -> Int {
        apus_alloc_flush_cache()
        return apus_alloc_read_statistics().allocated
      }
      for byteCount in stride(from: 8, through: 120, by: 16) {
        let addresses = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: 100_000)
        let before = allocated()
        for index in 0..<100_000 { addresses[index] = Allocation.allocate(byteCount) }
        let peak = allocated() - before
        precondition(peak > byteCount * 100_000 && peak < byteCount * 100_000 * 103 / 100 + noise)
        for index in 0..<100_000 { Allocation.free(addresses[index * 7919 % 100_000], byteCount) }
        precondition(allocated() < before + noise)
        addresses.deallocate()
      }
    }
  }

  /// Blocks that a thread keeps hold their pages no longer than until memory is to be purged.
  @Test func purgingGivesBackWhatIsKept() async {
    await #expect(processExitsWith: .success) {
      let count = 20_000
      let addresses = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: count)
      let before = apus_alloc_read_statistics().allocated
      for byteCount in stride(from: 24, through: 120, by: 16) {
        for index in 0..<count { addresses[index] = Allocation.allocate(byteCount) }
        for index in 0..<count { Allocation.free(addresses[index * 7919 % count], byteCount) }
      }
      precondition(apus_alloc_read_statistics().allocated > before + 500_000)
      apus_alloc_purge()
      precondition(apus_alloc_read_statistics().allocated < before + 100_000)
    }
  }

  /// What is freed elsewhere can be used again here.
  @Test func blocksOfOneThreadAreFreedByAnother() async {
    await #expect(processExitsWith: .success) {
      let used = apus_alloc_used
      let count = 200_000
      let addresses = UnsafeMutablePointer<UnsafeMutableRawPointer>.allocate(capacity: count)
      for index in 0..<count { addresses[index] = Allocation.allocate(24) }
      let before = apus_alloc_read_statistics().allocated
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { argument in
          let addresses = argument?.assumingMemoryBound(to: UnsafeMutableRawPointer.self)
          for index in 0..<200_000 { apus_free_elsewhere(addresses.unsafelyUnwrapped[index], 24) }
          apus_alloc_flush_cache()
          return nil
        }, addresses)
      var blocks: [Block] = []
      for step in 0..<50_000 { blocks.append(Block(24, mark: UInt8(truncatingIfNeeded: step))) }
      pthread_join(thread, nil)
      precondition(blocks.allSatisfy { $0.isIntact })
      for block in blocks { Allocation.free(block.address, 24) }
      // Arrays lie in the allocator, too.
      blocks = []
      apus_alloc_flush_cache()
      let statistics = apus_alloc_read_statistics()
      precondition(apus_alloc_used == used)
      precondition(before - statistics.allocated > 24 * count - 32_768)
    }
  }

  /// A child can allocate, whatever another thread was doing when it was made.
  @Test func childrenAllocate() async {
    await #expect(processExitsWith: .success) {
      // Blocks that are torn may hold up this process, too.
      alarm(60)
      var thread = pthread_t()
      pthread_create(
        &thread, nil,
        { _ in
          while true {
            var blocks: [UnsafeMutableRawPointer] = []
            for _ in 0..<200 { if let block = apus_alloc(40) { blocks.append(block) } }
            for block in blocks { apus_free_elsewhere(block, 40) }
          }
        }, nil)
      for _ in 0..<200 {
        let child = fork()
        if child == 0 {
          alarm(20)
          for _ in 0..<1000 { _ = apus_alloc(40) }
          _exit(0)
        }
        var status: Int32 = 0
        precondition(waitpid(child, &status, 0) == child && status == 0)
      }
    }
  }
}
