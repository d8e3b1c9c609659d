import Core

/// A sorted set as a geo index: its scores are places.
extension SortedSetValue {
  /// The place of a member.
  @inline(__always)
  func place(_ member: ByteView) -> GeoPoint? {
    score(member).map { Geohash.place(score: Geohash.bits(ofScore: $0)) }
  }

  /// Adds what lies in a shape to `hits`, in the order of Redis, until there are `limit`. The hits
  /// end with the next change of the set.
  func search(_ shape: GeoShape, limit: Int, _ hits: inout GeoHits) {
    GeoMatcher.with(shape) { matcher in
      var sieve = GeoSieve(shape, matcher)
      GeoSearchArea(shape).forEachRange { low, high, step in
        sieve.begin(step: step)
        let (low, high) = (Double(low), Double(high))
        if isSmall {
          searchSmall(low, high, &sieve, &hits, limit)
        } else {
          searchLarge(low, high, &sieve, &hits, limit)
        }
        return hits.count < limit
      }
    }
  }

  private func searchSmall(
    _ low: Double, _ high: Double, _ sieve: inout GeoSieve, _ hits: inout GeoHits, _ limit: Int
  ) {
    let set = small
    var pair = set.seek(0)
    while let current = pair {
      let score = set.score(current)
      if score >= high { return }
      if score >= low, let distance = sieve.distance(score) {
        hits.append(.init(distance: distance, score: score, member: set.member(current)))
        if hits.count >= limit { return }
      }
      pair = set.next(current)
    }
  }

  private func searchLarge(
    _ low: Double, _ high: Double, _ sieve: inout GeoSieve, _ hits: inout GeoHits, _ limit: Int
  ) {
    let tree = large.tree
    var position = tree.seek(tree.rank(below: low))
    while let current = position {
      let score = current.score
      if score >= high { return }
      if let distance = sieve.distance(score) {
        let member = ListpackElement.bytes(current.member.bytes)
        hits.append(.init(distance: distance, score: score, member: member))
        if hits.count >= limit { return }
      }
      position = tree.next(current)
    }
  }
}
