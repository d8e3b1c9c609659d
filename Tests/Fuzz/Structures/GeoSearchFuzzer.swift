import Core

/// A search finds every place in its shape once and no other, whatever cells it visits and leaves
/// out: compared with a look at each place.
///
///     | kind 1 | middle 8 | size 2 | size 2 | places: kind 1, two numbers 4 each | ... |
enum GeoSearchFuzzer {
  static func check(_ input: [UInt8]) -> String? {
    var bytes = InputReader(input)
    let shape = shape(&bytes)
    var scores: Set<UInt64> = []
    while !bytes.isAtEnd, scores.count < 500 { scores.insert(stored(place(&bytes, shape))) }
    let expected = scores.filter { isInside(Geohash.place(score: $0), shape) }
    let found = search(scores.sorted(), shape)
    if found.count != Set(found).count { return "\(shape) finds a place twice" }
    if let missed = expected.subtracting(found).first {
      return "\(shape) misses \(Geohash.place(score: missed)), \(missed)"
    }
    if let wrong = Set(found).subtracting(expected).first {
      return "\(shape) finds \(Geohash.place(score: wrong)), \(wrong)"
    }
    return nil
  }

  /// The score of a place as a double holds it: those at longitude 180 lose their last bit.
  private static func stored(_ place: GeoPoint) -> UInt64 {
    Geohash.bits(ofScore: Double(Geohash.score(place)))
  }

  // MARK: Searching

  private static func search(_ scores: [UInt64], _ shape: GeoShape) -> [UInt64] {
    var found: [UInt64] = []
    GeoMatcher.with(shape) { matcher in
      var sieve = GeoSieve(shape, matcher)
      GeoSearchArea(shape).forEachRange { low, high, step in
        sieve.begin(step: step)
        for score in scores where score >= low && score < high {
          if sieve.distance(Double(score)) != nil { found.append(score) }
        }
        return true
      }
    }
    #if APUS_PLANTED_BUG
      // A search across the date line that forgets the other side.
      if shape.middle.longitude > 179 {
        found.removeAll { Geohash.place(score: $0).longitude < -179.5 }
      }
    #endif
    return found
  }

  private static func isInside(_ place: GeoPoint, _ shape: GeoShape) -> Bool {
    switch shape.kind {
    case .circle: return !(GeoDistance.between(shape.middle, place) > shape.halfWidth)
    case .box:
      let north = GeoPoint(longitude: place.longitude, latitude: shape.middle.latitude)
      let east = GeoPoint(longitude: shape.middle.longitude, latitude: place.latitude)
      return !(GeoDistance.between(place, north) > shape.halfHeight)
        && !(GeoDistance.between(place, east) > shape.halfWidth)
    case .polygon: return isInside(place, shape.vertices)
    }
  }

  private static func isInside(_ place: GeoPoint, _ vertices: [GeoPoint]) -> Bool {
    let sides = zip(vertices, vertices.suffix(1) + vertices.dropLast())
    return sides.count(where: { a, b in
      (a.latitude > place.latitude) != (b.latitude > place.latitude)
        && place.longitude < (b.longitude - a.longitude) * (place.latitude - a.latitude)
          / (b.latitude - a.latitude) + a.longitude
    }) % 2 == 1
  }

  // MARK: Reading the input

  private static func shape(_ bytes: inout InputReader) -> GeoShape {
    let kind = bytes.byte()
    let middle = anywhere(&bytes, kind >> 4)
    let (first, second) = (size(bytes.index(below: 65536)), size(bytes.index(below: 65536)))
    switch kind & 3 {
    case 0, 1: return .circle(middle, radius: first, metresPerUnit: 1)
    case 2: return .box(middle, width: first, height: second, metresPerUnit: 1)
    default:
      let count = 3 + Int(kind >> 2 & 7)
      return .polygon([middle] + (1..<count).map { _ in anywhere(&bytes, bytes.byte()) })
    }
  }

  /// From a metre to more than the world, most often thousands of kilometres.
  private static func size(_ number: Int) -> Double {
    let exponent = Double(number & 31)
    return number == 0xFFFF ? .infinity : (1 + Double(number >> 5) / 2048) * exp2(exponent)
  }

  private static func exp2(_ exponent: Double) -> Double {
    Double(sign: .plus, exponent: Int(exponent), significand: 1)
  }

  private static func anywhere(_ bytes: inout InputReader, _ kind: UInt8) -> GeoPoint {
    var place = GeoPoint(
      longitude: within(Geohash.longitudes, bytes.take(4).reduce(0) { $0 << 8 | UInt64($1) }),
      latitude: within(Geohash.latitudes, bytes.take(4).reduce(0) { $0 << 8 | UInt64($1) }))
    if kind & 3 == 1 { place.longitude = kind & 4 == 0 ? 180 : -180 }
    if kind & 3 == 2 {
      place.latitude = kind & 4 == 0 ? Geohash.latitudes.upperBound : Geohash.latitudes.lowerBound
    }
    return place
  }

  private static func within(_ range: ClosedRange<Double>, _ number: UInt64) -> Double {
    let share = Double(number) / 4_294_967_295
    return min(range.lowerBound + share * (range.upperBound - range.lowerBound), range.upperBound)
  }

  /// Any place, or one near the shape's edge, where the mistakes are.
  private static func place(_ bytes: inout InputReader, _ shape: GeoShape) -> GeoPoint {
    let kind = bytes.byte()
    let place = anywhere(&bytes, kind >> 4)
    if kind & 1 == 0 { return place }
    let latitude = shape.middle.latitude + share(place.latitude, 85) * degrees(shape.halfHeight)
    let parallel = max(0.01, 1 - (latitude / 90).magnitude)
    let longitude =
      shape.middle.longitude + share(place.longitude, 180) * degrees(shape.halfWidth) / parallel
    return GeoPoint(
      longitude: (longitude + 540).truncatingRemainder(dividingBy: 360) - 180,
      latitude: min(max(latitude, Geohash.latitudes.lowerBound), Geohash.latitudes.upperBound))
  }

  private static func share(_ value: Double, _ most: Double) -> Double { value / most * 1.05 }

  private static func degrees(_ metres: Double) -> Double { min(metres / 111_226, 360) }
}
