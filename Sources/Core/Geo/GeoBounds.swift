import Glibc

/// The degrees that surround a shape. Across the date line, beyond a pole or for shapes wider than
/// the world they are no places on the earth, and may be infinite or no numbers.
struct GeoBounds {
  var west: Double
  var south: Double
  var east: Double
  var north: Double

  init(around vertices: [GeoPoint]) {
    (west, east) = (Geohash.longitudes.upperBound, Geohash.longitudes.lowerBound)
    (south, north) = (Geohash.latitudes.upperBound, Geohash.latitudes.lowerBound)
    for vertex in vertices {
      (west, east) = (min(west, vertex.longitude), max(east, vertex.longitude))
      (south, north) = (min(south, vertex.latitude), max(north, vertex.latitude))
    }
  }

  private init(_ middle: GeoPoint, longitudeChange: Double, latitudeChange: Double) {
    west = middle.longitude - longitudeChange
    east = middle.longitude + longitudeChange
    south = middle.latitude - latitudeChange
    north = middle.latitude + latitudeChange
  }

  var corners: [GeoPoint] {
    [(west, north), (east, north), (west, south), (east, south)]
      .map { GeoPoint(longitude: $0, latitude: $1) }
  }

  // MARK: Estimated

  /// As Redis has them: by them it chooses the cells, and so the order of what is found. Near the
  /// poles they are too small for a circle, and everywhere for a very wide box.
  static func estimated(_ shape: GeoShape) -> GeoBounds {
    if shape.kind == .polygon { return GeoBounds(around: shape.vertices) }
    let middle = shape.middle
    let latitudeChange = GeoDistance.degrees(shape.halfHeight / GeoDistance.earthRadius)
    // Nearer to the pole a degree is shorter, so that the shape reaches over more of them there.
    let poleward = middle.latitude < 0 ? -latitudeChange : latitudeChange
    let cosine = cos(GeoDistance.radians(middle.latitude + poleward))
    return GeoBounds(
      middle,
      longitudeChange: GeoDistance.degrees(shape.halfWidth / GeoDistance.earthRadius / cosine),
      latitudeChange: latitudeChange)
  }

  // MARK: Exact

  /// Those that no place in the shape lies outside of, with what rounding adds.
  static func exact(_ shape: GeoShape) -> GeoBounds {
    if shape.kind == .polygon { return GeoBounds(around: shape.vertices) }
    let latitudeChange = GeoDistance.degrees(shape.halfHeight / GeoDistance.earthRadius)
    let change = shape.kind == .circle ? circleLongitudes(shape) : boxLongitudes(shape)
    return GeoBounds(
      shape.middle, longitudeChange: withRoundingError(change),
      latitudeChange: withRoundingError(latitudeChange))
  }

  private static func withRoundingError(_ degrees: Double) -> Double { degrees * (1 + 1e-7) + 1e-9 }

  /// Where a meridian touches the circle; all the way round if a pole lies in it.
  private static func circleLongitudes(_ shape: GeoShape) -> Double {
    let angle = shape.halfWidth / GeoDistance.earthRadius
    let latitude = abs(GeoDistance.radians(shape.middle.latitude))
    guard angle + latitude < .pi / 2 else { return 180 }
    return GeoDistance.degrees(asin(min(sin(angle) / cos(latitude), 1)))
  }

  /// The width along the parallel of the box that is nearest to a pole.
  private static func boxLongitudes(_ shape: GeoShape) -> Double {
    let height = GeoDistance.degrees(shape.halfHeight / GeoDistance.earthRadius)
    let latitude = min(abs(shape.middle.latitude) + height, Geohash.latitudes.upperBound)
    let quarter = min(shape.halfWidth / GeoDistance.earthRadius / 2, .pi / 2)
    return GeoDistance.degrees(
      2 * asin(min(sin(quarter) / cos(GeoDistance.radians(latitude)), 1)))
  }
}
