import CPrimitives
import Core

/// The keyed hash that places keys, and the digests that clients and scripts ask for.
enum HashWorkloads {
  static let all = [
    Workload("Keyed hash: 16 bytes", "1024 keys, 16 KB") { _ in keyed(byteCount: 16) },
    Workload("Keyed hash: 32 bytes", "1024 keys, 32 KB") { _ in keyed(byteCount: 32) },
    Workload("Keyed hash: 100 bytes", "256 keys, 25 KB") { _ in keyed(byteCount: 100) },
    Workload("XXH3: 64 bytes", "64 texts, 4 KB") { _ in xxh3(byteCount: 64) },
    Workload("XXH3: 4 KiB", "4 texts, 16 KB", .thousand) { _ in xxh3(byteCount: 4096) },
    Workload("SHA-1: 1 KiB", "16 texts, 16 KB", .thousand) { _ in sha1() },
    Workload("SHA-256: 1 KiB", "16 texts, 16 KB", .thousand) { _ in sha256() },
  ]

  private static func randomTexts(_ count: Int, _ byteCount: Int) -> Texts {
    var random = RepeatableRandom(seed: 4)
    return Texts(
      (0..<count).map { _ in
        (0..<byteCount).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      })
  }

  private static func keyed(byteCount: Int) -> PreparedWorkload {
    let keys = randomTexts(byteCount > 64 ? 256 : 1024, byteCount)
    let seed = UnsafeMutablePointer<apus_hash_seed>.allocate(capacity: 1)
    seed.initialize(to: apus_hash_seed(words: FilledKeyspace.seedWords))
    return PreparedWorkload { count in
      var sum: UInt64 = 0
      for index in 0..<count { sum &+= apus_hash(keys[index].base, byteCount, seed) }
      return Int(truncatingIfNeeded: sum)
    } returns: { count in
      (0..<count).map { Int(truncatingIfNeeded: apus_hash(keys[$0].base, byteCount, seed)) }
        .reduce(0, &+)
    }
  }

  private static func xxh3(byteCount: Int) -> PreparedWorkload {
    let texts = randomTexts(byteCount > 64 ? 4 : 64, byteCount)
    return PreparedWorkload { count in
      var sum: UInt64 = 0
      for index in 0..<count { sum &+= XXH3.hash(texts[index]) }
      return Int(truncatingIfNeeded: sum)
    } returns: { count in
      (0..<count).map { Int(truncatingIfNeeded: XXH3.hash(texts[$0])) }.reduce(0, &+)
    }
  }

  private static func sha1() -> PreparedWorkload {
    let texts = randomTexts(16, 1024)
    return digesting(byteCount: SHA1.digestCount) { index, target in
      var digest = SHA1()
      digest.update(texts[index])
      digest.finish(to: target)
    }
  }

  private static func sha256() -> PreparedWorkload {
    let texts = randomTexts(16, 1024)
    return digesting(byteCount: SHA256.digestCount) { index, target in
      var digest = SHA256()
      digest.update(texts[index])
      digest.finish(to: target)
    }
  }

  /// `digest` writes that of a text. It takes microseconds, beside which its call is nothing.
  private static func digesting(
    byteCount: Int, _ digest: @escaping (Int, UnsafeMutablePointer<UInt8>) -> Void
  ) -> PreparedWorkload {
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
    let sum = { (count: Int) in
      var sum = 0
      for index in 0..<count {
        digest(index, target)
        sum &+= Int(target[0]) << 8 | Int(target[byteCount - 1])
      }
      return sum
    }
    return PreparedWorkload(run: sum) { $1 > $0 && $1 == sum($0) }
  }
}
