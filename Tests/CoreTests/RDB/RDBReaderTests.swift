import CAlloc
import Testing

@testable import Core

/// Numbers and strings, from memory and in pieces, whole and lying.
@Suite struct RDBReaderTests {
  private static func noise(_ count: Int, seed: UInt64 = 5) -> [UInt8] {
    var random = SplitMixGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  private static let text = String(repeating: "abcd efgh ", count: 30)

  /// Each form of string, with what it reads as.
  private static let strings: [(form: [UInt8], text: [UInt8])] = {
    let long = noise(300)
    var all: [(form: [UInt8], text: [UInt8])] = [
      ([0], []), ([1, 0x61], [0x61]), ([0x3F] + long[..<63], Array(long[..<63])),
      ([0x40, 3, 1, 2, 3], [1, 2, 3]), ([0x41, 0x2C] + long, long),
      ([0x80, 0, 0, 0, 2, 5, 6], [5, 6]), ([0x80, 0, 0, 1, 0x2C] + long, long),
      ([0x81, 0, 0, 0, 0, 0, 0, 0, 1, 9], [9]),
      // LZF: three bytes as they are, then nine of them again.
      ([0xC3, 7, 12, 2, 0x61, 0x62, 0x63, 0xE0, 0, 2], Array("abcabcabcabc".utf8)),
      ([0xC3, 0x40, 7, 0x40, 12, 2, 0x61, 0x62, 0x63, 0xE0, 0, 2], Array("abcabcabcabc".utf8)),
    ]
    let numbers: [(form: [UInt8], number: Int)] = [
      ([0xC0, 0], 0), ([0xC0, 0xFF], -1), ([0xC0, 0x80], -128), ([0xC0, 0x7F], 127),
      ([0xC1, 0x80, 0], 128), ([0xC1, 0, 0x80], -32768), ([0xC2, 0, 0, 0, 0x80], -2_147_483_648),
      ([0xC2, 0xFF, 0xFF, 0xFF, 0x7F], 2_147_483_647),
    ]
    for (form, number) in numbers { all.append((form, Array(String(number).utf8))) }
    return all
  }()

  @Test func stringsOfEveryForm() throws {
    for (form, text) in Self.strings {
      try withRDBReaders(form + [0xEE]) { reader in
        expectEqual([UInt8](try reader.string()), text)
        expectEqual(reader.offset, form.count)
        expectEqual(reader.remaining, 1)
        expectEqual(try reader.byte(), 0xEE)
        #expect(rdbError { () throws(RDBError) in _ = try reader.byte() } == .truncated)
      }
      try withRDBReaders(form) { reader in
        switch try reader.element() {
        case .bytes(let bytes): #expect([UInt8](bytes) == text)
        case .integer(let number): #expect(Array(String(number).utf8) == text)
        }
      }
    }
  }

  @Test func everyCutIsNoticed() {
    for (form, _) in Self.strings {
      for end in 0..<form.count {
        withRDBReaders(Array(form[..<end]), sizes: [1, 7]) { reader in
          let error = rdbError { () throws(RDBError) in _ = try reader.string() }
          #expect(error == .truncated, "\(form.prefix(12)) cut at \(end)")
        }
      }
    }
  }

  /// Both views of a pair are right, whatever their forms and wherever the window ends.
  @Test func pairsOfEveryForm() throws {
    for (first, firstText) in Self.strings {
      for (second, secondText) in Self.strings {
        try withRDBReaders([9] + first + second + [7], sizes: [1, 3]) { reader in
          expectEqual(try reader.byte(), 9)
          let (one, other) = try reader.pair()
          #expect([UInt8](one) == firstText)
          #expect([UInt8](other) == secondText)
          expectEqual(try reader.byte(), 7)
        }
      }
    }
  }

  /// Strings around the window's size and beyond, so that it moves and grows between two views.
  @Test func windowsMoveAndGrow() throws {
    let window = RDBReader.windowByteCount
    let counts = [10, 100_000, window - 5, window, window + 1, 600_000]
    let noise = [5, 6].map { Self.noise(600_000, seed: $0) }
    let bytes = rdbBytes(compresses: false) { writer in
      for first in counts {
        for second in counts {
          noise[0].withView { writer.string($0.slice(0, first)) }
          noise[1].withView { writer.string($0.slice(0, second)) }
          writer.byte(0xEE)
        }
      }
    }
    let expected = bytes.withView { RDBFormat.checksum($0) }
    for size in [65_537, window - 1, 1 << 30] {
      var reader = RDBPieces(bytes, size: size).reader()
      for first in counts {
        for second in counts {
          let (one, other) = try reader.pair()
          let areRight =
            noise[0].withView { $0.slice(0, first) == one }
            && noise[1].withView { $0.slice(0, second) == other }
          #expect(areRight, "\(first), \(second), \(size)")
          expectEqual(try reader.byte(), 0xEE)
        }
      }
      expectEqual(reader.remaining, 0)
      expectEqual(reader.checksum(), expected)
    }
  }

  /// The checksum is that of what has been read, asked for anywhere.
  @Test func checksumOfWhatWasRead() throws {
    let bytes = Self.strings.flatMap(\.form)
    for asksOften in [false, true] {
      try withRDBReaders(bytes) { reader in
        for _ in Self.strings {
          _ = try reader.string()
          if !asksOften { continue }
          let read = Array(bytes[..<reader.offset])
          expectEqual(reader.checksum(), read.withView { RDBFormat.checksum($0) })
        }
        expectEqual(reader.checksum(), bytes.withView { RDBFormat.checksum($0) })
      }
    }
  }

  @Test func numbersOfEveryForm() throws {
    let numbers: [([UInt8], UInt64)] = [
      ([0], 0), ([0x3F], 63), ([0x40, 0], 0), ([0x7F, 0xFF], 16383),
      ([0x80, 1, 2, 3, 4], 0x0102_0304), ([0x80, 255, 255, 255, 255], 0xFFFF_FFFF),
      ([0x81, 1, 2, 3, 4, 5, 6, 7, 8], 0x0102_0304_0506_0708),
      ([0x81] + [UInt8](repeating: 255, count: 8), .max),
    ]
    for (form, number) in numbers {
      try withRDBReaders(form) { expectEqual(try $0.number(), number) }
      for end in 0..<form.count {
        withRDBReaders(Array(form[..<end])) { reader in
          #expect(rdbError { () throws(RDBError) in _ = try reader.number() } == .truncated)
        }
      }
    }
    try withRDBReaders([1, 2, 3, 4, 5, 6, 7, 8, 0xFE, 0xFF]) { reader in
      expectEqual(try reader.integer(UInt64.self), 0x0807_0605_0403_0201)
      expectEqual(try reader.integer(Int16.self), -2)
    }
    try withRDBReaders([0, 0, 0, 0, 0, 0, 0xF8, 0x7F]) { expectEqual(try $0.double().isNaN, true) }
    try withRDBReaders([0, 0, 0, 0, 0, 0, 0xF8, 0xBF]) { expectEqual(try $0.double(), -1.5) }
  }

  @Test func unknownForms() {
    for head in UInt8(0x80)...0xFF {
      let bytes = [head] + [UInt8](repeating: 0, count: 20)
      let isNumber = head < 0x82
      withRDBReaders(bytes, sizes: [1]) { reader in
        let error = rdbError { () throws(RDBError) in _ = try reader.number() }
        #expect(error == (isNumber ? nil : .corrupt("")), "\(head)")
      }
      // An LZF string of nothing is none.
      let isString = isNumber || (0xC0...0xC2).contains(head)
      withRDBReaders(bytes, sizes: [1]) { reader in
        let error = rdbError { () throws(RDBError) in _ = try reader.string() }
        #expect(error == (isString ? nil : .corrupt("")), "\(head)")
      }
    }
  }

  @Test func scoresAsText() throws {
    try withRDBReaders([3] + Array("1.5".utf8) + [253, 254, 255]) { reader in
      expectEqual(try reader.textDouble(), 1.5)
      expectEqual(try reader.textDouble().isNaN, true)
      expectEqual(try reader.textDouble(), .infinity)
      expectEqual(try reader.textDouble(), -.infinity)
    }
    for text in ["", "x", "1x", " 1", "1.5 "] {
      withRDBReaders([UInt8(text.utf8.count)] + Array(text.utf8)) { reader in
        #expect(rdbError { () throws(RDBError) in _ = try reader.textDouble() } == .corrupt(""))
      }
    }
    withRDBReaders([252, 0x31]) { reader in
      #expect(rdbError { () throws(RDBError) in _ = try reader.textDouble() } == .truncated)
    }
  }

  @Test func countsThatLie() throws {
    try withRDBReaders([3, 0, 0, 0]) { expectEqual(try $0.count(), 3) }
    try withRDBReaders([1, 0, 0, 0]) { expectEqual(try $0.count(elementByteCountMin: 3), 1) }
    for (form, byteCountMin) in [([4], 1), ([2], 2), ([0x81] + Self.lies[0], 1)] {
      withRDBReaders(form + [0, 0, 0], sizes: [1, 100]) { reader in
        let error = rdbError { () throws(RDBError) in
          _ = try reader.count(elementByteCountMin: byteCountMin)
        }
        #expect(error == .truncated)
      }
    }
  }

  // MARK: Lengths that lie

  /// Lengths of 64 bits that no file has: 2^63, 2^64 - 1, 2^63 - 1, 2^62, 2^40.
  private static let lies: [[UInt8]] = [
    [0x80, 0, 0, 0, 0, 0, 0, 0], [UInt8](repeating: 255, count: 8),
    [0x7F] + [UInt8](repeating: 255, count: 7), [0x40, 0, 0, 0, 0, 0, 0, 0],
    [0, 0, 1, 0, 0, 0, 0, 0],
  ]

  /// Forms with such a length, and what reading them throws.
  private static let lyingForms: [(form: [UInt8], error: RDBError)] = {
    var forms: [(form: [UInt8], error: RDBError)] = [
      ([0x80, 0xFF, 0xFF, 0xFF, 0xFF], .truncated), ([0x7F, 0xFF], .truncated),
      ([0xC3, 4, 0x41, 0x63], .corrupt("")),
    ]
    for lie in lies {
      let claim: [UInt8] = [0x81] + lie
      forms.append((claim, .truncated))
      forms.append(([0xC3] + claim + [10], .truncated))
      forms.append(([0xC3] + claim + claim, .truncated))
      forms.append(([0xC3, 4] + claim, .corrupt("")))
    }
    return forms
  }()

  /// What is claimed costs nothing: neither from memory nor from a source, of known length or not.
  @Test func lengthsThatLieCostNoMemory() async {
    // Alone in its process, because other tests allocate meanwhile.
    await #expect(processExitsWith: .success) {
      let rest = [UInt8](repeating: 7, count: 30)
      for (form, expected) in Self.lyingForms {
        let bytes = form + rest
        for source in 0..<3 {
          let before = apus_alloc_used
          let check = { (reader: inout RDBReader) in
            let first = rdbError { () throws(RDBError) in _ = try reader.string() }
            precondition(first == expected, "\(form) \(source): \(String(describing: first))")
            // Whatever comes next, it does not trap.
            _ = rdbError { () throws(RDBError) in _ = try reader.pair() }
            precondition(apus_alloc_used - before <= RDBReader.windowByteCount + 4096)
          }
          switch source {
          case 0:
            bytes.withView { view in
              var reader = RDBReader(view)
              check(&reader)
            }
          case 1:
            var reader = RDBPieces(bytes, size: 5).reader()
            check(&reader)
          default:
            var reader = RDBPieces(bytes, size: 5).reader(byteCount: .max)
            check(&reader)
          }
          precondition(apus_alloc_used == before)
        }
      }
    }
  }

