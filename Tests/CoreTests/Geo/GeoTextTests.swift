import Foundation
import Testing

@testable import Core

@Suite struct GeoTextTests {
  private static func text(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
    var buffer = [UInt8](repeating: 0, count: GeoText.maximumCount)
    let count = buffer.withUnsafeMutableBufferPointer { write($0.baseAddress!) }
    return String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  @Test(
    arguments: [
      (0, "0.0000"), (0.00004, "0.0000"), (0.00006, "0.0001"), (0.1, "0.1000"),
      (9.99999, "10.0000"),
      (166274.151561, "166274.1516"), (20_020_000.5, "20020000.5000"),
    ] as [(Double, String)])
  func distancesHaveFourDecimals(distance: Double, text: String) {
    #expect(Self.text { GeoText.write(distance: distance, to: $0) } == text)
  }

  @Test(
    arguments: [
      (0, "0"), (-0.0, "0"), (180, "180"), (-1e-18, "0"), (0.5, "0.5"),
      (1e-17, "0.00000000000000001"),
      (13.36138933897018433, "13.36138933897018433"), (-85.05112878, "-85.0511287799999991"),
      (.leastNonzeroMagnitude, "0"), (0.99999999999999999, "1"),
    ] as [(Double, String)])
  func coordinatesHaveUpToSeventeenDecimals(value: Double, text: String) {
    #expect(Self.text { GeoText.write(coordinate: value, to: $0) } == text)
  }

  @Test func coordinatesAreAsPrintfHasThem() {
    var random = SplitMixGenerator(seed: 17)
    for _ in 0..<20_000 {
      let size = Double(
        sign: .plus, exponent: Int.random(in: -70...7, using: &random), significand: 1)
      let value = Double.random(in: -size...size, using: &random)
      var expected = String(format: "%.17f", value)
      while expected.hasSuffix("0") { expected.removeLast() }
      if expected.hasSuffix(".") { expected.removeLast() }
      if expected == "-0" { expected = "0" }
      #expect(Self.text { GeoText.write(coordinate: value, to: $0) } == expected)
    }
  }
}
