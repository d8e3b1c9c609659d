import Testing

@testable import Core

/// Strings that a client made up. Each is walked in a block of its exact size.
@Suite struct CorruptHyperLogLogTests {
  private static let all: [UInt8] = [0x7f, 0xff]

  private func expectCorrupt(
    _ opcodes: [UInt8], at register: Int? = nil, location: SourceLocation = #_sourceLocation
  ) {
    let sketch = Sketch(Sketch.header + opcodes)
    #expect(sketch.estimate == nil, sourceLocation: location)
    #expect(sketch.registers == nil, sourceLocation: location)
    #expect(sketch.with { $0.decoded() } == nil, sourceLocation: location)
    #expect(!sketch.becomeDense(), sourceLocation: location)
    guard let register else { return }
    let element = HyperLogLogElement(register: register, rank: 3)
    #expect(sketch.add(element) == nil, sourceLocation: location)
    #expect(sketch.bytes == Sketch.header + opcodes, sourceLocation: location)
  }

  /// CVE-2025-32023: runs whose lengths add up to more than there are registers, so that the writer
  /// of dense registers, or of a union's, went out of bounds.
  @Test func runsBeyondTheLastRegister() {
    expectCorrupt(Self.all + [0x80])
    expectCorrupt(Self.all + [0xff])
    expectCorrupt(Self.all + Self.all)
    expectCorrupt([0x00] + Self.all, at: 5)
    expectCorrupt([0x3f] + Self.all, at: 16383)
    expectCorrupt([0x83] + Self.all, at: 16383)
    expectCorrupt([UInt8](repeating: 0xff, count: 4097))
    expectCorrupt([UInt8](repeating: 0x7f, count: 16386))
    // As in the published attack: so many that a 32-bit index wraps around to below zero.
    var wrapping: [UInt8] = []
    for _ in 0..<131_072 { wrapping += Self.all }
    expectCorrupt(wrapping + [0x80], at: 0)
    expectCorrupt([0x7f, 0xfe] + [0x83], at: 16383)
  }

  @Test func runsThatEndTooEarly() {
    expectCorrupt([], at: 0)
    expectCorrupt([0x00], at: 1)
    expectCorrupt([0x7f, 0xfe], at: 16383)
    expectCorrupt([0x80], at: 16383)
  }

  @Test func opcodeThatIsCutOff() {
    expectCorrupt([0x7f], at: 0)
    expectCorrupt([0x40], at: 0)
    expectCorrupt([UInt8](repeating: 0, count: 16) + [0x7f], at: 16)
    expectCorrupt([UInt8](repeating: 0x3f, count: 255) + [0x40], at: 16383)
  }

  /// Changing one would take time that grows with the string.
  @Test func longOnesAreRefused() {
    let opcodes = [UInt8](repeating: 0, count: 2 * HyperLogLog.registerCount + 1)
    expectCorrupt(opcodes, at: 0)
  }

  /// Redis never writes them so, but reads them.
  @Test func opcodesThatCouldBeShorter() {
    var opcodes: [UInt8] = []
    for _ in 0..<HyperLogLog.registerCount { opcodes += [0x40, 0x00] }
    let sketch = Sketch(Sketch.header + opcodes, sparseByteCountMax: 0)
    #expect(sketch.estimate == 0)
    for register in [0, 100, 16383] {
      #expect(sketch.add(HyperLogLogElement(register: register, rank: 3)) == true)
      #expect(sketch.registers?[register] == 3)
    }
    #expect(sketch.bytes.count == Sketch.header.count + opcodes.count - 3)
  }

  /// Registers that no hash gives are counted nowhere, and nothing is divided by zero for them.
  @Test func denseRegistersBeyondTheGreatestRank() {
    var header = Sketch.header
    header[4] = 0
    for byte: UInt8 in [0xff, 0xcf, 0x00] {
      let registers = [UInt8](repeating: byte, count: 12288)
      let sketch = Sketch(header + registers)
      let expected: [UInt8: Int64] = [0xff: .min, 0x00: 0]
      if let expected = expected[byte] { #expect(sketch.estimate == expected) }
      #expect(sketch.with { $0.estimate(usesVectors: false) } == sketch.estimate)
    }
  }
}
