import Glibc

/// Distances on a sphere of the earth's mean size, in metres: the haversine formula, operation by
/// operation as Redis has it, because what GEODIST prints and where a search ends must agree.
package enum GeoDistance {
  private static let earthRadius = 6372797.560856
  private static let radiansOfDegree = Double.pi / 180

  @inline(__always)
  private static func radians(_ degrees: Double) -> Double { degrees * radiansOfDegree }

  /// Along a meridian.
  @inline(__always)
  package static func betweenLatitudes(_ first: Double, _ second: Double) -> Double {
    earthRadius * abs(radians(second) - radians(first))
  }

  package static func between(_ first: GeoPoint, _ second: GeoPoint) -> Double {
    let v = sin((radians(second.longitude) - radians(first.longitude)) / 2)
    if v == 0 { return betweenLatitudes(first.latitude, second.latitude) }
    let (latitude1, latitude2) = (radians(first.latitude), radians(second.latitude))
    let u = sin((latitude2 - latitude1) / 2)
    let a = u * u + cos(latitude1) * cos(latitude2) * v * v
    return 2 * earthRadius * asin(a.squareRoot())
  }

  /// The distance from the middle of a box of this width and height in metres, if `place` lies in
  /// it. The width is measured along the place's own latitude.
  package static func inBox(
    _ middle: GeoPoint, width: Double, height: Double, _ place: GeoPoint
  ) -> Double? {
    if betweenLatitudes(place.latitude, middle.latitude) > height / 2 { return nil }
    let east = GeoPoint(longitude: middle.longitude, latitude: place.latitude)
    if between(place, east) > width / 2 { return nil }
    return between(middle, place)
  }

  /// The degrees that surround a box of this width and height. Beyond a pole, or for boxes wider
  /// than the world, they are no places on the earth, and may be infinite.
  package static func bounds(
    _ middle: GeoPoint, width: Double, height: Double
  ) -> (southwest: GeoPoint, northeast: GeoPoint) {
    let latitudeChange = degrees(height / 2 / earthRadius)
    let here = degrees(width / 2 / earthRadius / cos(radians(middle.latitude)))
    // Nearer to the pole a degree is shorter, so that the box reaches over more of them there.
    let poleward = middle.latitude < 0 ? -latitudeChange : latitudeChange
    let there = degrees(width / 2 / earthRadius / cos(radians(middle.latitude + poleward)))
    let longitudeChange = there > here ? there : here
    return (
      GeoPoint(
        longitude: middle.longitude - longitudeChange, latitude: middle.latitude - latitudeChange),
      GeoPoint(
        longitude: middle.longitude + longitudeChange, latitude: middle.latitude + latitudeChange)
    )
  }

  private static func degrees(_ radians: Double) -> Double { radians / radiansOfDegree }
}
