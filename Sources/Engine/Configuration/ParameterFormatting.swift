import Glibc

// Values to words: what CONFIG GET answers and what CONFIG REWRITE writes.
extension ParameterKind {
  /// The value as CONFIG GET answers it; CONFIG SET takes the same text back.
  func text(of value: ParameterValue) -> [UInt8] {
    switch value {
    case .boolean(let isOn): Array((isOn ? "yes" : "no").utf8)
    case .integer(let number): integer(number)
    case .choice(let name): Array(name.utf8)
    case .choices(let names): Array(names.joined(separator: " ").utf8)
    case .text(let text): text
    case .savePoints(let points):
      Self.joined(points.flatMap { [$0.seconds, $0.changes] }.map { String($0) })
    case .addresses(let addresses): Array(addresses.joined(separator: " ".utf8))
    case .outputBufferLimits(let limits):
      Self.joined(
        [("normal", limits.normal), ("slave", limits.replica), ("pubsub", limits.pubsub)].map {
          "\($0) \($1.hardBytes) \($1.softBytes) \($1.softSeconds)"
        })
    case .integers(let numbers): Self.joined(numbers.map { String($0) })
    case .percentiles(let numbers): Self.joined(numbers.map(Self.shortest))
    case .keyspaceEvents(let events): events.text
    }
  }

  private func integer(_ number: Int128) -> [UInt8] {
    switch self {
    case .octal: Array(String(number, radix: 8).utf8)
    case .memoryOrPercent where number < 0: Array("\(-number)%".utf8)
    default: Array(String(number).utf8)
    }
  }

  private static func joined(_ words: [String]) -> [UInt8] {
    Array(words.joined(separator: " ").utf8)
  }

  /// A number as C's `%g` prints it: six digits, no trailing zeros.
  private static func shortest(_ number: Double) -> String {
    var buffer = [CChar](repeating: 0, count: 32)
    let count = withVaList([number]) { vsnprintf(&buffer, buffer.count, "%g", $0) }
    return String(
      decoding: buffer.prefix(max(0, Int(count))).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Parameter {
  /// The lines, without the parameter's name, that give `value` back when loaded. A line that
  /// may be left out where the file does not have it, because it says no more than the default,
  /// is optional. No lines at all mean that the file should have none.
  func lines(for value: ParameterValue) -> [(words: [UInt8], isOptional: Bool)] {
    let isDefault = value == initial
    switch (kind, value) {
    case (.savePoints, .savePoints(let points)):
      if points.isEmpty { return [(Array("\"\"".utf8), false)] }
      return points.map { (Array("\($0.seconds) \($0.changes)".utf8), false) }
    case (.addresses, .addresses(let addresses)):
      if isDefault { return [] }
      return [(addresses.isEmpty ? Array("\"\"".utf8) : kind.text(of: value), false)]
    case (.outputBufferLimits, .outputBufferLimits(let limits)): return Self.lines(for: limits)
    case (.memory, .integer(let bytes)): return [(Self.withUnit(bytes), isDefault)]
    case (.memoryOrPercent, .integer(let bytes)) where bytes >= 0:
      return [(Self.withUnit(bytes), isDefault)]
    case (.text, .text(let text)), (.directory, .text(let text)), (.replicaOf, .text(let text)):
      if text.isEmpty && isDefault { return [] }
      return [(ConfigurationText.quoted(text), isDefault)]
    case (.percentiles, .percentiles(let numbers)) where numbers.isEmpty:
      return [(Array("\"\"".utf8), isDefault)]
    case (.keyspaceEvents, _):
      return [(ConfigurationText.quoted(kind.text(of: value)), isDefault)]
    default: return [(kind.text(of: value), isDefault)]
    }
  }

  private static func lines(
    for limits: OutputBufferLimits
  ) -> [(words: [UInt8], isOptional: Bool)] {
    let initial = OutputBufferLimits.redisDefault
    let classes = [
      ("normal", limits.normal, initial.normal), ("replica", limits.replica, initial.replica),
      ("pubsub", limits.pubsub, initial.pubsub),
    ]
    return classes.map { name, limit, initial in
      let words: [[UInt8]] = [
        Array(name.utf8), withUnit(Int128(limit.hardBytes)), withUnit(Int128(limit.softBytes)),
        Array(String(limit.softSeconds).utf8),
      ]
      return (Array(words.joined(separator: " ".utf8)), limit == initial)
    }
  }

  /// A number of bytes in the largest unit that divides it.
  private static func withUnit(_ bytes: Int128) -> [UInt8] {
    let units: [(String, Int128)] = [("gb", 1 << 30), ("mb", 1 << 20), ("kb", 1 << 10)]
    if bytes != 0, let (unit, size) = units.first(where: { bytes.isMultiple(of: $0.1) }) {
      return Array("\(bytes / size)\(unit)".utf8)
    }
    return Array(String(bytes).utf8)
  }
}
