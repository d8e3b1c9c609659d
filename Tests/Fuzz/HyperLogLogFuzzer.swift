import Core

/// A string that a client made up is refused or is a HyperLogLog that behaves as one, whatever is
/// done with it, and nothing beyond its bytes is touched.
///
///     | options 1 | elements 1 | register 2, rank 1 for each | the string |
///
/// Options: 3 bits for the greatest sparse size, 2 for what is put before the string: nothing, or a
/// header of the sparse or the dense form, cut or filled to its length.
enum HyperLogLogFuzzer {
  private typealias Registers = [UInt8]

  static func check(_ input: [UInt8]) -> String? {
    guard input.count >= 2 else { return nil }
    let elementCount = min(Int(input[1] % 64), (input.count - 2) / 3)
    let elements = stride(from: 2, to: 2 + 3 * elementCount, by: 3).map { at in
      HyperLogLogElement(
        register: (Int(input[at]) << 8 | Int(input[at + 1])) & (HyperLogLog.registerCount - 1),
        rank: input[at + 2] % 51 + 1)
    }
    let sizes = [3000, 0, 18, 30, 100, 1000, 20_000, .max]
    let string = made(Array(input.dropFirst(2 + 3 * elementCount)), input[0] >> 3 & 3)
    let block = Block(string)
    defer { block.free() }
    guard let sketch = block.sketch else {
      return isHeader(string) ? "a header is refused" : nil
    }
    guard isHeader(string) else { return "no header is accepted" }
    let registers = registers(of: string)
    return checkReading(sketch, registers)
      ?? checkAdding(elements, to: block, registers, sizes[Int(input[0] & 7)])
  }

  private static func made(_ bytes: [UInt8], _ form: UInt8) -> [UInt8] {
    let header = [0x48, 0x59, 0x4c, 0x4c, form == 1 ? 1 : 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]
    switch form {
    case 0, 3: return bytes
    case 1: return header.map(UInt8.init) + bytes
    default:
      let registers = bytes.prefix(12288)
      return header.map(UInt8.init) + registers
        + [UInt8](repeating: bytes.last ?? 0, count: 12288 - registers.count)
    }
  }

  // MARK: What the format says, slow and plain

  private static func isHeader(_ string: [UInt8]) -> Bool {
    guard string.count >= 16, string.prefix(4) == [0x48, 0x59, 0x4c, 0x4c] else { return false }
    return string[4] == 1 || (string[4] == 0 && string.count == 12304)
  }

  /// Nil if it is corrupt.
  private static func registers(of string: [UInt8]) -> Registers? {
    let body = Array(string.dropFirst(16))
    if string[4] == 0 {
      return (0..<HyperLogLog.registerCount).map { register in
        let bit = register * 6
        let next = bit / 8 + 1 < body.count ? Int(body[bit / 8 + 1]) : 0
        return UInt8((next << 8 | Int(body[bit / 8])) >> (bit % 8) & 63)
      }
    }
    var registers: Registers = []
    var rest = body[...]
    while let first = rest.popFirst() {
      var run = (count: Int(first & 63) + 1, value: UInt8(0))
      if first >= 0x80 {
        run = (Int(first & 3) + 1, (first >> 2 & 31) + 1)
      } else if first >= 0x40 {
        guard let second = rest.popFirst() else { return nil }
        run.count = (Int(first & 63) << 8 | Int(second)) + 1
      }
      guard registers.count + run.count <= HyperLogLog.registerCount else { return nil }
      registers += [UInt8](repeating: run.value, count: run.count)
    }
    return registers.count == HyperLogLog.registerCount ? registers : nil
  }

  // MARK: What is to be checked

