import Testing

@testable import Core

/// A HyperLogLog in memory of its own that grows as a string would.
final class Sketch {
  /// "HYLL", sparse, no count cached.
  static let header: [UInt8] = [0x48, 0x59, 0x4c, 0x4c, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80]
  private(set) var bytes: [UInt8]
  let sparseByteCountMax: Int

  init(_ bytes: [UInt8]? = nil, sparseByteCountMax: Int = 3000) {
    self.sparseByteCountMax = sparseByteCountMax
    var empty = [UInt8](repeating: 0, count: HyperLogLog.emptyByteCount)
    empty.withUnsafeMutableBufferPointer { HyperLogLog.writeEmpty(to: $0.baseAddress!) }
    self.bytes = bytes ?? empty
  }

  /// Lends the bytes in a block of exactly their size, so that a sanitizer sees what goes beyond.
  func with<Result>(_ body: (HyperLogLog) throws -> Result) rethrows -> Result {
    let base = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    defer { base.deallocate() }
    base.initialize(from: bytes, count: bytes.count)
    defer { bytes = Array(UnsafeBufferPointer(start: base, count: bytes.count)) }
    return try body(HyperLogLog(ByteView(base, count: bytes.count))!)
  }

  /// Whether it changed; nil if it is corrupt.
  func add(_ element: HyperLogLogElement) -> Bool? {
    if with({ $0.encoding }) == .dense { return with { $0.addDense(element) } }
    switch with({ $0.sparseAddition(of: element) }) {
    case .unchanged: return false
    case .corrupt: return nil
    case .edit(let edit) where edit.growth <= 0 || bytes.count + edit.growth <= sparseByteCountMax:
      bytes += [UInt8](repeating: 0xee, count: max(edit.growth, 0))
      let count = bytes.count - max(edit.growth, 0)
      let left = bytes.withUnsafeMutableBufferPointer {
        HyperLogLog($0.baseAddress!, byteCount: count).apply(edit)
      }
      bytes.removeLast(bytes.count - left)
      return true
    case .edit, .needsDense:
      guard becomeDense() else { return nil }
      return with { $0.addDense(element) }
    }
  }

  func add(_ text: String) -> Bool? { Array(text.utf8).withView { add(HyperLogLogElement($0)) } }

  func becomeDense() -> Bool {
    var dense = [UInt8](repeating: 0, count: HyperLogLog.denseByteCount)
    let isValid = dense.withUnsafeMutableBufferPointer { dense in
      with { $0.writeDense(to: dense.baseAddress!) }
    }
    if isValid { bytes = dense }
    return isValid
  }

  var estimate: Int64? { with { $0.estimate(usesVectors: true) } }

  /// All registers; nil if it is corrupt.
  var registers: [UInt8]? {
    let union = HyperLogLogUnion(usesVectors: false)
    defer { union.free() }
    guard with(union.merge) else { return nil }
    return (0..<HyperLogLog.registerCount).map { union[$0] }
  }
}

@Suite struct HyperLogLogTests {
  @Test func emptyOne() {
    let sketch = Sketch()
    var expected = Array("HYLL".utf8) + [1]
    expected += [UInt8](repeating: 0, count: 11)
    #expect(sketch.bytes == expected + [0x7f, 0xff])
    #expect(sketch.with { $0.cachedCount } == 0)
    #expect(sketch.estimate == 0)
    sketch.with { $0.invalidateCache() }
    #expect(sketch.with { $0.cachedCount } == nil)
  }

  @Test func whatIsNone() {
    let magic = Array("HYLL".utf8)
    let dense = magic + [UInt8](repeating: 0, count: HyperLogLog.denseByteCount - 4)
    let rest = Array(Sketch.header.dropFirst(5))
    let others: [[UInt8]] = [
      [], magic, Array(Sketch.header.dropLast()), [0x68] + Array(Sketch.header.dropFirst()),
      magic + [2] + rest, magic + [255] + rest, Array(dense.dropLast()), dense + [0],
    ]
    for bytes in others {
      #expect(bytes.withView { HyperLogLog($0) == nil })
    }
    #expect(dense.withView { HyperLogLog($0) != nil })
    #expect(Sketch.header.withView { HyperLogLog($0) != nil })
  }

