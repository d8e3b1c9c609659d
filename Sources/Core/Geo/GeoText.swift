import Glibc

/// Distances and coordinates as Redis prints them.
package enum GeoText {
  /// Room that both need.
  package static let maximumCount = 48

  /// Writes a distance with four decimals; returns the number of bytes.
  package static func write(
    distance: Double, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    let scaled = (distance * 10_000).rounded(.toNearestOrEven)
    // No distance on the earth is as long, in no unit.
    guard scaled.magnitude < 0x1p62 else { return FloatText.write(distance, to: target) }
    let number = UInt64(scaled.magnitude)
    let count = IntegerText.write(number / 10_000, to: target)
    target[count] = UInt8(ascii: ".")
    writeDigits(number % 10_000, 4, to: target + count + 1)
    return count + 5
  }

  /// Writes a coordinate with up to 17 decimals, exact to the last; returns the number of bytes.
  package static func write(
    coordinate: Double, to target: UnsafeMutablePointer<UInt8>
  ) -> Int {
    // Degrees: 180 at most. Beyond, the shortest text is as good.
    guard coordinate.magnitude < 1024 else { return FloatText.write(coordinate, to: target) }
    let (units, decimals) = rounded(coordinate.magnitude)
    var count = 0
    if coordinate < 0, units > 0 || decimals > 0 {
      target[0] = UInt8(ascii: "-")
      count = 1
    }
    count += IntegerText.write(units, to: target + count)
    if decimals == 0 { return count }
    target[count] = UInt8(ascii: ".")
    writeDigits(decimals, 17, to: target + count + 1)
    count += 18
    while target[count - 1] == UInt8(ascii: "0") { count -= 1 }
    return count
  }

  /// Two coordinates of any size with six decimals each, for error messages.
  package static func pair(_ place: GeoPoint) -> [UInt8] {
    // The largest double has 309 digits before its decimals.
    var text = [CChar](repeating: 0, count: 640)
    let count = withVaList([place.longitude, place.latitude]) {
      vsnprintf(&text, text.count, "%f,%f", $0)
    }
    return text.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }
  }

  /// The whole part and 17 decimals, rounded to the nearest, or to even.
  private static func rounded(_ value: Double) -> (units: UInt64, decimals: UInt64) {
    let one: UInt64 = 100_000_000_000_000_000
    let units = value.rounded(.towardZero)
    let fraction = value - units
    if fraction == 0 { return (UInt64(units), 0) }
    // fraction = significand / 2^shift, and 53 bits times 57 are 110.
    let shift = 52 - Int(fraction.exponent)
    guard shift <= 110 else { return (UInt64(units), 0) }
    let significand = UInt64(fraction.significand * 0x1p52)
    let product = UInt128(significand) * UInt128(one)
    var decimals = UInt64(product >> UInt128(shift))
    let rest = product & (UInt128(1) << UInt128(shift) - 1)
    let half = UInt128(1) << UInt128(shift - 1)
    if rest > half || (rest == half && decimals & 1 == 1) { decimals += 1 }
    return decimals == one ? (UInt64(units) + 1, 0) : (UInt64(units), decimals)
  }

  /// Writes so many digits of a number, zeros in front.
  private static func writeDigits(
    _ number: UInt64, _ count: Int, to target: UnsafeMutablePointer<UInt8>
  ) {
    var rest = number
    for index in (0..<count).reversed() {
      target[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}

extension ReplyWriter {
  /// A distance as a bulk string.
  package func bulk(distance: Double) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: GeoText.maximumCount) { buffer in
      let text = buffer.baseAddress.unsafelyUnwrapped
      bulk(ByteView(text, count: GeoText.write(distance: distance, to: text)))
    }
  }

  /// A pair of longitude and latitude.
  package func place(_ place: GeoPoint) {
    array(2)
    coordinate(place.longitude)
    coordinate(place.latitude)
  }

  private func coordinate(_ value: Double) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: GeoText.maximumCount) { buffer in
      let text = buffer.baseAddress.unsafelyUnwrapped
      double(text: ByteView(text, count: GeoText.write(coordinate: value, to: text)))
    }
  }
}
