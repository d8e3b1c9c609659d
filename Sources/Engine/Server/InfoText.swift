import Core

/// INFO's text while it is written: sections of `name:value` lines.
struct InfoText {
  private(set) var bytes: [UInt8] = []

  mutating func section(_ title: String) {
    if !bytes.isEmpty { append("\r\n") }
    append("# \(title)\r\n")
  }

  mutating func field(_ name: String, _ value: String) {
    append("\(name):\(value)\r\n")
  }

  mutating func field<Number: BinaryInteger>(_ name: String, _ value: Number) {
    field(name, String(value))
  }

  mutating func fields(_ constants: KeyValuePairs<String, String>) {
    for (name, value) in constants { field(name, value) }
  }

  /// A number of bytes, plain and for people.
  mutating func bytes(_ name: String, _ count: Int) {
    field(name, count)
    field(name + "_human", NumberText.bytes(count))
  }

  private mutating func append(_ text: String) { bytes += Array(text.utf8) }
}

/// Numbers as INFO prints them.
enum NumberText {
  /// With so many decimals, rounded. A quotient whose divisor is zero is 0.
  static func fixed(_ value: Double, _ decimals: Int) -> String {
    let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    guard value.isFinite, value.magnitude < 9e18 / scale else { return fixed(0, decimals) }
    let scaled = Int64((value * scale).rounded(.toNearestOrEven))
    let magnitude = String(scaled.magnitude)
    let padding = String(repeating: "0", count: max(0, decimals + 1 - magnitude.utf8.count))
    let digits = padding + magnitude
    let sign = scaled < 0 ? "-" : ""
    if decimals == 0 { return sign + digits }
    return "\(sign)\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
  }

  /// The shortest text that reads back as the same number.
  static func shortest(_ value: Double) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: FloatText.maximumCount) { buffer, count in
      if let base = buffer.baseAddress { count = FloatText.write(value, to: base) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Bytes for people: `512B`, `1.50K`, `2.00G`.
  static func bytes(_ count: Int) -> String {
    if count < 1024 { return "\(count)B" }
    var value = Double(count) / 1024
    for unit in ["K", "M", "G", "T"] {
      if value < 1024 { return fixed(value, 2) + unit }
      value /= 1024
    }
    return fixed(value, 2) + "P"
  }

  static func ratio(_ part: Int, _ whole: Int) -> Double {
    whole == 0 ? 0 : Double(part) / Double(whole)
  }
}
