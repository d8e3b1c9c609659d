import Testing

@testable import Core

@Suite struct GeohashTests {
  private static let palermo = GeoPoint(longitude: 13.361389, latitude: 38.115556)
  private static let catania = GeoPoint(longitude: 15.087269, latitude: 37.502669)

  /// Redis' own answers to GEOADD, GEOPOS and GEOHASH.
  @Test(
    arguments: [
      (palermo, 3_479_099_956_230_698, "sqc8b49rny0"),
      (catania, 3_479_447_370_796_909, "sqdtr74hyu0"),
    ] as [(GeoPoint, UInt64, String)])
  func scoresAreThoseOfRedis(place: GeoPoint, score: UInt64, text: String) {
    #expect(Geohash.score(place) == score)
    #expect(String(decoding: Geohash.text(score: score), as: UTF8.self) == text)
  }

  @Test func placesAreThoseOfRedis() {
    let place = Geohash.place(score: 3_479_099_956_230_698)
    #expect(place.longitude == 13.36138933897018433)
    #expect(place.latitude == 38.11555639549629859)
  }

  @Test func distancesAreThoseOfRedis() {
    let first = Geohash.place(score: Geohash.score(Self.palermo))
    let second = Geohash.place(score: Geohash.score(Self.catania))
    #expect(abs(GeoDistance.between(first, second) - 166274.1516) < 0.0001)
    #expect(GeoDistance.between(first, first) == 0)
  }

  @Test(arguments: 1...26)
  func aCellHoldsItsPlacesAndItsScores(step: Int) {
    var random = SplitMixGenerator(seed: UInt64(step))
    for _ in 0..<200 {
      let place = GeoPoint(
        longitude: Double.random(in: Geohash.longitudes, using: &random),
        latitude: Double.random(in: Geohash.latitudes, using: &random))
      let cell = Geohash.encode(place, step: step)
      let area = Geohash.area(cell)
      #expect(area.longitudes.contains(place.longitude) && area.latitudes.contains(place.latitude))
      let (low, high) = cell.scores
      let score = Geohash.score(place)
      #expect(score >= low && score < high)
    }
  }

  @Test(arguments: 1...26)
  func neighboursSurroundACell(step: Int) {
    let cell = Geohash.encode(Self.palermo, step: step)
    #expect(Geohash.neighbour(cell, east: 0, north: 0) == cell)
    let east = Geohash.neighbour(cell, east: 1, north: 0)
    #expect(Geohash.neighbour(east, east: -1, north: 0) == cell)
    let north = Geohash.neighbour(cell, east: 0, north: 1)
    #expect(Geohash.neighbour(north, east: 0, north: -1) == cell)
    if step > 3 {
      let (area, right, above) = (Geohash.area(cell), Geohash.area(east), Geohash.area(north))
      #expect(right.longitudes.lowerBound == area.longitudes.upperBound)
      #expect(above.latitudes.lowerBound == area.latitudes.upperBound)
    }
  }

  @Test func theEdgesOfTheWorldHaveScores() {
    for longitude in [-180.0, 180.0] {
      for latitude in [-85.05112878, 85.05112878] {
        let place = GeoPoint(longitude: longitude, latitude: latitude)
        #expect(Geohash.isValid(place) && Geohash.score(place) < 1 << 54)
      }
    }
    for place in [
      GeoPoint(longitude: 180.1, latitude: 0), GeoPoint(longitude: 0, latitude: 85.1),
      GeoPoint(longitude: .nan, latitude: 0), GeoPoint(longitude: 0, latitude: .infinity),
    ] { #expect(!Geohash.isValid(place)) }
  }
}
