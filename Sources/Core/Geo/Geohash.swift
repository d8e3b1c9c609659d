/// A place on the earth as 52 bits, which a sorted set keeps as the score: near places have near
/// numbers, so that a box is a range of scores.
///
///     | latitude 26 bits, longitude 26 bits, interleaved: the lowest bit is latitude's |
///
/// A cell of `step` bits for each of the two is the range of all numbers that begin with its bits.
/// The arithmetic is Redis', operation by operation: scores are in files and on the wire, and must
/// be equal to the bit.
///
/// Source: the format of Redis' GEOADD; latitudes end where the Mercator projection of web maps
/// does.
package enum Geohash {
  package static let longitudes = -180.0...180.0
  package static let latitudes = -85.05112878...85.05112878
  /// The most bits of each coordinate: 52 in all is what a double holds exactly.
  package static let stepMax = 26

  /// A square of the earth: `bits` of `step` bits for each coordinate.
  package struct Cell: Equatable {
    package var bits: UInt64
    package var step: Int

    /// The scores of the places in it: from the first up to, not including, the second.
    package var scores: (UInt64, UInt64) {
      let unused = UInt64(2 * (Geohash.stepMax - step))
      return (bits << unused, (bits + 1) << unused)
    }
  }

  /// What a cell covers, in degrees.
  package struct Area: Equatable {
    package var longitudes: ClosedRange<Double>
    package var latitudes: ClosedRange<Double>
  }

  // MARK: Encoding

  package static func isValid(_ place: GeoPoint) -> Bool {
    longitudes.contains(place.longitude) && latitudes.contains(place.latitude)
  }

  /// The cell of a place in a world of these bounds. REQUIRES: the place lies in them.
  package static func encode(
    _ place: GeoPoint, step: Int, latitudes: ClosedRange<Double> = Geohash.latitudes
  ) -> Cell {
    let scale = Double(UInt64(1) << UInt64(step))
    let latitude = share(place.latitude, latitudes) * scale
    let longitude = share(place.longitude, longitudes) * scale
    return Cell(
      bits: interleave(UInt32(clamping: latitude), UInt32(clamping: longitude)), step: step)
  }

  /// The score of a place. REQUIRES: `isValid`.
  package static func score(_ place: GeoPoint) -> UInt64 { encode(place, step: stepMax).bits }

  private static func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }

  // MARK: Decoding

  package static func area(_ cell: Cell) -> Area {
    let (latitude, longitude) = deinterleave(cell.bits)
    let scale = Double(UInt64(1) << UInt64(cell.step))
    return Area(
      longitudes: range(longitude, scale, longitudes), latitudes: range(latitude, scale, latitudes))
  }

  private static func range(
    _ number: UInt32, _ scale: Double, _ world: ClosedRange<Double>
  ) -> ClosedRange<Double> {
    let width = world.upperBound - world.lowerBound
    let low = world.lowerBound + (Double(number) / scale) * width
    let high = world.lowerBound + ((Double(number) + 1) / scale) * width
    return low...high
  }

  /// The place that a score stands for: the middle of its cell, within the world.
  package static func place(score: UInt64) -> GeoPoint { place(grid(score)) }

  /// How many of the smallest cells lie south and west of the one of a score.
  @inline(__always)
  package static func grid(_ score: UInt64) -> (latitude: UInt32, longitude: UInt32) {
    let (latitude, longitude) = deinterleave(score)
    return (latitude, longitude)
  }

  @inline(__always)
  package static func place(_ grid: (latitude: UInt32, longitude: UInt32)) -> GeoPoint {
    GeoPoint(
      longitude: middle(grid.longitude, -180, 180),
      latitude: middle(grid.latitude, -85.05112878, 85.05112878))
  }

  /// As the middle of `range`, in the same operations.
  @inline(__always)
  private static func middle(_ number: UInt32, _ low: Double, _ high: Double) -> Double {
    let scale = Double(UInt64(1) << UInt64(stepMax))
    let first = low + (Double(number) / scale) * (high - low)
    let second = low + ((Double(number) + 1) / scale) * (high - low)
    return min(max((first + second) / 2, low), high)
  }

  /// The bits of any score, as C converts it on x86: a sorted set may hold what GEOADD never wrote.
  @inline(__always)
  package static func bits(ofScore score: Double) -> UInt64 {
    if score.magnitude < 0x1p63 { return UInt64(bitPattern: Int64(score)) }
    if score < 0 { return 1 << 63 }
    return score < 0x1p64 ? UInt64(score) : 0
  }

  // MARK: Bits

  /// Even bits from `low`, odd bits from `high`.
  private static func interleave(_ low: UInt32, _ high: UInt32) -> UInt64 {
    spread(low) | spread(high) << 1
  }

  @inline(__always)
  private static func deinterleave(_ bits: UInt64) -> (low: UInt32, high: UInt32) {
    (gather(bits), gather(bits >> 1))
  }

  /// The bits of `number` at the even places.
  @inline(__always)
  private static func spread(_ number: UInt32) -> UInt64 {
    var bits = UInt64(number)
    bits = (bits | bits << 16) & 0x0000_FFFF_0000_FFFF
    bits = (bits | bits << 8) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits << 4) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits << 2) & 0x3333_3333_3333_3333
    return (bits | bits << 1) & 0x5555_5555_5555_5555
  }

  @inline(__always)
  private static func gather(_ interleaved: UInt64) -> UInt32 {
    var bits = interleaved & 0x5555_5555_5555_5555
    bits = (bits | bits >> 1) & 0x3333_3333_3333_3333
    bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F
    bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF
    bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF
    return UInt32(truncatingIfNeeded: bits | bits >> 16)
  }

  /// The cell so many cells to the east and north, round the world.
  package static func neighbour(_ cell: Cell, east: Int, north: Int) -> Cell {
    let (latitude, longitude) = deinterleave(cell.bits)
    let mask = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(cell.step)) - 1)
    let moved = interleave(
      (latitude &+ UInt32(truncatingIfNeeded: north)) & mask,
      (longitude &+ UInt32(truncatingIfNeeded: east)) & mask)
    return Cell(bits: moved, step: cell.step)
  }

  // MARK: Text

  private static let alphabet = Array("0123456789bcdefghjkmnpqrstuvwxyz".utf8)
  private static let textCount = 11

  /// The eleven letters that GEOHASH answers: geohash.org's, whose latitudes reach the poles.
  /// The last stands for bits that 52 do not have, and is always 0.
  package static func text(score: UInt64) -> [UInt8] {
    let bits = encode(place(score: score), step: stepMax, latitudes: -90.0...90.0).bits
    return (0..<textCount).map { index in
      let unused = 2 * stepMax - 5 * (index + 1)
      return alphabet[unused >= 0 ? Int(bits >> UInt64(unused)) & 0x1F : 0]
    }
  }
}

/// Degrees.
package struct GeoPoint: Equatable {
  package var longitude: Double
  package var latitude: Double

  package init(longitude: Double, latitude: Double) {
    self.longitude = longitude
    self.latitude = latitude
  }
}

extension UInt32 {
  /// As C converts: towards zero. What does not fit becomes the nearest that does.
  fileprivate init(clamping value: Double) {
    self = value >= 4_294_967_295 ? .max : value > 0 ? UInt32(value) : 0
  }
}
