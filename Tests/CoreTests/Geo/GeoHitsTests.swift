import Testing

@testable import Core

@Suite struct GeoHitsTests {
  private static func ranked(
    _ distances: [Double], _ order: GeoHits.Order, limit: Int
  ) -> [Int] {
    var hits = GeoHits(order: order, limit: limit)
    defer { hits.free() }
    for (index, distance) in distances.enumerated() {
      hits.append(.init(distance: distance, score: 0, member: .integer(Int64(index))))
    }
    hits.rank()
    var result: [Int] = []
    hits.forEach {
      if case .integer(let number) = $0.member { result.append(Int(number)) }
    }
    return result
  }

  @Test(arguments: [0, 1, 2, 15, 16, 17, 100, 1000]) func ranksByDistance(count: Int) {
    var random = SplitMixGenerator(seed: UInt64(count))
    // Few different ones, so that many are equal.
    let distances = (0..<count).map { _ in Double(Int.random(in: 0..<50, using: &random)) }
    let indices = Array(0..<count)
    let ascending = indices.sorted { (distances[$0], $0) < (distances[$1], $1) }
    let descending = indices.sorted { (-distances[$0], $0) < (-distances[$1], $1) }
    for limit in [1, 2, 7, 16, 999, count, .max] where limit > 0 {
      #expect(Self.ranked(distances, .ascending, limit: limit) == Array(ascending.prefix(limit)))
      #expect(Self.ranked(distances, .descending, limit: limit) == Array(descending.prefix(limit)))
      #expect(Self.ranked(distances, .found, limit: limit) == Array(indices.prefix(limit)))
    }
  }

  /// More than are kept at a time, near and far in turn.
  @Test func theNearestOfVeryManyAreKept() {
    let distances = (0..<300_000).map { Double(($0 * 7919) % 100_003) }
    for order in [GeoHits.Order.ascending, .descending] {
      let expected = distances.indices.sorted {
        let (left, right) =
          order == .ascending
          ? (distances[$0], distances[$1]) : (distances[$1], distances[$0])
        return (left, $0) < (right, $1)
      }
      for limit in [1, 10, 20_000] {
        #expect(Self.ranked(distances, order, limit: limit) == Array(expected.prefix(limit)))
      }
    }
  }

  @Test func whatIsNoNumberIsFarthest() {
    #expect(Self.ranked([.nan, 3, -.nan, .infinity, 0], .ascending, limit: 3) == [4, 1, 3])
  }
}
