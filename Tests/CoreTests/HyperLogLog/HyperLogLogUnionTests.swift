import CPrimitives
import Testing

@testable import Core

@Suite struct HyperLogLogUnionTests {
  /// Random registers of all 64 values, of a few, and all the same.
  private static func registerSets() -> [[UInt8]] {
    var random = SplitMixGenerator(seed: 7)
    let count = HyperLogLog.registerCount
    let ranges: [ClosedRange<UInt8>] = [0...63, 3...9, 0...0, 63...63, 1...1, 60...63, 0...1]
    var sets = ranges.map { range in
      (0..<count).map { _ in UInt8.random(in: range, using: &random) }
    }
    // As an element's hash gives them, with few large ones.
    sets.append((0..<count).map { _ in UInt8(min(63, random.next().trailingZeroBitCount + 3)) })
    sets.append((0..<count).map { UInt8($0 == count - 1 ? 63 : 0) })
    sets.append((0..<count).map { UInt8($0 == 0 ? 1 : 50) })
    return sets
  }

  private static var variants: [apus_hll_variant] {
    [APUS_HLL_PORTABLE, APUS_HLL_AVX2, APUS_HLL_AVX512].filter(apus_hll_supports)
  }

  @Test func plainCodeAndVectorsAgree() {
    #expect(HyperLogLog.hasVectors, "this machine cannot test the vectors")
    for registers in Self.registerSets() {
      let packed = Self.variants.map { variant in
        var dense = [UInt8](repeating: 0xaa, count: Int(apus_hll_dense_byte_count))
        apus_hll_pack_dense(variant, &dense, registers)
        return dense
      }
      #expect(Set(packed).count == 1)
      var counts = [UInt32](repeating: 0, count: 64)
      for value in registers { counts[Int(value)] += 1 }
      for variant in Self.variants {
        var merged = [UInt8](repeating: 0, count: registers.count)
        apus_hll_merge_dense(variant, &merged, packed[0])
        #expect(merged == registers)
        var found = [UInt32](repeating: 99, count: 64)
        apus_hll_histogram(variant, registers, &found)
        #expect(found == counts)
      }
    }
  }

  @Test func mergeKeepsTheGreater() {
    let sets = Self.registerSets()
    for variant in Self.variants {
      var merged = sets[1]
      var dense = [UInt8](repeating: 0, count: Int(apus_hll_dense_byte_count))
      apus_hll_pack_dense(variant, &dense, sets[0])
      apus_hll_merge_dense(variant, &merged, dense)
      #expect(merged == zip(sets[0], sets[1]).map(max))
    }
  }

  /// Sparse and dense ones in one union count as all their elements in one sketch.
  @Test func unionOfForms() {
    for variant in Self.variants {
      let union = HyperLogLogUnion(variant)
      defer { union.free() }
      let whole = Sketch()
      for part in 0..<5 {
        let sketch = Sketch()
        for index in 0..<(part * 2000 + 10) {
          _ = sketch.add("\(part) \(index)")
          _ = whole.add("\(part) \(index)")
        }
        #expect(sketch.with(union.merge))
      }
      #expect(union.estimate() == whole.estimate)
      let written = Sketch(whole.bytes)
      written.with { union.write(to: $0) }
      #expect(written.registers == whole.registers)
    }
  }

  /// The span of sixteen opcodes at once is the sum of theirs.
  @Test func spanOfBlocks() {
    var random = SplitMixGenerator(seed: 3)
    for _ in 0..<2000 {
      let hasLong = random.next() % 4 == 0
      let opcodes = (0..<16).map { _ in
        let byte = UInt8.random(in: .min ... .max, using: &random)
        return hasLong || byte & 0xc0 != 0x40 ? byte : byte & 0xbf
      }
      let spans = opcodes.map { SparseOpcode([$0], byteCount: 1)?.span }
      let expected = spans.contains(nil) ? 0 : spans.reduce(0) { $0 + ($1 ?? 0) }
      #expect(Int(apus_hll_block_span(opcodes)) == expected)
    }
  }
}
