import CPrimitives

/// The registers of several HyperLogLogs at once, each the greatest of theirs, as bytes: what
/// PFCOUNT of many keys and PFMERGE work with. A byte for each can be compared and counted 32 or 64
/// at a time; six bits cannot.
///
/// Ownership: the creator calls `free`.
package struct HyperLogLogUnion {
  private let registers: UnsafeMutablePointer<UInt8>
  private let variant: apus_hll_variant

  /// Of none: all registers are 0. `usesVectors`: where the processor has them.
  package init(usesVectors: Bool) {
    self.init(usesVectors ? apus_hll_best() : APUS_HLL_PORTABLE)
  }

  /// REQUIRES: the machine supports the variant.
  init(_ variant: apus_hll_variant) {
    registers = Allocation.allocate(HyperLogLog.registerCount).assumingMemoryBound(to: UInt8.self)
    registers.initialize(repeating: 0, count: HyperLogLog.registerCount)
    self.variant = variant
  }

  package func free() { Allocation.free(registers, HyperLogLog.registerCount) }

  /// The register's value. REQUIRES: 0 <= register < registerCount.
  @inline(__always)
  package subscript(register: Int) -> UInt8 { registers[register] }

  /// Adds one more; false if it is corrupt, of which then a part may have been added.
  package func merge(_ sketch: HyperLogLog) -> Bool {
    switch sketch.encoding {
    case .dense:
      apus_hll_merge_dense(variant, registers, sketch.registers)
      return true
    case .sparse:
      return sketch.forEachRun { first, span, value in
        for register in first..<first &+ span where registers[register] < value {
          registers[register] = value
        }
      }
    }
  }

  /// Writes the registers to a dense one.
  package func write(to dense: HyperLogLog) {
    apus_hll_pack_dense(variant, dense.registers, registers)
    dense.invalidateCache()
  }

  /// The estimated number of elements in all of them.
  package func estimate() -> Int64 {
    RegisterHistogram.with { histogram in
      apus_hll_histogram(variant, registers, histogram.counts)
      return histogram.estimate()
    }
  }
}

extension HyperLogLog {
  /// The estimated number of elements, from the registers; nil if they are corrupt.
  package func estimate(usesVectors: Bool) -> Int64? {
    switch encoding {
    case .dense:
      let union = HyperLogLogUnion(usesVectors: usesVectors)
      defer { union.free() }
      return union.merge(self) ? union.estimate() : nil
    case .sparse:
      return RegisterHistogram.with { histogram in
        var zeroCount = UInt32(Self.registerCount)
        let isValid = forEachRun { _, span, value in
          histogram.counts[Int(value)] &+= UInt32(truncatingIfNeeded: span)
          zeroCount &-= UInt32(truncatingIfNeeded: span)
        }
        histogram.counts[0] = zeroCount
        return isValid ? histogram.estimate() : nil
      }
    }
  }
}
