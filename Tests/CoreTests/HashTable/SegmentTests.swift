import Testing

@testable import Core

@Suite struct SegmentTests {
  private static let bucketCounts = [39, 47, 55, 63]

  private func withPage(_ bucketCount: Int, _ body: (Segment) -> Void) {
    let page = Segment.make(depth: 0, bucketCount: bucketCount)
    body(page)
    page.free()
  }

  /// A tag and the bucket where a key belongs tell its position.
  @Test(arguments: bucketCounts) func everyPositionIsToldByItsHomeAndTag(_ bucketCount: Int) {
    withPage(bucketCount) { page in
      var positions: Set<Int> = []
      for hash in 0..<UInt64(1) << UInt64(Segment.positionBitCount + 1) {
        let position = Segment.position(hash)
        positions.insert(position)
        let home = page.home(position)
        let tag = Segment.tag(hash)
        #expect(home >= 0 && home < bucketCount && tag != 0)
        #expect(page.home(ofHash: hash) == home)
        #expect(Segment.position(home: home, tag: tag, inverse: page.inverse) == position)
      }
      // The tags are 1...255.
      #expect(positions.count == 32 * 255)
    }
  }

  @Test(arguments: bucketCounts) func bucketsGetEqualSharesOfThePositions(_ bucketCount: Int) {
    withPage(bucketCount) { page in
      var shares = [Int](repeating: 0, count: bucketCount)
      for position in 0..<1 << Segment.positionBitCount { shares[page.home(position)] += 1 }
      let least = (1 << Segment.positionBitCount) / bucketCount
      #expect(shares.allSatisfy { $0 == least || $0 == least + 1 })
    }
  }

  @Test(arguments: bucketCounts) func aPageKnowsItsSlots(_ bucketCount: Int) {
    withPage(bucketCount) { page in
      #expect(page.contains(page.bucket(0).slot(0)))
      #expect(page.contains(page.bucket(bucketCount - 1).slot(Bucket.slotCount - 1)))
      #expect(!page.contains(page.bucket(bucketCount).slot(0)))
    }
    #expect(
      Allocation.sizeClass(Segment.byteCount(bucketCount: bucketCount))
        == Segment.byteCount(bucketCount: bucketCount))
  }

  /// A page that was just made larger or smaller is neither full nor sparse.
  @Test(arguments: bucketCounts.dropFirst()) func sizesDoNotAlternate(_ bucketCount: Int) {
    withPage(bucketCount) { page in
      withPage(bucketCount - 8) { smaller in
        page.count = smaller.countMax
        #expect(!page.isSparse)
        while !page.isSparse { page.count -= 1 }
        #expect(Segment.bucketCount(for: page.count) == bucketCount - 8)
        smaller.count = page.count
        #expect(!smaller.isSparse && smaller.count < smaller.countMax * 4 / 5)
      }
    }
  }
}
