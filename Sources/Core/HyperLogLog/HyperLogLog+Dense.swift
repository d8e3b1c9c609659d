import CPrimitives

/// Registers of six bits. Each is read and written as part of the 32 bits that begin one byte
/// before its group of three: the header lies before the first group, so that these are always
/// bytes of the string, to the last register.
extension HyperLogLog {
  @inline(__always)
  private func group(_ register: Int) -> UnsafeMutableRawPointer {
    UnsafeMutableRawPointer(registers + (register &>> 2) &* 3 - 1)
  }

  @inline(__always)
  private static func shift(_ register: Int) -> UInt32 {
    8 &+ 6 &* UInt32(truncatingIfNeeded: register & 3)
  }

  /// REQUIRES: dense, 0 <= register < registerCount.
  @inline(__always)
  package func denseValue(_ register: Int) -> UInt8 {
    let bits = group(register).loadUnaligned(as: UInt32.self) &>> Self.shift(register)
    return UInt8(truncatingIfNeeded: bits & 63)
  }

  /// REQUIRES: as `denseValue`, value < 64.
  @inline(__always)
  func setDenseValue(_ register: Int, _ value: UInt8) {
    let group = group(register)
    let shift = Self.shift(register)
    let others = group.loadUnaligned(as: UInt32.self) & ~(63 &<< shift)
    group.storeBytes(of: others | UInt32(value) &<< shift, as: UInt32.self)
  }

  /// Raises the element's register to its rank; false if it has that already. REQUIRES: dense.
  @inline(__always)
  package func addDense(_ element: HyperLogLogElement) -> Bool {
    guard denseValue(element.register) < element.rank else { return false }
    setDenseValue(element.register, element.rank)
    invalidateCache()
    return true
  }

  /// Writes the dense form of a sparse one to zeroed bytes; false if it is corrupt. REQUIRES: room
  /// for `denseByteCount`.
  package func writeDense(to target: UnsafeMutablePointer<UInt8>) -> Bool {
    apus_copy(target, base, Self.headerByteCount)
    target[4] = Encoding.dense.rawValue
    let dense = HyperLogLog(target, byteCount: Self.denseByteCount)
    return forEachRun { first, span, value in
      for register in first..<first &+ span { dense.setDenseValue(register, value) }
    }
  }
}
