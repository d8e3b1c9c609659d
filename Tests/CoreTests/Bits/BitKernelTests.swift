import CPrimitives
import Core
import Testing

/// Each set of instructions that this machine has, against a model of single bits.
@Suite struct BitKernelTests {
  static let variants = [APUS_BITS_PORTABLE, APUS_BITS_AVX2, APUS_BITS_AVX512]
    .filter { apus_bits_supports($0) }.map(\.rawValue)

  /// Every start in a vector and every length to two vectors and a rest, then longer ones.
  private static let starts = 0..<64
  private static let lengths = Array(0...140) + [255, 256, 257, 991, 992, 993, 5000]

  private static func random(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMixGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  @Test func portableIsNotAllThatIsTested() {
    #if arch(x86_64)
      #expect(apus_bits_supports(apus_bits_best()))
      #expect(Self.variants.last == apus_bits_best().rawValue)
    #endif
  }

  @Test(arguments: variants) func count(_ variant: UInt32) {
    let bytes = Self.random(6000, seed: 1)
    var sums = [0]
    for byte in bytes { sums.append(sums[sums.count - 1] + byte.nonzeroBitCount) }
    let ones = [UInt8](repeating: 0xff, count: 6000)
    for start in Self.starts {
      for length in Self.lengths {
        let expected = sums[start + length] - sums[start]
        let counted = bytes.withView {
          apus_bits_count(.init(rawValue: variant), $0.base + start, length)
        }
        if counted != expected { Issue.record("\(counted) at \(start), \(length)") }
        let full = ones.withView {
          apus_bits_count(.init(rawValue: variant), $0.base + start, length)
        }
        if full != 8 * length { Issue.record("\(full) at \(start), \(length)") }
      }
    }
  }

  @Test(arguments: variants, [UInt8(0), 0xff]) func skip(_ variant: UInt32, _ skipped: UInt8) {
    // What lies around the run differs, so that a look beside it shows.
    var bytes = [UInt8](repeating: ~skipped, count: 400)
    for start in Self.starts {
      for length in [0, 1, 7, 8, 9, 31, 32, 63, 64, 65, 127, 128, 129, 200, 300] {
        for index in bytes.indices { bytes[index] = ~skipped }
        for index in start..<(start + length) { bytes[index] = skipped }
        let find = {
          bytes.withView {
            apus_bits_skip(.init(rawValue: variant), $0.base + start, length, skipped)
          }
        }
        #expect(find() == length, "\(start), \(length)")
        for other in stride(from: length - 1, through: 0, by: -3) {
          bytes[start + other] = skipped ^ 0x10
          if find() != other { Issue.record("\(find()) at \(start), \(length), \(other)") }
        }
      }
    }
  }

  // MARK: Combining

  private static let operations: [BitOperation] = [
    .and, .or, .xor, .not, .diff, .diff1, .andor, .one,
  ]

  /// The definition, bit by bit.
  private static func model(_ operation: BitOperation, _ sources: [[UInt8]]) -> [UInt8] {
    var result = [UInt8](repeating: 0, count: sources.map(\.count).max() ?? 0)
    for place in result.indices {
      for bit in 0..<8 {
        var setCount = 0
        for source in sources where place < source.count && source[place] >> UInt8(bit) & 1 == 1 {
          setCount += 1
        }
        let isFirst = place < sources[0].count && sources[0][place] >> UInt8(bit) & 1 == 1
        let others = setCount - (isFirst ? 1 : 0)
        if holds(operation, setCount, of: sources.count, isFirst, others) {
          result[place] |= 1 << UInt8(bit)
        }
      }
    }
    return result
  }

  private static func holds(
    _ operation: BitOperation, _ setCount: Int, of sourceCount: Int, _ isFirst: Bool, _ others: Int
  ) -> Bool {
    switch operation {
    case .and: setCount == sourceCount
    case .or: setCount > 0
    case .xor: setCount % 2 == 1
    case .not: !isFirst
    case .diff: isFirst && others == 0
    case .diff1: !isFirst && others > 0
    case .andor: isFirst && others > 0
    case .one: setCount == 1
    }
  }

  /// Combines sources that lie at `starts` in memory of their own; source `target`, if there is
  /// one, is written over. Nil if something beside the target was written.
  private static func combine(
    _ variant: UInt32, _ operation: BitOperation, _ sources: [[UInt8]], starts: [Int],
    target: Int? = nil
  ) -> [UInt8]? {
    let count = sources.map(\.count).max() ?? 0
    let margin: UInt8 = 0xa5
    var places = sources.indices.map { index in
      let pointer = UnsafeMutablePointer<UInt8>.allocate(capacity: count + 128)
      pointer.initialize(repeating: margin, count: count + 128)
      (pointer + starts[index]).update(from: sources[index], count: sources[index].count)
      return pointer
    }
    defer { places.forEach { $0.deallocate() } }
    var list = sources.indices.map {
      apus_bits_source(bytes: places[$0] + starts[$0], count: sources[$0].count)
    }
    let place = target ?? places.count
    let start = target.map { starts[$0] } ?? 3
    if target == nil {
      places.append(.allocate(capacity: count + 128))
      places[place].initialize(repeating: margin, count: count + 128)
    }
    apus_bits_combine(
      .init(rawValue: variant), .init(rawValue: operation.rawValue), places[place] + start, count,
      &list, list.count)
    let before = UnsafeBufferPointer(start: places[place], count: start)
    let after = UnsafeBufferPointer(
      start: places[place] + start + count, count: 128 - start)
    guard before.allSatisfy({ $0 == margin }), after.allSatisfy({ $0 == margin }) else {
      return nil
    }
    return Array(UnsafeBufferPointer(start: places[place] + start, count: count))
  }

  @Test(arguments: variants, operations)
  func combinesTwo(_ variant: UInt32, _ operation: BitOperation) {
    let first = Self.random(200, seed: 2)
    let second = Self.random(200, seed: 3)
    for start in stride(from: 0, to: 64, by: 13) {
      for length in [0, 1, 7, 8, 9, 15, 63, 64, 65, 100, 127, 128, 130, 200] {
        for other in [0, 1, 8, 64, 65, 130, 200] where length + other > 0 {
          var sources = [Array(first.prefix(length))]
          if operation != .not { sources.append(Array(second.prefix(other))) }
          let combined = Self.combine(
            variant, operation, sources, starts: [start, 63 - start])
          #expect(combined == Self.model(operation, sources), "\(start), \(length), \(other)")
        }
      }
    }
  }

  /// Lengths about the borders of tiles, numbers of sources from one to many, any of them also the
  /// target.
  @Test(arguments: operations) func combinesMany(_ operation: BitOperation) {
    var random = SplitMixGenerator(seed: UInt64(operation.rawValue))
    let lengths = [0, 1, 63, 64, 500, 8191, 8192, 8193, 16383, 16385, 20000]
    for round in 0..<15 {
      let isApart = [.diff, .diff1, .andor].contains(operation)
      let sourceCount = operation == .not ? 1 : (isApart ? 2 : 1) + round % 5
      let sources = (0..<sourceCount).map { index in
        let bytes = Self.random(
          lengths.randomElement(using: &random) ?? 1, seed: random.next())
        // Sparse and dense ones, so that every operation leaves bits of both kinds.
        return index % 2 == 0 ? bytes.map { $0 | UInt8(truncatingIfNeeded: round * 37) } : bytes
      }
      let starts = sources.map { _ in Int.random(in: 0..<64, using: &random) }
      let expected = Self.model(operation, sources)
      let target = Int.random(in: 0..<sourceCount, using: &random)
      for variant in Self.variants {
        #expect(Self.combine(variant, operation, sources, starts: starts) == expected, "\(variant)")
        #expect(
          Self.combine(variant, operation, sources, starts: starts, target: target) == expected,
          "\(variant) into source \(target) of \(sources.map(\.count))")
      }
    }
  }
}