  private static func checkReading(_ sketch: HyperLogLog, _ expected: Registers?) -> String? {
    let estimate = sketch.estimate(usesVectors: true)
    if estimate != sketch.estimate(usesVectors: false) { return "vectors count otherwise" }
    if (estimate == nil) != (expected == nil) { return "counted: \(String(describing: estimate))" }
    for usesVectors in [true, false] {
      var merged = merged(sketch, usesVectors)
      #if APUS_PLANTED_BUG
        if let last = merged?.last, last > 4 { merged?[HyperLogLog.registerCount - 1] = 0 }
      #endif
      if merged != expected { return "merged otherwise, vectors: \(usesVectors)" }
    }
    guard sketch.encoding == .sparse else { return nil }
    if (sketch.decoded() == nil) != (expected == nil) { return "decoded otherwise" }
    let dense = Block([UInt8](repeating: 0, count: HyperLogLog.denseByteCount))
    defer { dense.free() }
    guard sketch.writeDense(to: dense.base) else {
      return expected == nil ? nil : "not made dense"
    }
    return registers(of: dense.bytes) == expected ? nil : "made dense otherwise"
  }

  private static func merged(_ sketch: HyperLogLog, _ usesVectors: Bool) -> Registers? {
    let union = HyperLogLogUnion(usesVectors: usesVectors)
    defer { union.free() }
    guard union.merge(sketch) else { return nil }
    return (0..<HyperLogLog.registerCount).map { union[$0] }
  }

  /// As PFADD does. A corrupt one may be found so only at the register in question.
  private static func checkAdding(
    _ elements: [HyperLogLogElement], to block: Block, _ registers: Registers?, _ sizeMax: Int
  ) -> String? {
    var model = registers
    let count = block.count
    for element in elements {
      let isRaise = model.map { $0[element.register] < element.rank }
      switch (block.add(element, sizeMax), isRaise) {
      case (nil, nil): return nil
      case (nil, _): return "corrupt now"
      case (let changed, let isRaise?) where changed != isRaise:
        return "added otherwise: \(element)"
      case (true, true): model?[element.register] = element.rank
      default: break
      }
    }
    guard let sketch = block.sketch else { return "no header after adding" }
    if sketch.encoding == .sparse, block.count > max(count, sizeMax) {
      return "longer than allowed"
    }
    return model == nil ? nil : checkReading(sketch, model)
  }

  /// A string in a block of exactly its size.
  private final class Block {
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var count: Int

    init(_ bytes: [UInt8]) {
      base = .allocate(capacity: bytes.count)
      base.initialize(from: bytes, count: bytes.count)
      count = bytes.count
    }

    func free() { base.deallocate() }

    var bytes: [UInt8] { Array(UnsafeBufferPointer(start: base, count: count)) }
    var sketch: HyperLogLog? { HyperLogLog(ByteView(base, count: count)) }

    private func replace(_ bytes: [UInt8]) {
      base.deallocate()
      base = .allocate(capacity: bytes.count)
      base.initialize(from: bytes, count: bytes.count)
      count = bytes.count
    }

    /// Whether a register rose; nil if the string is corrupt.
    func add(_ element: HyperLogLogElement, _ sizeMax: Int) -> Bool? {
      guard let sketch else { return nil }
      if sketch.encoding == .dense { return sketch.addDense(element) }
      switch sketch.sparseAddition(of: element) {
      case .unchanged: return false
      case .corrupt: return nil
      case .edit(let edit) where edit.growth <= 0 || count + edit.growth <= sizeMax:
        let oldCount = count
        replace(bytes + [UInt8](repeating: 0xee, count: max(edit.growth, 0)))
        let left = HyperLogLog(base, byteCount: oldCount).apply(edit)
        replace(Array(bytes.prefix(left)))
        return true
      case .edit, .needsDense:
        let dense = Block([UInt8](repeating: 0, count: HyperLogLog.denseByteCount))
        defer { dense.free() }
        guard sketch.writeDense(to: dense.base) else { return nil }
        replace(dense.bytes)
        return self.sketch?.addDense(element)
      }
    }
  }
}
