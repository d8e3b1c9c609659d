/// How each kind of value is read. The texts are Redis'; programs match them.
enum ParameterGrammar {
  static func boolean(_ word: [UInt8]) throws(ParameterError) -> Bool {
    switch ConfigurationText.lowercased(word) {
    case Array("yes".utf8): return true
    case Array("no".utf8): return false
    default: throw ParameterError("argument must be 'yes' or 'no'")
    }
  }

  /// A number in the notation and within the bounds of `kind`.
  static func number(_ word: [UInt8], _ kind: ParameterKind) throws(ParameterError) -> Int128 {
    switch kind {
    case .integer(let bounds):
      guard let value = integer(word) else {
        throw ParameterError("argument couldn't be parsed into an integer")
      }
      return try within(bounds, value)
    case .memory(let bounds):
      guard let value = memory(word) else {
        throw ParameterError("argument must be a memory value")
      }
      return try within(bounds, value)
    case .memoryOrPercent(let bounds):
      guard let value = memory(word) ?? percent(word).map({ -$0 }) else {
        throw ParameterError("argument must be a memory or percent value")
      }
      if value < bounds.lowerBound {
        throw ParameterError("percentage argument must be less or equal to \(-bounds.lowerBound)")
      }
      return try within(bounds, value)
    case .octal(let bounds):
      guard let value = Int64(String(decoding: word, as: UTF8.self), radix: 8) else {
        throw ParameterError("argument couldn't be parsed as an octal number")
      }
      return try within(bounds, Int128(value), radix: 8)
    default: throw ParameterError("argument couldn't be parsed into an integer")
    }
  }

  private static func within(
    _ bounds: ClosedRange<Int128>, _ value: Int128, radix: Int = 10
  ) throws(ParameterError) -> Int128 {
    guard bounds.contains(value) else {
      let low = String(bounds.lowerBound, radix: radix)
      let high = String(bounds.upperBound, radix: radix)
      throw ParameterError("argument must be between \(low) and \(high) inclusive")
    }
    return value
  }

  /// A decimal number in its one canonical form: no sign but minus, no leading zeros, no blanks.
  static func integer(_ word: [UInt8]) -> Int128? {
    guard let value = Int64(String(decoding: word, as: UTF8.self)),
      Array(String(value).utf8) == word
    else { return nil }
    return Int128(value)
  }

  /// Bytes with an optional unit. Unlike in Redis a number beyond 64 bits is no number at all,
  /// rather than whatever is left of it after it wrapped around.
  static func memory(_ word: [UInt8]) -> Int128? {
    let digits = word.prefix { (0x30...0x39).contains($0) }
    let unit = String(decoding: ConfigurationText.lowercased(word[digits.count...]), as: UTF8.self)
    let factors: [String: UInt64] = [
      "": 1, "b": 1, "k": 1000, "kb": 1 << 10, "m": 1_000_000, "mb": 1 << 20,
      "g": 1_000_000_000, "gb": 1 << 30,
    ]
    let number = digits.isEmpty ? 0 : UInt64(String(decoding: digits, as: UTF8.self))
    guard let factor = factors[unit], let number else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : Int128(bytes)
  }

  private static func percent(_ word: [UInt8]) -> Int128? {
    guard word.count > 1, word.last == UInt8(ascii: "%") else { return nil }
    return integer(Array(word.dropLast())).flatMap { $0 >= 0 ? $0 : nil }
  }

  /// The names among `names` that `words` choose, in the order of `names`. The first name stands
  /// for none and disappears beside others.
  static func choice(_ words: [[UInt8]], _ names: [String]) throws(ParameterError) -> [String] {
    var chosen = Set(
      words.map { String(decoding: ConfigurationText.lowercased($0), as: UTF8.self) })
    guard !chosen.isEmpty, chosen.isSubset(of: names) else {
      let list = names.joined(separator: ", ")
      throw ParameterError("argument(s) must be one of the following: \(list)")
    }
    if chosen.count > 1 { chosen.remove(names[0]) }
    return names.filter(chosen.contains)
  }
}
