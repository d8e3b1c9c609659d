import Core

/// Numbers from and to text.
enum NumberWorkloads {
  static let all = [
    Workload("Integer: parse, 1 to 8 digits", working) { _ in parsing(integers(digits: 1...8)) },
    Workload("Integer: parse, 19 digits", working) { _ in parsing(integers(digits: 19...19)) },
    Workload("Integer: print, 1 to 8 digits", working) { _ in printing(integers(digits: 1...8)) },
    Workload("Integer: print, 19 digits", working) { _ in printing(integers(digits: 19...19)) },
    Workload("Double: parse, 2 decimals", working) { _ in parsing(prices) },
    Workload("Double: parse, 17 digits", working) { _ in parsing(fractions) },
    Workload("Double: print, 2 decimals", working) { _ in printing(prices) },
    Workload("Double: print, 17 digits", working) { _ in printing(fractions) },
    Workload("Double: INCRBYFLOAT's sum", working) { _ in adding(prices) },
  ]

  private static let working = "1024 numbers, 8 to 40 KB"

  private static func integers(digits: ClosedRange<Int>) -> [Int64] {
    var random = RepeatableRandom(seed: 1)
    return (0..<1024).map { _ in
      let count = Int.random(in: digits, using: &random)
      let least = Int64((0..<(count - 1)).reduce(1) { power, _ in power * 10 })
      let greatest = least > Int64.max / 10 ? Int64.max : least * 10 - 1
      return Int64.random(in: least...greatest, using: &random)
    }
  }

  private static var prices: [Double] {
    var random = RepeatableRandom(seed: 2)
    return (0..<1024).map { _ in Double(Int.random(in: 100...999_999, using: &random)) / 100 }
  }

  private static var fractions: [Double] {
    var random = RepeatableRandom(seed: 3)
    return (0..<1024).map { _ in Double.random(in: 0..<1, using: &random) }
  }

  private static func parsing(_ values: [Int64]) -> PreparedWorkload {
    let texts = Texts(values.map { Array("\($0)".utf8) })
    return PreparedWorkload { count in
      var sum: Int64 = 0
      for index in 0..<count { sum &+= texts[index].parseInteger() ?? 0 }
      return Int(sum)
    } returns: { count in
      (0..<count).reduce(0) { $0 &+ Int(values[$1 & 1023]) }
    }
  }

  private static func printing(_ values: [Int64]) -> PreparedWorkload {
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: IntegerText.maximumCount)
    return PreparedWorkload { count in
      values.withUnsafeBufferPointer { values in
        (0..<count).reduce(0) { $0 &+ IntegerText.write(values[$1 & 1023], to: target) }
      }
    } returns: { count in
      (0..<count).reduce(0) { $0 + "\(values[$1 & 1023])".utf8.count }
    }
  }

  private static func parsing(_ values: [Double]) -> PreparedWorkload {
    let texts = Texts(values.map { Array("\($0)".utf8) })
    return PreparedWorkload { count in
      var sum = 0.0
      for index in 0..<count { sum += texts[index].parseDouble() ?? 0 }
      return Int(truncatingIfNeeded: sum.bitPattern)
    } returns: { count in
      // Added in the same order, so that it is the same sum to the last bit.
      let sum = (0..<count).reduce(0.0) { $0 + values[$1 & 1023] }
      return Int(truncatingIfNeeded: sum.bitPattern)
    }
  }

  private static func printing(_ values: [Double]) -> PreparedWorkload {
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: FloatText.maximumCount)
    return PreparedWorkload { count in
      values.withUnsafeBufferPointer { values in
        (0..<count).reduce(0) { $0 &+ FloatText.write(values[$1 & 1023], to: target) }
      }
    } isRight: { count, result in
      // Swift prints as few digits; integers and exponents look another way.
      let digits = (0..<count).reduce(0) { $0 + "\(values[$1 & 1023])".utf8.count }
      return abs(result - digits) <= digits / 20
    }
  }

  private static func adding(_ values: [Double]) -> PreparedWorkload {
    let texts = Texts(values.map { Array("\($0)".utf8) })
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: FloatText.maximumSumCount)
    return PreparedWorkload { count in
      var written = 0
      for index in 0..<count {
        guard case .written = FloatText.add(texts[index], texts[index &+ 1], to: target) else {
          return 0
        }
        written &+= 1
      }
      return written
    } isRight: { count, result in
      let last = ByteView(target, count: 3).slice(0, 3)
      let sum = values[(count - 1) & 1023] + values[count & 1023]
      return result == count && "\(sum)".utf8.starts(with: Array(last))
    }
  }
}
