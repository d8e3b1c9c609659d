import Testing

@testable import Core

/// Searches find what lies in their shape: compared with a look at every place.
@Suite struct GeoSearchTests {
  private static func places(around middle: GeoPoint, _ seed: UInt64) -> [GeoPoint] {
    var random = SplitMixGenerator(seed: seed)
    return (0..<400).map { index in
      // A quarter anywhere, the others closer and closer.
      let spread = index % 4 == 0 ? 360 : Double.random(in: 0.0001...90, using: &random)
      let longitude = middle.longitude + Double.random(in: -spread...spread, using: &random)
      let latitude = middle.latitude + Double.random(in: -spread...spread, using: &random)
      return GeoPoint(
        longitude: (longitude + 900).truncatingRemainder(dividingBy: 360) - 180,
        latitude: min(max(latitude, Geohash.latitudes.lowerBound), Geohash.latitudes.upperBound))
    }
  }

  private static func search(_ shape: GeoShape, _ scores: [UInt64]) -> [UInt64] {
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
    return found
  }

  static let middles = [
    (0.0, 0.0), (13.4, 52.5), (-0.0001, 0.0001), (179.9999, 1), (-180, -33), (180, 10), (90, 66.5),
    (20, 84), (-120, -84.9), (7, 85.05112878), (180, -85.05112878), (45, 79), (-90, 45),
  ].map { GeoPoint(longitude: $0.0, latitude: $0.1) }

  @Test(arguments: middles) func circlesHoldAllTheirPlaces(middle: GeoPoint) {
    let scores = Set(Self.places(around: middle, 1).map(Geohash.score)).sorted()
    for exponent in 0..<27 {
      let radius = Double(1 << exponent) * 1.1
      let found = Self.search(.circle(middle, radius: radius, metresPerUnit: 1), scores)
      let expected = scores.filter {
        GeoDistance.between(middle, Geohash.place(score: $0)) <= radius
      }
      #expect(found.sorted() == expected, "\(radius)")
    }
  }

  @Test(arguments: middles) func boxesHoldAllTheirPlaces(middle: GeoPoint) {
    let scores = Set(Self.places(around: middle, 2).map(Geohash.score)).sorted()
    for exponent in 0..<27 {
      for ratio in [0.001, 0.5, 1, 100] {
        let (width, height) = (Double(1 << exponent) * 1.1, Double(1 << exponent) * ratio)
        let shape = GeoShape.box(middle, width: width, height: height, metresPerUnit: 1)
        let expected = scores.filter {
          let place = Geohash.place(score: $0)
          let east = GeoPoint(longitude: middle.longitude, latitude: place.latitude)
          let north = GeoPoint(longitude: place.longitude, latitude: middle.latitude)
          return GeoDistance.between(place, east) <= width / 2
            && GeoDistance.between(place, north) <= height / 2
        }
        #expect(Self.search(shape, scores).sorted() == expected, "\(width) \(height)")
      }
    }
  }

  @Test(
    arguments: [
      [(12, 36), (16, 36), (16, 39)], [(-170, -10), (170, -10), (170, 10), (-170, 10)],
      [(0, 85), (120, 85), (-120, 85)], [(0, 0), (10, 10), (10, 0), (0, 10)],
      [(5, 5), (5, 5), (5, 5)],
      [(-180, -85), (180, -85), (180, 85), (-180, 85)], [(0, 0), (90, 0), (90, 45), (0, 45)],
    ] as [[(Double, Double)]])
  func polygonsHoldAllTheirPlaces(corners: [(Double, Double)]) {
    let vertices = corners.map { GeoPoint(longitude: $0.0, latitude: $0.1) }
    let shape = GeoShape.polygon(vertices)
    var scores = Set(Self.places(around: vertices[0], 3).map(Geohash.score))
    scores.formUnion(Self.places(around: GeoPoint(longitude: 8, latitude: 3), 4).map(Geohash.score))
    let found = Self.search(shape, scores.sorted())
    let expected = GeoMatcher.with(shape) { matcher in
      scores.filter { matcher.distance(Geohash.place(score: $0)) != nil }
    }
    #expect(found.sorted() == expected.sorted())
    #expect(found.count == Set(found).count)
  }

  /// Around the pole, where the longitudes that Redis estimates are reversed, it misses these.
  @Test func aCircleOverThePoleReachesTheOtherSide() {
    let score = Geohash.score(GeoPoint(longitude: 120, latitude: 85))
    let shape = GeoShape.circle(
      GeoPoint(longitude: 0, latitude: 84), radius: 1100, metresPerUnit: 1000)
    #expect(Self.search(shape, [score]) == [score])
  }

  /// Its score has a bit more than all others.
  @Test func thePlaceAtTheEdgeOfTheWorldIsFound() {
    let score = Geohash.score(GeoPoint(longitude: 180, latitude: 10))
    #expect(score >= 1 << 52)
    for longitude in [179.9, -179.9, 180, -180] {
      let shape = GeoShape.circle(
        GeoPoint(longitude: longitude, latitude: 10), radius: 100, metresPerUnit: 1000)
      #expect(Self.search(shape, [score]) == [score])
    }
  }

  /// As C converts them on x86, which GEOPOS shows.
  @Test(
    arguments: [
      (-1, .max), (0, 0), (1.5, 1), (1e19, 10_000_000_000_000_000_000), (.infinity, 0),
      (-.infinity, 1 << 63), (1e30, 0), (.nan, 0),
    ] as [(Double, UInt64)])
  func anyScoreHasBits(score: Double, bits: UInt64) {
    #expect(Geohash.bits(ofScore: score) == bits)
  }
}
