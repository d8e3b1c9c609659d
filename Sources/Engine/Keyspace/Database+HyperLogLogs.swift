import Core

/// What HyperLogLogs depend on beside their bytes.
package struct HyperLogLogSettings {
  /// `hll-sparse-max-bytes`: a sparse one that would grow beyond becomes dense.
  package var sparseByteCountMax = 3000
  /// Whether registers are worked on with vectors, where the processor has them (PFDEBUG SIMD).
  package var usesVectors = true

  package init() {}
}

/// Strings that are HyperLogLogs. The slot stays valid in all of this, its entry may move.
extension Database {
  var hyperLogLogs: HyperLogLogSettings { keyspace.pointee.hyperLogLogs }

  /// The string as a HyperLogLog to be read; nil if it is none. REQUIRES: the slot holds a string.
  @inline(__always)
  func hyperLogLog(_ slot: Slot) -> HyperLogLog? {
    switch string(slot) {
    case .integer: nil
    case .bytes(let bytes): HyperLogLog(bytes)
    case .block(let block): HyperLogLog(block.view)
    }
  }

  /// The string as a HyperLogLog to be changed, whose bytes nobody else holds. REQUIRES: as above.
  @inline(__always)
  func editableHyperLogLog(_ slot: Slot) -> HyperLogLog? {
    guard let sketch = hyperLogLog(slot) else { return nil }
    let bytes = makeEditable(slot, byteCount: sketch.byteCount)
    return HyperLogLog(bytes, byteCount: sketch.byteCount)
  }

  /// Sets a key that does not exist to a HyperLogLog that has seen nothing.
  func createHyperLogLog(_ key: Key) {
    let count = HyperLogLog.emptyByteCount
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: count) { bytes in
      guard let base = bytes.baseAddress else { return }
      HyperLogLog.writeEmpty(to: base)
      HyperLogLog(base, byteCount: count).invalidateCache()
      setPadded(key, zeroCount: 0, ByteView(base, count: count))
    }
  }

  enum HyperLogLogAddition {
    case unchanged
    case changed
    case corrupt
  }

  /// Adds an element. `sketch` is what the slot holds, editable, before and after.
  @inline(__always)
  func add(
    _ element: HyperLogLogElement, to sketch: inout HyperLogLog, _ key: Key, _ slot: Slot
  ) -> HyperLogLogAddition {
    if sketch.encoding == .dense { return sketch.addDense(element) ? .changed : .unchanged }
    return addSparse(element, to: &sketch, key, slot)
  }

  @inline(never)
  private func addSparse(
    _ element: HyperLogLogElement, to sketch: inout HyperLogLog, _ key: Key, _ slot: Slot
  ) -> HyperLogLogAddition {
    switch sketch.sparseAddition(of: element) {
    case .unchanged: return .unchanged
    case .corrupt: return .corrupt
    case .needsDense: break
    case .edit(let edit):
      let byteCount = sketch.byteCount &+ max(edit.growth, 0)
      if edit.growth <= 0 || byteCount <= hyperLogLogs.sparseByteCountMax {
        make(edit, in: &sketch, slot, byteCount: byteCount)
        return .changed
      }
    }
    guard makeDense(&sketch, key, slot) else { return .corrupt }
    return sketch.addDense(element) ? .changed : .unchanged
  }

  /// `byteCount`: what the string needs while the edit is made.
  private func make(
    _ edit: HyperLogLog.SparseEdit, in sketch: inout HyperLogLog, _ slot: Slot, byteCount: Int
  ) {
    let bytes = makeEditable(slot, byteCount: byteCount)
    let left = HyperLogLog(bytes, byteCount: sketch.byteCount).apply(edit)
    let target = left < byteCount ? truncate(slot, to: left) : bytes
    sketch = HyperLogLog(target, byteCount: left)
  }

  /// Gives a sparse one the dense form; false, with nothing changed, if it is corrupt.
  func makeDense(_ sketch: inout HyperLogLog, _ key: Key, _ slot: Slot) -> Bool {
    let block = StringBlock(zeroedCapacity: HyperLogLog.denseByteCount)
    guard sketch.writeDense(to: block.bytes) else {
      block.free()
      return false
    }
    block.count = HyperLogLog.denseByteCount
    setBlock(key, slot, block, .keep)
    sketch = HyperLogLog(block.bytes, byteCount: block.count)
    return true
  }

  /// Raises each register to that of a union. REQUIRES: `sketch`, which is what the slot holds,
  /// editable, is part of the union.
  func raise(
    _ sketch: inout HyperLogLog, to union: HyperLogLogUnion, _ key: Key, _ slot: Slot
  ) {
    if sketch.encoding == .dense { return union.write(to: sketch) }
    for register in 0..<HyperLogLog.registerCount where union[register] > 0 {
      // One that is part of a union has been walked through, so that it is not corrupt.
      _ = add(
        HyperLogLogElement(register: register, rank: union[register]), to: &sketch, key, slot)
    }
    sketch.invalidateCache()
  }
}
