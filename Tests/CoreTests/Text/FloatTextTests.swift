import Testing

@testable import Core

@Suite struct FloatTextTests {
  private func parse(_ text: String) -> Double? { Array(text.utf8).withView { $0.parseDouble() } }

  private func text(_ room: Int, _ body: (UnsafeMutablePointer<UInt8>) -> Int) -> String {
    var bytes = [UInt8](repeating: 0, count: room)
    let count = bytes.withUnsafeMutableBufferPointer { $0.baseAddress.map(body) ?? 0 }
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private func shortest(_ value: Double) -> String {
    text(FloatText.maximumCount) { FloatText.write(value, to: $0) }
  }

  private func sum(_ first: String, _ second: String) -> (String, FloatText.Sum) {
    var outcome = FloatText.Sum.notFinite
    let text = text(FloatText.maximumSumCount) { target in
      Array(first.utf8).withView { first in
        Array(second.utf8).withView { second in
          outcome = FloatText.add(first, second, to: target)
          if case .written(let count) = outcome { return count }
          return 0
        }
      }
    }
    return (text, outcome)
  }

  // Taken from ZSCORE of Valkey 9.1 and Redis 8.2.
  static let scores: [(Double, String)] = [
    (0.1, "0.1"), (0.2, "0.2"),
    (1e21, "1e+21"), (3, "3"), (1e100, "1e+100"),
    (1e17, "100000000000000000"), (1e16, "10000000000000000"),
    (4_611_686_018_427_387_904, "4611686018427387904"),
    (4_611_686_018_427_388_928, "4611686018427389000"),
    (9_223_372_036_854_775_808, "9223372036854776000"),
    (0.00001, "0.00001"),
    (0.0000123, "1.23e-5"),
    (0.000001, "0.000001"), (1.5e-6, "1.5e-6"),
    (1e-300, "1e-300"), (-1.5, "-1.5"),
    (3.14159265358979, "3.14159265358979"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (2.2250738585072014e-308, "2.2250738585072014e-308"),
    (.leastNonzeroMagnitude, "5e-324"), (1e20, "1e+20"),
    // Here Grisu2 does not find the shortest text, and neither do they.
    (1e23, "99999999999999990000000"),
    (8.41e21, "8409999999999999000000"),
    (1234567.125, "1234567.125"),
    (123456789.123456789, "1.2345678912345679e+8"),
    (2.98023223876953125e-8, "2.9802322387695313e-8"),
    (1.1e-5, "0.000011"), (0, "0"), (-0.0, "-0"),
    (.infinity, "inf"), (-.infinity, "-inf"), (.nan, "nan"),
  ]

  @Test(arguments: scores) func writesAsTheServersDo(_ score: (Double, String)) {
    #expect(shortest(score.0) == score.1)
  }

  @Test func readsBackWhatItWrites() {
    var generator = SystemRandomNumberGenerator()
    for round in 0..<50_000 {
      var value = Double(bitPattern: generator.next())
      if round % 2 == 0 { value = Double(Int64.random(in: -1_000_000...1_000_000)) / 1000 }
      guard value.isFinite else { continue }
      let text = shortest(value)
      #expect(text.utf8.count <= 25)
      #expect(parse(text)?.bitPattern == value.bitPattern, "\(value) became \(text)")
      #expect(parse(value.description)?.bitPattern == value.bitPattern)
    }
  }

  @Test func readsBackEveryPowerOfTwo() {
    for exponent in -1074...1023 {
      let value = Double(sign: .plus, exponent: exponent, significand: 1)
      for near in [value.nextDown, value, value.nextUp, -value] {
        #expect(parse(shortest(near))?.bitPattern == near.bitPattern)
      }
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("1.", 1), (".5", 0.5), ("+5", 5), ("0x10", 16), ("0x1p-2", 0.25), ("1e5", 1e5),
      ("1E+5", 1e5), ("inf", .infinity), ("-Infinity", -.infinity),
      ("1e-320", Double(bitPattern: 2024)),
      ("00012", 12), ("9007199254740993", 9_007_199_254_740_992), ("1e22", 1e22), ("1e23", 1e23),
      ("123456789012345678901234567890", 1.2345678901234568e29), ("0.000e400", 0), ("-0", -0.0),
      ("179769313486231570000e288", 1.7976931348623157e308), ("1e0022", 1e22), ("3e-22", 3e-22),
    ] as [(String, Double)])
  func reads(_ sample: (String, Double)) {
    #expect(parse(sample.0)?.bitPattern == sample.1.bitPattern)
  }

  @Test(arguments: [
    "", " 1", "1 ", "\t1", "1x", "nan", "-nan", "nan(1)", "1e400", "-1e400", "1e-400", "1\u{0}",
    "1\u{0}2", "\u{0}", ".", "e5", "1e", "1e+", "--1", "+-1", "0x", "1,5", "infx", "1e5.0",
  ])
  func refuses(_ text: String) {
    #expect(parse(text) == nil)
  }

  @Test func refusesWhatIsTooLong() {
    let zeros = String(repeating: "0", count: 5118)
    #expect(parse(zeros + "7") == 7)
    #expect(parse(zeros + "77") == nil)
    #expect(sum(zeros + "7", "1").0 == "8")
    #expect(sum(zeros + "77", "1").1 == .firstIsNotFloat)
    #expect(sum("1", zeros + "77").1 == .secondIsNotFloat)
  }

  // Taken from INCRBYFLOAT of Redis 7.0.
  @Test(arguments: [
    ("0", "0.1", "0.1"), ("0.1", "0.2", "0.3"), ("3.0", "1.1", "4.1"),
    ("1e20", "1", "100000000000000000000"), ("-0.0", "-0.0", "0"), ("-1e-20", "0", "0"),
    ("5e3", "2.0e2", "5200"), ("0x10", "1", "17"), ("1e-4940", "1", "1"), ("+1", "1", "2"),
    ("10.50", "0.1", "10.6"), ("1e400", "-1e400", "0"), (".5", "5.", "5.5"), ("-1.5", "0", "-1.5"),
    ("100", "0", "100"),
  ])
  func adds(_ sample: (String, String, String)) {
    #expect(sum(sample.0, sample.1).0 == sample.2)
  }

  @Test func sumsFillTheWholeRoom() {
    let text = sum("1e4931", "-0.5").0
    #expect(text.utf8.count == 4932)
    #expect(text.hasPrefix("1000000000000000000"))
  }

  @Test(
    arguments: [
      (" 1", "1", .firstIsNotFloat), ("1 ", "1", .firstIsNotFloat), ("nan", "1", .firstIsNotFloat),
      ("", "1", .firstIsNotFloat), ("1\u{0}", "1", .firstIsNotFloat),
      ("1", "abc", .secondIsNotFloat),
      ("1e-5000", "1", .firstIsNotFloat), ("1e5000", "0", .firstIsNotFloat),
      ("inf", "0", .notFinite), ("1", "-infinity", .notFinite), ("-inf", "inf", .notFinite),
      ("1e4932", "1e4932", .notFinite), ("1", "nan(3)", .secondIsNotFloat),
    ] as [(String, String, FloatText.Sum)])
  func refusesToAdd(_ sample: (String, String, FloatText.Sum)) {
    #expect(sum(sample.0, sample.1).1 == sample.2)
  }
}
