import Core
import Glibc

/// Geohashes agree with bits put together one by one, distances with vectors on a sphere.
///
///     | two places, each longitude 8, latitude 8 | step 1 |
enum GeoFuzzer {
  static func check(_ input: [UInt8]) -> String? {
    var reader = InputReader(input)
    let (first, second) = (place(&reader), place(&reader))
    let step = 1 + Int(reader.byte() % 26)
    for place in [first, second] where Geohash.isValid(place) != isInWorld(place) {
      return "\(place): valid is \(!isInWorld(place))"
    }
    guard isInWorld(first), isInWorld(second) else { return nil }
    return checkCell(first, step) ?? checkScore(first) ?? checkDistance(first, second)
  }

  /// Any double, or a fraction of `scale` when its bits are none that are likely.
  private static func number(_ reader: inout InputReader, _ scale: Double) -> Double {
    let bits = reader.word()
    let value = Double(bitPattern: bits)
    if bits & 3 == 0 { return value }
    return (Double(bits >> 11) / 9_007_199_254_740_992 * 2 - 1) * scale
  }

  private static func place(_ reader: inout InputReader) -> GeoPoint {
    GeoPoint(longitude: number(&reader, 180), latitude: number(&reader, 85.05112878))
  }

  private static func isInWorld(_ place: GeoPoint) -> Bool {
    abs(place.longitude) <= 180 && abs(place.latitude) <= 85.05112878
  }

  // MARK: Cells

  private static func bits(_ latitude: UInt64, _ longitude: UInt64, _ step: Int) -> UInt64 {
    (0..<step).reduce(0) { bits, index in
      bits | (latitude >> index & 1) << (2 * index) | (longitude >> index & 1) << (2 * index + 1)
    }
  }

  private static func coordinates(_ bits: UInt64) -> (latitude: UInt64, longitude: UInt64) {
    (0..<32).reduce((0, 0)) { found, index in
      (
        found.0 | (bits >> (2 * index) & 1) << index,
        found.1 | (bits >> (2 * index + 1) & 1) << index
      )
    }
  }

  private static func checkCell(_ place: GeoPoint, _ step: Int) -> String? {
    var cell = Geohash.encode(place, step: step)
    #if APUS_PLANTED_BUG
      if step == 7, place.longitude > 100 { cell.bits ^= 4 }
    #endif
    let scale = Double(UInt64(1) << step)
    let latitude = UInt64((place.latitude + 85.05112878) / (2 * 85.05112878) * scale)
    let longitude = UInt64((place.longitude + 180) / 360 * scale)
    // The far edge of the world has no cell of its own.
    guard latitude < UInt64(scale), longitude < UInt64(scale) else { return nil }
    if cell.bits != bits(latitude, longitude, step) { return "\(place), \(step): \(cell.bits)" }
    let area = Geohash.area(cell)
    guard isAbout(place.longitude, in: area.longitudes),
      isAbout(place.latitude, in: area.latitudes)
    else { return "\(place) is not in \(area)" }
    let (low, high) = cell.scores
    guard (low..<high).contains(Geohash.score(place)) else { return "\(place): score outside" }
    return checkNeighbours(cell)
  }

  private static func isAbout(_ value: Double, in range: ClosedRange<Double>) -> Bool {
    range.lowerBound - 1e-10 <= value && value <= range.upperBound + 1e-10
  }

  private static func checkNeighbours(_ cell: Geohash.Cell) -> String? {
    let (latitude, longitude) = coordinates(cell.bits)
    let count = UInt64(1) << cell.step
    for east in -2...2 {
      for north in -2...2 {
        let expected = bits(
          (latitude &+ UInt64(bitPattern: Int64(north))) % count,
          (longitude &+ UInt64(bitPattern: Int64(east))) % count, cell.step)
        let found = Geohash.neighbour(cell, east: east, north: north)
        if found.bits != expected || found.step != cell.step {
          return "\(cell), \(east) east, \(north) north: \(found)"
        }
      }
    }
    return nil
  }

  /// A score stands for a place that has this score, and for eleven letters.
  private static func checkScore(_ place: GeoPoint) -> String? {
    let score = Geohash.score(place)
    guard score < 1 << 52 else { return nil }
    let middle = Geohash.place(score: score)
    if !isInWorld(middle) || Geohash.score(middle) != score { return "\(score): \(middle)" }
    let letters = Array("0123456789bcdefghjkmnpqrstuvwxyz".utf8)
    let text = Geohash.text(score: score)
    guard text.count == 11, text.allSatisfy(letters.contains), text[10] == letters[0] else {
      return "\(score): \(text)"
    }
    return nil
  }

  // MARK: Distances

  private static let radius = 6_372_797.560856

  private static func vector(_ place: GeoPoint) -> (Double, Double, Double) {
    let (east, north) = (place.longitude * .pi / 180, place.latitude * .pi / 180)
    return (cos(north) * cos(east), cos(north) * sin(east), sin(north))
  }

  private static func checkDistance(_ first: GeoPoint, _ second: GeoPoint) -> String? {
    let found = GeoDistance.between(first, second)
    let (a, b) = (vector(first), vector(second))
    let (x, y, z) = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
    let expected = 2 * radius * asin(min((x * x + y * y + z * z).squareRoot() / 2, 1))
    // Both lose digits at the other side of the world.
    let slack = expected > 2e7 ? 1.0 : 1e-3
    guard abs(found - expected) <= slack, found == GeoDistance.between(second, first) else {
      return "\(first) to \(second): \(found), not \(expected)"
    }
    return nil
  }
}
