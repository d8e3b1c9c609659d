import CPrimitives
import Core

/// Counting, searching and combining bits, in the widest instructions of the machine.
enum BitWorkloads {
  static let all = [
    Workload("Bits: count", "4 KiB", .thousand) { _ in counting(4096) },
    Workload("Bits: count", "1 MiB", .thousand) { counting(min(1 << 20, $0)) },
    Workload("Bits: first set", "1 MiB of zeros", .thousand) { searching(min(1 << 20, $0)) },
    Workload("Bits: AND of two", "3 MiB", .thousand) { combining(.and, 2, min(1 << 20, $0)) },
    Workload("Bits: ONE of four", "5 MiB", .thousand) { combining(.one, 4, min(1 << 20, $0)) },
    Workload("Bit field: read u13", "4 KiB") { _ in reading() },
  ]

  private static func randomBytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = RepeatableRandom(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  private static func counting(_ byteCount: Int) -> PreparedWorkload {
    let bytes = randomBytes(byteCount, seed: 1)
    let view = permanent(bytes)
    return PreparedWorkload { count in
      var sum = 0
      for index in 0..<count { sum &+= Bits.count((index & 7)..<(byteCount * 8), in: view) }
      return sum
    } returns: { count in
      let whole = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
      return (0..<count).reduce(0) { sum, index in
        sum + whole - (bytes[0] & ~(0xff >> UInt8(index & 7))).nonzeroBitCount
      }
    }
  }

  private static func searching(_ byteCount: Int) -> PreparedWorkload {
    let view = permanent([UInt8](repeating: 0, count: byteCount - 1) + [1])
    return PreparedWorkload { count in
      var sum = 0
      for index in 0..<count {
        sum &+= Bits.first(true, (index & 7)..<(byteCount * 8), in: view) ?? 0
      }
      return sum
    } returns: {
      $0 * (byteCount * 8 - 1)
    }
  }

  /// All bits of the sources are set, but the first source's in every other byte.
  private static func combining(
    _ operation: BitOperation, _ sourceCount: Int, _ byteCount: Int
  ) -> PreparedWorkload {
    let sources = (0..<sourceCount).map { index in
      permanent((0..<byteCount).map { index == 0 && $0 & 1 == 1 ? 0 : index > 1 ? 0 : 0xff })
    }
    let target = UnsafeMutablePointer<UInt8>.allocate(capacity: byteCount)
    let list = UnsafeMutableBufferPointer<apus_bits_source>.allocate(capacity: sourceCount)
    return PreparedWorkload { _ in
      target.initialize(repeating: 0, count: byteCount)
    } run: { count in
      for _ in 0..<count {
        for index in 0..<sourceCount {
          list[index] = apus_bits_source(bytes: sources[index].base, count: byteCount)
        }
        operation.combine(list, into: target, count: byteCount)
      }
      return count
    } isRight: { count, result in
      // AND leaves what the first has, ONE what it has not.
      let even: UInt8 = operation == .and ? 0xff : 0
      return result == count
        && (0..<byteCount).allSatisfy { target[$0] == ($0 & 1 == 0 ? even : ~even) }
    }
  }

  private static func reading() -> PreparedWorkload {
    let view = permanent(randomBytes(4096, seed: 2))
    guard let field = BitField(ByteView("u13")) else { preconditionFailure("u13 is a field") }
    let sum = { (count: Int) in
      var sum: Int64 = 0
      for index in 0..<count { sum &+= field.read(view, at: (index &* 13) & 32767) }
      return Int(sum)
    }
    return PreparedWorkload(run: sum) { count, result in
      // The mean of 13 random bits.
      (3500...4700).contains(result / count) && result == sum(count)
    }
  }
}
