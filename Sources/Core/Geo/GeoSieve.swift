/// Goes through the scores of a search area and says which lie in the shape.
///
/// A score costs one comparison if it lies in a cell that was found to be outside as a whole, a few
/// integer operations if it lies outside of the shape's bounds, and the distance otherwise.
///
/// Lifetime: that of the matcher, which borrows the shape.
package struct GeoSieve {
  private let grid: GeoGrid
  private let matcher: GeoMatcher
  private var step = Geohash.stepMax
  /// Lower scores of the range are outside.
  private var outsideEnd = 0.0

  package init(_ shape: GeoShape, _ matcher: GeoMatcher) {
    grid = GeoGrid(shape)
    self.matcher = matcher
  }

  /// Begins with a range of `GeoSearchArea`.
  @inline(__always)
  package mutating func begin(step: Int) {
    self.step = step
    outsideEnd = 0
  }

  /// The distance of a score's place in metres; nil if it is outside. Scores of a range come in
  /// rising order.
  @inline(__always)
  package mutating func distance(_ score: Double) -> Double? {
    if score < outsideEnd { return nil }
    let bits = Geohash.bits(ofScore: score)
    let place = Geohash.grid(bits)
    guard grid.holds(place) else {
      outsideEnd = Double(grid.endOfMiss(bits, place, step: step))
      return nil
    }
    return matcher.distance(Geohash.place(place))
  }
}
