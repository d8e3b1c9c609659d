/// Glob matching as in KEYS and SCAN: `*`, `?`, `[abc]`, `[^a-z]`, `\x`.
///
/// Every token but `*` takes exactly one byte, so a mismatch needs only the last star tried again
/// one byte further on: whatever an earlier star could take, the later one can. That makes the
/// match iterative and at worst O(text x pattern), where recursion over all stars is exponential in
/// their number and deep. Nothing is compiled or allocated.
///
/// Redis' corner cases are kept, since patterns are written against them:
/// - a bracket without an end reaches to the end of the pattern; `]` closes even an empty bracket;
/// - ranges may be reversed; their ends compare as signed bytes, as `char` is where Redis mostly
///   runs, and before letters are lowered;
/// - an escape inside brackets is exact even when letters are compared without case;
/// - an empty text matches the empty pattern only, not `*`.
package struct GlobPattern {
  private let pattern: ByteView
  private let ignoringCase: Bool

  /// Borrows `pattern`, which has to outlive the value.
  package init(_ pattern: ByteView, ignoringCase: Bool = false) {
    self.pattern = pattern
    self.ignoringCase = ignoringCase
  }

  /// Whether the pattern is a lone star, which callers treat as "everything".
  package var isLoneStar: Bool { pattern.count == 1 && pattern[0] == UInt8(ascii: "*") }

  package func matches(_ text: ByteView) -> Bool {
    guard !text.isEmpty else { return pattern.isEmpty }
    var at = 0
    var textAt = 0
    // Where to resume when the tokens behind the last star fail.
    var afterStar = -1
    var starTakesUpTo = 0
    while textAt < text.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        at &+= 1
        if at == pattern.count { return true }
        afterStar = at
        starTakesUpTo = textAt
      } else if at < pattern.count, let next = matchToken(at, text[textAt]) {
        at = next
        textAt &+= 1
      } else {
        guard afterStar >= 0 else { return false }
        starTakesUpTo &+= 1
        textAt = starTakesUpTo
        at = afterStar
      }
    }
    while at < pattern.count, pattern[at] == UInt8(ascii: "*") { at &+= 1 }
    return at == pattern.count
  }

  /// The place behind the token at `start` if the token takes `byte`. REQUIRES: start < count.
  @inline(__always)
  private func matchToken(_ start: Int, _ byte: UInt8) -> Int? {
    switch pattern[start] {
    case UInt8(ascii: "?"): return start &+ 1
    case UInt8(ascii: "["): return matchBracket(start &+ 1, byte)
    case UInt8(ascii: "\\") where start &+ 1 < pattern.count:
      return equal(pattern[start &+ 1], byte) ? start &+ 2 : nil
    default: return equal(pattern[start], byte) ? start &+ 1 : nil
    }
  }

  private func matchBracket(_ start: Int, _ byte: UInt8) -> Int? {
    let count = pattern.count
    var at = start
    let negated = at < count && pattern[at] == UInt8(ascii: "^")
    if negated { at &+= 1 }
    var found = false
    while at < count, pattern[at] != UInt8(ascii: "]") {
      if pattern[at] == UInt8(ascii: "\\"), at &+ 1 < count {
        found = found || pattern[at &+ 1] == byte
        at &+= 2
      } else if at &+ 2 < count, pattern[at &+ 1] == UInt8(ascii: "-") {
        found = found || isInRange(byte, pattern[at], pattern[at &+ 2])
        at &+= 3
      } else {
        found = found || equal(pattern[at], byte)
        at &+= 1
      }
    }
    guard found != negated else { return nil }
    return at < count ? at &+ 1 : count
  }

  private func isInRange(_ byte: UInt8, _ first: UInt8, _ last: UInt8) -> Bool {
    let low = min(Int8(bitPattern: first), Int8(bitPattern: last))
    let high = max(Int8(bitPattern: first), Int8(bitPattern: last))
    guard ignoringCase else { return (low...high).contains(Int8(bitPattern: byte)) }
    let lowered = Int8(bitPattern: lowercase(byte))
    return lowered >= Int8(bitPattern: lowercase(UInt8(bitPattern: low)))
      && lowered <= Int8(bitPattern: lowercase(UInt8(bitPattern: high)))
  }

  @inline(__always)
  private func equal(_ left: UInt8, _ right: UInt8) -> Bool {
    left == right || (ignoringCase && lowercase(left) == lowercase(right))
  }

  @inline(__always)
  private func lowercase(_ byte: UInt8) -> UInt8 {
    byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
  }
}
