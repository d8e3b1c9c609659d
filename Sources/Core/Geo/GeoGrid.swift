/// The bounds of a shape in units of the smallest cells, conservatively: most places of the cells
/// that a search visits are outside, and found to be with a few integer operations.
package struct GeoGrid {
  private let south: UInt32
  private let north: UInt32
  private let west: UInt32
  /// Cells from `west` to the east, round the world.
  private let width: UInt32

  /// Units of a coordinate, as many as the world is wide.
  private static let units = 1 << Geohash.stepMax
  private static let mask = UInt32(units - 1)
  /// How many sizes of cells are tried for leaving one out.
  private static let depth = 6

  package init(_ shape: GeoShape) {
    let bounds = GeoBounds.exact(shape)
    let latitudes = Geohash.latitudes
    south = UInt32(max(Self.unit(bounds.south, latitudes, -1) - 1, 0))
    north = UInt32(max(Self.unit(bounds.north, latitudes, Self.units) + 1, 0))
    let first = Self.unit(bounds.west, Geohash.longitudes, -Self.units) - 1
    let last = Self.unit(bounds.east, Geohash.longitudes, 2 * Self.units) + 1
    west = UInt32(truncatingIfNeeded: first) & Self.mask
    width = UInt32(min(last - first, Self.units - 1))
  }

  /// The unit of a coordinate, at most one world outside; `invalid` for what is no number.
  private static func unit(_ value: Double, _ world: ClosedRange<Double>, _ invalid: Int) -> Int {
    let share = (value - world.lowerBound) / (world.upperBound - world.lowerBound)
    if share.isNaN { return invalid }
    return Int((min(max(share, -1), 2) * Double(units)).rounded(.down))
  }

  /// Whether a place may lie in the shape.
  @inline(__always)
  package func holds(_ grid: (latitude: UInt32, longitude: UInt32)) -> Bool {
    grid.latitude >= south && grid.latitude <= north
      && (grid.longitude &- west) & Self.mask <= width
  }

  /// The end of the largest cell around a score that lies outside of the bounds as a whole, among
  /// those smaller than one of `step` bits. REQUIRES: the score's place is outside.
  @inline(__always)
  package func endOfMiss(
    _ score: UInt64, _ grid: (latitude: UInt32, longitude: UInt32), step: Int
  ) -> UInt64 {
    var unused = UInt32(Geohash.stepMax &- step)
    let last = unused > Self.depth ? unused &- UInt32(Self.depth) : 0
    while unused > last {
      unused &-= 1
      if isOutside(grid, unused) {
        let shift = UInt64(2 &* unused)
        return ((score &>> shift) &+ 1) &<< shift
      }
    }
    return score &+ 1
  }

  @inline(__always)
  private func isOutside(
    _ grid: (latitude: UInt32, longitude: UInt32), _ unused: UInt32
  ) -> Bool {
    let rest = (UInt32(1) &<< unused) &- 1
    let latitude = grid.latitude & ~rest
    if latitude > north || latitude | rest < south { return true }
    let longitude = grid.longitude & ~rest
    return (longitude &- west) & Self.mask > width && (west &- longitude) & Self.mask > rest
  }
}
