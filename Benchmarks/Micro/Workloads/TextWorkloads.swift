import Core

/// Glob patterns, and the longest common subsequence.
enum TextWorkloads {
  static let all = [
    Workload("Glob: key:*", "64 keys, half of them match") { _ in
      matching("key:*") { $0 % 2 == 0 ? "key:00000000\($0 % 10)" : "other:000000\($0 % 10)" }
    },
    Workload("Glob: user:*:name", "64 keys, half of them match") { _ in
      matching("user:*:name") { "user:\(1000 + $0)\($0 % 2 == 0 ? ":name" : ":mail")" }
    },
    Workload("Glob: [uv]ser:?[0-9]*", "64 keys, half of them match") { _ in
      matching("[uv]ser:?[0-9]*") { "\($0 % 2 == 0 ? "user" : "User"):\(1000 + $0)" }
    },
    Workload("Glob: a*a*a*a*a*a*a*b, adversarial", "64 texts of 64 bytes", .thousand) { _ in
      let text = String(repeating: "a", count: 63)
      return matching("a*a*a*a*a*a*a*b") { text + ($0 % 2 == 0 ? "b" : "a") }
    },
    Workload("LCS: length, 1000 by 1000 bytes", "2 texts, 10 KB of masks", .thousand) { _ in
      comparing(lengthOnly: true)
    },
    Workload("LCS: with text, 1000 by 1000 bytes", "2 texts, 140 KB of columns", .thousand) { _ in
      comparing(lengthOnly: false)
    },
  ]

  /// REQUIRES: the texts with even numbers match.
  private static func matching(_ pattern: StaticString, _ text: (Int) -> String) -> PreparedWorkload
  {
    let texts = Texts(64, text)
    return PreparedWorkload { count in
      let glob = GlobPattern(ByteView(pattern))
      var matches = 0
      for index in 0..<count where glob.matches(texts[index]) { matches &+= 1 }
      return matches
    } returns: {
      ($0 + 1) / 2
    }
  }

  private static func comparing(lengthOnly: Bool) -> PreparedWorkload {
    let texts = [letters(seed: 6), letters(seed: 7)]
    let (first, second) = (permanent(texts[0]), permanent(texts[1]))
    let expected = plainLength(texts[0], texts[1])
    return PreparedWorkload { count in
      var sum = 0
      for _ in 0..<count {
        guard
          let common = try? LongestCommonSubsequence(
            first, second, memoryLimit: .max, lengthOnly: lengthOnly)
        else { return 0 }
        sum &+= lengthOnly ? common.length : common.subsequence.count
        common.destroy()
      }
      return sum
    } returns: {
      $0 * expected
    }
  }

  private static func letters(seed: UInt64) -> [UInt8] {
    var random = RepeatableRandom(seed: seed)
    return (0..<1000).map { _ in UInt8.random(in: 97...104, using: &random) }
  }

  /// The table of the textbook, one row at a time.
  private static func plainLength(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var row = [Int](repeating: 0, count: second.count + 1)
    for left in first {
      var diagonal = 0
      for (column, right) in second.enumerated() {
        let above = row[column + 1]
        row[column + 1] = left == right ? diagonal + 1 : max(above, row[column])
        diagonal = above
      }
    }
    return row[second.count]
  }
}
