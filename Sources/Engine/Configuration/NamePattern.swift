/// A glob over parameter names, letters compared without case: `*`, `?`, `[a-z]`, `[^a]`, `\`.
///
/// Matching remembers only the last star, so that no pattern costs more than its length times the
/// name's: the recursive matcher takes exponential time on `*a*a*a*b`.
struct NamePattern {
  private enum Step {
    case any
    case one
    case set([ClosedRange<UInt8>], isNegated: Bool)
    case byte(UInt8)
  }

  private var steps: [Step] = []

  /// Whether `pattern` is a glob; otherwise it names one parameter, which may be a hidden one.
  static func isGlob(_ pattern: [UInt8]) -> Bool {
    pattern.contains(where: "*?[".utf8.contains)
  }

  init(_ pattern: [UInt8]) {
    var rest = ConfigurationText.lowercased(pattern)[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): steps.append(.any)
      case UInt8(ascii: "?"): steps.append(.one)
      case UInt8(ascii: "["): steps.append(Self.set(from: &rest))
      case UInt8(ascii: "\\"): steps.append(.byte(rest.popFirst() ?? byte))
      default: steps.append(.byte(byte))
      }
    }
  }

  func matches(_ name: String) -> Bool {
    let name = Array(name.utf8)
    var step = 0
    var position = 0
    var retry: (step: Int, position: Int)?
    while position < name.count {
      if step < steps.count, case .any = steps[step] {
        step += 1
        retry = (step, position)
      } else if step < steps.count, Self.accepts(steps[step], name[position]) {
        step += 1
        position += 1
      } else if let last = retry {
        step = last.step
        position = last.position + 1
        retry = (step, position)
      } else {
        return false
      }
    }
    return steps[step...].allSatisfy { if case .any = $0 { true } else { false } }
  }

  private static func accepts(_ step: Step, _ byte: UInt8) -> Bool {
    switch step {
    case .any, .one: return true
    case .byte(let wanted): return byte == wanted
    case .set(let ranges, let isNegated):
      return ranges.contains { $0.contains(byte) } != isNegated
    }
  }

  /// The rest of a set after its `[`. A set that is not closed ends with the pattern.
  private static func set(from rest: inout ArraySlice<UInt8>) -> Step {
    var ranges: [ClosedRange<UInt8>] = []
    let isNegated = rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    while let byte = rest.popFirst(), byte != UInt8(ascii: "]") {
      if byte == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
        ranges.append(escaped...escaped)
      } else if rest.count >= 2, rest.first == UInt8(ascii: "-") {
        rest.removeFirst()
        let end = rest.removeFirst()
        ranges.append(min(byte, end)...max(byte, end))
      } else {
        ranges.append(byte...byte)
      }
    }
    return .set(ranges, isNegated: isNegated)
  }
}