  /// Against a plain array of registers, below and above each threshold, in both forms.
  @Test(arguments: [(0, 3000), (1, 3000), (2, 100), (3, 18), (4, 0), (5, 40_000)])
  func model(seed: UInt64, sparseByteCountMax: Int) {
    var random = SplitMixGenerator(seed: seed)
    let sketch = Sketch(sparseByteCountMax: sparseByteCountMax)
    var model = [UInt8](repeating: 0, count: HyperLogLog.registerCount)
    for step in 0..<3000 {
      // Ranks that are often equal make runs to be merged and split.
      let rank = UInt8.random(in: 1...(step == 2500 && seed < 5 ? 51 : 4), using: &random)
      let range = step % 3 == 0 ? HyperLogLog.registerCount : 300
      let register = Int.random(in: 0..<range, using: &random)
      let isRaise = model[register] < rank
      model[register] = max(model[register], rank)
      #expect(sketch.add(HyperLogLogElement(register: register, rank: rank)) == isRaise)
      if sketch.with({ $0.encoding }) == .sparse {
        #expect(sketch.bytes.count <= sparseByteCountMax)
      }
      if step % 500 == 0 { #expect(sketch.registers == model) }
    }
    #expect(sketch.registers == model)
  }

  @Test func firstAndLastRegister() {
    for register in [0, 1, 63, 64, 65, 16318, 16319, 16320, 16382, 16383] {
      let sketch = Sketch()
      #expect(sketch.add(HyperLogLogElement(register: register, rank: 32)) == true)
      #expect(sketch.with { $0.encoding } == .sparse)
      #expect(sketch.registers?[register] == 32)
      #expect(sketch.add(HyperLogLogElement(register: register, rank: 33)) == true)
      #expect(sketch.with { $0.encoding } == .dense)
      #expect(sketch.registers?[register] == 33)
      #expect(sketch.with { $0.denseValue(register) } == 33)
      #expect(sketch.registers?.reduce(0) { $0 + Int($1) } == 33)
    }
  }

  @Test func neighboursOfEqualRankAreMerged() {
    let sketch = Sketch()
    for register in [10, 12, 11, 14, 13] {
      _ = sketch.add(HyperLogLogElement(register: register, rank: 3))
    }
    let text = sketch.with { String(decoding: $0.decoded() ?? [], as: UTF8.self) }
    #expect(text == "z:10 v:3,4 v:3,1 Z:16369")
  }

  /// Sparse or dense, with vectors or without: the same estimate.
  @Test func formsAgree() {
    let sketch = Sketch(sparseByteCountMax: 40_000)
    for count in 1...20_000 {
      _ = sketch.add("element \(count)")
      guard count % 997 == 0 || count < 5 else { continue }
      let dense = Sketch(sketch.bytes)
      #expect(dense.becomeDense())
      #expect(dense.with { $0.estimate(usesVectors: true) } == sketch.estimate)
      #expect(dense.with { $0.estimate(usesVectors: false) } == sketch.estimate)
    }
  }

  /// As Redis shows them with PFDEBUG DECODE.
  @Test(arguments: [
    ("a", 12711, 2),
    ("4yoC0tbt", 11682, 31), ("oKaenBBl", 3183, 32), ("Dw00BfjK", 10208, 33),
    ("b", 15780, 1),
    ("", 5938, 2),
    ("12345678", 10579, 3),
    ("element:000000000042", 7167, 1),
    (String(repeating: "x", count: 100), 15288, 1),
  ])
  func registersOfElements(text: String, register: Int, rank: Int) {
    let element = Array(text.utf8).withView { HyperLogLogElement($0) }
    #expect(element.register == register)
    #expect(Int(element.rank) == rank)
  }
}
