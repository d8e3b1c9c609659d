/// What PFSELFTEST does: finds out whether this processor gives what the tests of this source saw
/// on theirs. Some hundredths of a second, where Redis takes seconds.
package enum HyperLogLogSelfTest {
  private static let passCount = 16
  private static let elementCountMax = 100_000

  /// What is wrong, or nil.
  package static func run(seed: UInt64) -> String? {
    let bytes = Allocation.allocateZeroed(HyperLogLog.denseByteCount)
    defer { Allocation.free(bytes, HyperLogLog.denseByteCount) }
    let dense = HyperLogLog(
      bytes.assumingMemoryBound(to: UInt8.self), byteCount: HyperLogLog.denseByteCount)
    var random = Random(state: seed)
    for _ in 0..<passCount {
      if let failure = checkRegisters(dense, &random) { return failure }
    }
    for register in 0..<HyperLogLog.registerCount { dense.setDenseValue(register, 0) }
    return checkEstimates(dense, &random)
  }

  /// Registers keep what is put into them, and plain code and vectors read the same there.
  private static func checkRegisters(_ dense: HyperLogLog, _ random: inout Random) -> String? {
    let first = random
    for register in 0..<HyperLogLog.registerCount {
      dense.setDenseValue(register, UInt8(random.next() & 63))
    }
    random = first
    for register in 0..<HyperLogLog.registerCount {
      let expected = UInt8(random.next() & 63)
      let value = dense.denseValue(register)
      if value != expected { return "Register \(register) should be \(expected) but is \(value)" }
    }
    for usesVectors in [false, true] {
      let union = HyperLogLogUnion(usesVectors: usesVectors)
      defer { union.free() }
      guard union.merge(dense) else { return "registers are not merged" }
      for register in 0..<HyperLogLog.registerCount
      where union[register] != dense.denseValue(register) {
        return "Register \(register) is merged as \(union[register])"
      }
    }
    return nil
  }

  /// Estimates are within six standard errors.
  private static func checkEstimates(_ dense: HyperLogLog, _ random: inout Random) -> String? {
    var checkpoint = 1
    for count in 1...elementCountMax {
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 1) { element in
        element[0] = random.next()
        element.withMemoryRebound(to: UInt8.self) { bytes in
          guard let base = bytes.baseAddress else { return }
          _ = dense.addDense(HyperLogLogElement(ByteView(base, count: bytes.count)))
        }
      }
      guard count == checkpoint else { continue }
      checkpoint *= 10
      guard let estimate = dense.estimate(usesVectors: true),
        estimate == dense.estimate(usesVectors: false)
      else { return "vectors count otherwise. card:\(count)" }
      let error = abs(Int(estimate) - count)
      // Of ten elements two in one register are not so rare.
      let errorMax = max(count == 10 ? 2 : 0, (6 * 104 * count + 12799) / 12800)
      if error > errorMax { return "Too big error. card:\(count) abserr:\(error)" }
    }
    return nil
  }

  /// SplitMix64.
  private struct Random {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var mixed = (state ^ (state &>> 30)) &* 0xbf58_476d_1ce4_e5b9
      mixed = (mixed ^ (mixed &>> 27)) &* 0x94d0_49bb_1331_11eb
      return mixed ^ (mixed &>> 31)
    }
  }
}
