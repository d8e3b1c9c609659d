import Glibc

/// Distances on a sphere of the earth's mean size, in metres: the haversine formula, operation by
/// operation as Redis has it, because what GEODIST prints and where a search ends must agree.
package enum GeoDistance {
  static let earthRadius = 6372797.560856

  @inline(__always)
  static func radians(_ degrees: Double) -> Double { degrees * (Double.pi / 180) }

  @inline(__always)
  static func degrees(_ radians: Double) -> Double { radians / (Double.pi / 180) }

  package static func between(_ first: GeoPoint, _ second: GeoPoint) -> Double {
    GeoOrigin(first).distance(second)
  }
}

/// A place from which many distances are measured: what they have in common is computed once.
package struct GeoOrigin {
  private let longitude: Double
  private let latitude: Double
  private let cosine: Double

  package init(_ place: GeoPoint) {
    longitude = GeoDistance.radians(place.longitude)
    latitude = GeoDistance.radians(place.latitude)
    cosine = cos(latitude)
  }

  @inline(__always)
  package func distance(_ place: GeoPoint) -> Double {
    let latitude = GeoDistance.radians(place.latitude)
    let v = sin((GeoDistance.radians(place.longitude) - longitude) / 2)
    if v == 0 { return alongMeridian(latitude) }
    return Self.distance(haversine(latitude, cos(latitude), v))
  }

  /// The distance of a place, if it is at most `radius`. What is clearly farther, by the square of
  /// half a chord, is refused without the last steps. REQUIRES: `chordMax` is `chord(radius)`.
  @inline(__always)
  package func distance(
    _ place: GeoPoint, radius: Double, chordMax: Double
  ) -> Double? {
    let latitude = GeoDistance.radians(place.latitude)
    let v = sin((GeoDistance.radians(place.longitude) - longitude) / 2)
    let distance: Double
    if v == 0 {
      distance = alongMeridian(latitude)
    } else {
      let chord = haversine(latitude, cos(latitude), v)
      if chord > chordMax { return nil }
      distance = Self.distance(chord)
    }
    return distance > radius ? nil : distance
  }

  /// The distance of a place in the box around the origin. The width is measured along the place's
  /// own latitude.
  @inline(__always)
  package func distance(
    _ place: GeoPoint, halfWidth: Double, halfHeight: Double
  ) -> Double? {
    let latitude = GeoDistance.radians(place.latitude)
    let north = alongMeridian(latitude)
    if north > halfHeight { return nil }
    let v = sin((GeoDistance.radians(place.longitude) - longitude) / 2)
    if v == 0 { return north }
    let cosine = cos(latitude)
    // The difference of latitudes is none, but its square is added all the same, as in Redis.
    if Self.distance(0 + cosine * cosine * v * v) > halfWidth { return nil }
    return Self.distance(haversine(latitude, cosine, v))
  }

  /// More than the square of half a chord of so many metres, by what rounding can make of it.
  package static func chord(_ distance: Double) -> Double {
    let half = distance / 2 / GeoDistance.earthRadius
    if half >= .pi / 2 { return .infinity }
    let sine = sin(half)
    return sine * sine * (1 + 1e-9) + 1e-30
  }

  @inline(__always)
  private func alongMeridian(_ latitude: Double) -> Double {
    GeoDistance.earthRadius * abs(latitude - self.latitude)
  }

  @inline(__always)
  private func haversine(_ latitude: Double, _ cosine: Double, _ v: Double) -> Double {
    let u = sin((latitude - self.latitude) / 2)
    return u * u + self.cosine * cosine * v * v
  }

  @inline(__always)
  private static func distance(_ haversine: Double) -> Double {
    2 * GeoDistance.earthRadius * asin(haversine.squareRoot())
  }
}
