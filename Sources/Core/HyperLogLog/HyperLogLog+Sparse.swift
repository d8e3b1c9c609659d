import CPrimitives

/// Registers as runs. An edit is worked out first and made then, because in between the string may
/// have to grow, which only its owner can see to.
extension HyperLogLog {
  private var opcodeByteCount: Int { byteCount &- Self.headerByteCount }

  /// Calls `body` with each opcode; false as soon as one is cut off or covers registers beyond the
  /// last, or if the opcodes cover too few. REQUIRES: sparse.
  @inline(__always)
  func forEachOpcode(_ body: (_ first: Int, SparseOpcode) -> Void) -> Bool {
    var offset = 0
    var first = 0
    while offset < opcodeByteCount {
      guard let opcode = SparseOpcode(registers + offset, byteCount: opcodeByteCount &- offset),
        first &+ opcode.span <= Self.registerCount
      else { return false }
      body(first, opcode)
      first &+= opcode.span
      offset &+= opcode.byteCount
    }
    return first == Self.registerCount
  }

  /// As `forEachOpcode`, with the runs of registers that are not 0.
  @inline(__always)
  func forEachRun(_ body: (_ first: Int, _ span: Int, _ value: UInt8) -> Void) -> Bool {
    forEachOpcode { first, opcode in
      if opcode.value > 0 { body(first, opcode.span, opcode.value) }
    }
  }

  // MARK: Editing

  /// The change of one opcode into up to three.
  package struct SparseEdit {
    /// Where the opcode begins.
    fileprivate let offset: Int
    fileprivate let oldByteCount: Int
    /// Where the opcode before begins, or the same if there is none.
    fileprivate let previousOffset: Int
    fileprivate let opcodes: SparseOpcode.Sequence

    /// Bytes that the string needs more while the edit is made; negative if fewer.
    @inline(__always)
    package var growth: Int { opcodes.byteCount &- oldByteCount }
  }

  package enum SparseAddition {
    /// The register has the rank already.
    case unchanged
    case corrupt
    /// Runs cannot hold the rank.
    case needsDense
    case edit(SparseEdit)
  }

  /// What adding an element takes. REQUIRES: sparse.
  package func sparseAddition(of element: HyperLogLogElement) -> SparseAddition {
    if element.rank > SparseOpcode.valueMax { return .needsDense }
    // What is longer is corrupt, and changing it would take time.
    guard opcodeByteCount <= 2 * Self.registerCount, let place = find(element.register),
      place.first &+ place.opcode.span <= Self.registerCount
    else { return .corrupt }
    let opcode = place.opcode
    if opcode.value >= element.rank { return .unchanged }
    let countBefore = element.register &- place.first
    var opcodes = SparseOpcode.Sequence()
    opcodes.append(countBefore, of: opcode.value)
    opcodes.append(1, of: element.rank)
    opcodes.append(opcode.span &- countBefore &- 1, of: opcode.value)
    return .edit(
      SparseEdit(
        offset: place.offset, oldByteCount: opcode.byteCount,
        previousOffset: place.previousOffset, opcodes: opcodes))
  }

  /// An opcode and where it is.
  private struct Place {
    let offset: Int
    let previousOffset: Int
    /// The first register that it covers.
    let first: Int
    let opcode: SparseOpcode
  }

  /// The opcode that covers a register; nil if there is none.
  @inline(__always)
  private func find(_ register: Int) -> Place? {
    let count = opcodeByteCount
    var offset = 0
    var previousOffset = 0
    var first = 0
    var isNear = false
    while offset < count {
      if !isNear, offset &+ 16 <= count {
        let span = Int(apus_hll_block_span(registers + offset))
        if span > 0, first &+ span <= register {
          first &+= span
          offset &+= 16
          previousOffset = offset &- 1
          continue
        }
        isNear = span > 0
      }
      guard let opcode = SparseOpcode(registers + offset, byteCount: count &- offset) else {
        return nil
      }
      if register < first &+ opcode.span {
        return Place(offset: offset, previousOffset: previousOffset, first: first, opcode: opcode)
      }
      first &+= opcode.span
      previousOffset = offset
      offset &+= opcode.byteCount
    }
    return nil
  }

  /// Makes an edit and returns how many bytes the string has then. REQUIRES: `edit` comes from
  /// these bytes, and there is room for its growth behind them.
  package func apply(_ edit: SparseEdit) -> Int {
    let tail = edit.offset &+ edit.oldByteCount
    let count = opcodeByteCount
    if edit.growth != 0 {
      UnsafeMutableRawPointer(registers + tail + edit.growth).copyMemory(
        from: registers + tail, byteCount: count &- tail)
    }
    withUnsafeBytes(of: edit.opcodes.bytes) { bytes in
      for index in 0..<edit.opcodes.byteCount { registers[edit.offset &+ index] = bytes[index] }
    }
    invalidateCache()
    let merged = mergeNeighbours(from: edit.previousOffset, count: count &+ edit.growth)
    return Self.headerByteCount &+ merged
  }

  /// Merges values of the next five opcodes where one opcode can hold two, and returns how many
  /// bytes of opcodes there are then. Redis looks at so many, and no more.
  private func mergeNeighbours(from start: Int, count: Int) -> Int {
    var count = count
    var offset = start
    var stepsLeft = 5
    while offset < count, stepsLeft > 0 {
      stepsLeft &-= 1
      let opcode = registers[offset]
      if opcode & 0xc0 == 0x40 {
        offset &+= 2
      } else if opcode & 0x80 != 0, offset &+ 1 < count,
        let merged = SparseOpcode.merged(opcode, registers[offset &+ 1])
      {
        registers[offset] = merged
        UnsafeMutableRawPointer(registers + offset + 1).copyMemory(
          from: registers + offset + 2, byteCount: count &- offset &- 2)
        count &-= 1
      } else {
        offset &+= 1
      }
    }
    return count
  }

  // MARK: Text

  /// The opcodes as PFDEBUG DECODE shows them; nil if they are corrupt. REQUIRES: sparse.
  package func decoded() -> [UInt8]? {
    var text: [UInt8] = []
    let isValid = forEachOpcode { _, opcode in
      if !text.isEmpty { text.append(UInt8(ascii: " ")) }
      switch opcode.kind {
      case .zero: text += "z:\(opcode.span)".utf8
      case .longZero: text += "Z:\(opcode.span)".utf8
      case .value: text += "v:\(opcode.value),\(opcode.span)".utf8
      }
    }
    return isValid ? text : nil
  }
}