  /// As the second of a pair, behind a view that is kept.
  @Test func theSecondOfAPairLies() {
    for (form, expected) in Self.lyingForms {
      for byteCount in [nil, Int.max] {
        let bytes: [UInt8] = [9, 3, 1, 2, 3] + form + [UInt8](repeating: 7, count: 30)
        var reader = RDBPieces(bytes, size: 4).reader(byteCount: byteCount)
        let error = rdbError { () throws(RDBError) in
          _ = try reader.byte()
          _ = try reader.pair()
        }
        #expect(error == expected)
      }
    }
  }

  // MARK: Sources

  @Test func aSourceThatFails() throws {
    let pieces = RDBPieces([2, 0x61], size: 1)
    pieces.failure = .unreadable(5)
    var reader = pieces.reader(byteCount: 100)
    #expect(rdbError { () throws(RDBError) in _ = try reader.string() } == .unreadable(5))
    // One that ends before the length that was told.
    var short = RDBPieces([2, 0x61], size: 1).reader(byteCount: 100)
    #expect(rdbError { () throws(RDBError) in _ = try short.string() } == .truncated)
    // One whose length nobody knows.
    var unknown = RDBPieces([2, 0x61, 0x62, 1], size: 1).reader(byteCount: .max)
    expectEqual([UInt8](try unknown.string()), [0x61, 0x62])
    #expect(rdbError { () throws(RDBError) in _ = try unknown.string() } == .truncated)
  }

  /// What lies beyond the length that was told is not read.
  @Test func aSourceWithMoreThanWasTold() throws {
    var reader = RDBPieces([1, 2, 3, 4], size: 10).reader(byteCount: 3)
    expectEqual([UInt8](try reader.bytes(3)), [1, 2, 3])
    #expect(rdbError { () throws(RDBError) in _ = try reader.byte() } == .truncated)
    expectEqual(reader.offset, 3)
  }
}
