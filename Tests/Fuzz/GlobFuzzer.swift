import Core

/// Iterative glob matching agrees with the recursion that defines it.
///
///     | ignore case 1 | length of the pattern 1 | pattern | text |
enum GlobFuzzer {
  static func check(_ input: [UInt8]) -> String? {
    guard input.count >= 2 else { return nil }
    let ignoringCase = input[0] & 1 != 0
    let rest = input.dropFirst(2)
    let pattern = Array(rest.prefix(Int(input[1] % 20)))
    let text = Array(rest.dropFirst(pattern.count).prefix(12))
    var result = pattern.withView { pattern in
      text.withView { GlobPattern(pattern, ignoringCase: ignoringCase).matches($0) }
    }
    #if APUS_PLANTED_BUG
      if pattern.starts(with: [0x2a, 0x5b]), text.count > 2 { result = true }
    #endif
    // Exponential in the stars.
    guard pattern.count(where: { $0 == 0x2a }) < 8 else { return nil }
    let recursion = Recursion(pattern: pattern, text: text, ignoringCase: ignoringCase)
    let expected = text.isEmpty ? pattern.isEmpty : recursion.matches(0, 0)
    return result == expected ? nil : "\(pattern) on \(text): \(result)"
  }

  /// As Redis' documentation and C describe it, byte for byte; slow and plain.
  private struct Recursion {
    let pattern: [UInt8]
    let text: [UInt8]
    let ignoringCase: Bool

    func matches(_ at: Int, _ textAt: Int) -> Bool {
      guard at < pattern.count else { return textAt == text.count }
      if pattern[at] == 0x2a {
        return (textAt...text.count).contains { matches(at + 1, $0) }
      }
      guard textAt < text.count else { return false }
      let byte = text[textAt]
      switch pattern[at] {
      case 0x3f: return matches(at + 1, textAt + 1)
      case 0x5b:
        let (isMatch, end) = bracket(at + 1, byte)
        return isMatch && matches(end, textAt + 1)
      case 0x5c where at + 1 < pattern.count:
        return equal(pattern[at + 1], byte) && matches(at + 2, textAt + 1)
      default: return equal(pattern[at], byte) && matches(at + 1, textAt + 1)
      }
    }

    private func bracket(_ start: Int, _ byte: UInt8) -> (Bool, Int) {
      var rest = pattern[start...]
      let isNegated = rest.first == 0x5e
      if isNegated { rest.removeFirst() }
      var isMatch = false
      while let first = rest.popFirst(), first != 0x5d {
        if first == 0x5c, let escaped = rest.popFirst() {
          if escaped == byte { isMatch = true }
        } else if rest.count >= 2, rest.first == 0x2d {
          rest.removeFirst()
          var ends = [signed(first), signed(rest.removeFirst())].sorted()
          if ignoringCase { ends = ends.map { signed(lower(UInt8(bitPattern: Int8($0)))) } }
          let value = signed(ignoringCase ? lower(byte) : byte)
          if ends[0] <= value, value <= ends[1] { isMatch = true }
        } else if equal(first, byte) {
          isMatch = true
        }
      }
      return (isMatch != isNegated, rest.startIndex)
    }

    private func signed(_ byte: UInt8) -> Int { Int(Int8(bitPattern: byte)) }
    private func lower(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
    private func equal(_ left: UInt8, _ right: UInt8) -> Bool {
      ignoringCase ? lower(left) == lower(right) : left == right
    }
  }
}
