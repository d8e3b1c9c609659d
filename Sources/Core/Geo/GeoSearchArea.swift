/// The scores among which a search finds its places: a cell around the shape's middle and those of
/// its eight neighbours that the shape reaches.
///
///     | NW | N | NE |      in Redis' order, which is that of the results:
///     | W  | C | E  |      C N S E W NE NW SE SW
///     | SW | S | SE |
///
/// Cells are chosen as Redis chooses them: a size by the radius, one larger if four of the
/// neighbours seem not to reach far enough. Where they then really do not, which happens near the
/// poles and for very wide boxes, larger ones are taken until they do.
///
/// Places at the very edge of the world, longitude 180 or the last latitude, have scores beyond all
/// cells (`Geohash.encode`). They come last.
package struct GeoSearchArea {
  private let middle: Geohash.Cell
  /// One bit for each cell in the order above.
  private var visited: UInt16 = 0x1FF
  private let reachesEdge: Bool

  package init(_ shape: GeoShape) {
    let place = GeoPoint(
      longitude: shape.middle.longitude,
      latitude: min(
        max(shape.middle.latitude, Geohash.latitudes.lowerBound), Geohash.latitudes.upperBound))
    let (estimated, exact) = (GeoBounds.estimated(shape), GeoBounds.exact(shape))
    var step = Self.step(reach: shape.reach, latitude: shape.middle.latitude)
    if step > 1, !Self.seemsToCover(Self.cell(place, step), estimated) { step -= 1 }
    while step > 1, !Self.covers(Self.cell(place, step), exact) { step -= 1 }
    middle = Self.cell(place, step)
    reachesEdge =
      !(exact.east < Geohash.longitudes.upperBound && exact.west > Geohash.longitudes.lowerBound
      && exact.north < Geohash.latitudes.upperBound)
    if step > 1 { exclude(estimated, exact) } else { excludeRepeated() }
  }

  /// The cell of a place; the last one for places at the edge.
  private static func cell(_ place: GeoPoint, _ step: Int) -> Geohash.Cell {
    // Less than the smallest cell, more than rounding.
    let inset = 1e-9
    return Geohash.encode(
      GeoPoint(
        longitude: min(place.longitude, Geohash.longitudes.upperBound - inset),
        latitude: min(place.latitude, Geohash.latitudes.upperBound - inset)), step: step)
  }

  // MARK: Size

  /// The most bits with which a cell and its neighbours hold a circle of this radius in metres, as
  /// Redis estimates it.
  private static func step(reach: Double, latitude: Double) -> Int {
    // Half of the equator in the Mercator projection of web maps.
    let halfWorld = 20037726.37
    if reach == 0 { return Geohash.stepMax }
    var step = -1
    var reach = reach
    while reach < halfWorld {
      reach *= 2
      step += 1
    }
    if abs(latitude) > 66 { step -= 1 }
    if abs(latitude) > 80 { step -= 1 }
    return min(max(step, 1), Geohash.stepMax)
  }

  /// The test of Redis, which takes a neighbour beyond the date line or a pole for one that does
  /// not reach far.
  private static func seemsToCover(_ cell: Geohash.Cell, _ bounds: GeoBounds) -> Bool {
    func area(_ east: Int, _ north: Int) -> Geohash.Area {
      Geohash.area(Geohash.neighbour(cell, east: east, north: north))
    }
    return
      !(area(0, 1).latitudes.upperBound < bounds.north
      || area(0, -1).latitudes.lowerBound > bounds.south
      || area(1, 0).longitudes.upperBound < bounds.east
      || area(-1, 0).longitudes.lowerBound > bounds.west)
  }

  /// Whether the nine cells hold all places within the bounds.
  private static func covers(_ cell: Geohash.Cell, _ bounds: GeoBounds) -> Bool {
    let area = Geohash.area(cell)
    let width = area.longitudes.upperBound - area.longitudes.lowerBound
    let height = area.latitudes.upperBound - area.latitudes.lowerBound
    return bounds.west >= area.longitudes.lowerBound - width
      && bounds.east <= area.longitudes.upperBound + width
      && max(bounds.south, Geohash.latitudes.lowerBound) >= area.latitudes.lowerBound - height
      && min(bounds.north, Geohash.latitudes.upperBound) <= area.latitudes.upperBound + height
  }

  // MARK: Excluding cells

  /// Cells beyond a side of the middle one that the shape does not reach are not visited.
  private mutating func exclude(_ estimated: GeoBounds, _ exact: GeoBounds) {
    let area = Geohash.area(middle)
    if area.latitudes.lowerBound < min(estimated.south, exact.south) { leaveOut { $0.north < 0 } }
    if area.latitudes.upperBound > max(estimated.north, exact.north) { leaveOut { $0.north > 0 } }
    if area.longitudes.lowerBound < min(estimated.west, exact.west) { leaveOut { $0.east < 0 } }
    if area.longitudes.upperBound > max(estimated.east, exact.east) { leaveOut { $0.east > 0 } }
  }

  /// In a world of two by two cells the neighbours on both sides are the same.
  private mutating func excludeRepeated() { leaveOut { $0.north < 0 || $0.east < 0 } }

  private mutating func leaveOut(_ isUseless: ((east: Int, north: Int)) -> Bool) {
    for index in 0..<9 where isUseless(Self.place(index)) { visited &= ~(1 << UInt16(index)) }
  }

  /// Where the cell of this number lies.
  private static func place(_ index: Int) -> (east: Int, north: Int) {
    switch index {
    case 0: (0, 0)
    case 1: (0, 1)
    case 2: (0, -1)
    case 3: (1, 0)
    case 4: (-1, 0)
    case 5: (1, 1)
    case 6: (-1, 1)
    case 7: (1, -1)
    default: (-1, -1)
    }
  }

  // MARK: Visiting

  /// Calls `body` with the scores of each cell, from the first up to, not including, the second,
  /// and the bits of each coordinate that the cell has; until it returns false.
  package func forEachRange(_ body: (UInt64, UInt64, Int) -> Bool) {
    for index in 0..<9 where visited & 1 << UInt16(index) != 0 {
      let (east, north) = Self.place(index)
      let cell = Geohash.neighbour(middle, east: east, north: north)
      let (low, high) = cell.scores
      if !body(low, high, cell.step) { return }
    }
    if reachesEdge { _ = body(1 << 52, 1 << 54, Geohash.stepMax) }
  }
}
