import Testing

@testable import Core

/// Ziplists put together by hand, whole and damaged.
@Suite struct ZiplistTests {
  /// The elements as text, or what is wrong.
  private func read(_ bytes: [UInt8]) -> Result<[String], RDBError> {
    // A block of the exact size.
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    defer { block.deallocate() }
    block.initialize(from: bytes, count: bytes.count)
    var texts: [String] = []
    do throws(RDBError) {
      var ziplist = try Ziplist(ByteView(block, count: bytes.count))
      while let element = try ziplist.next() { texts.append(element.withText { String($0) }) }
    } catch {
      return .failure(error)
    }
    return .success(texts)
  }

  private static let damage = Result<[String], RDBError>.failure(.corrupt(""))

  /// Encodings and data, with what each reads as.
  private static let entries: [(form: [UInt8], text: String)] = {
    func text(_ count: Int) -> String { String(repeating: "x", count: count) }
    var all: [(form: [UInt8], text: String)] = [
      ([0], ""), ([1, 0x61], "a"), ([0x3F] + Array(text(63).utf8), text(63)),
      ([0x40, 64] + Array(text(64).utf8), text(64)), ([0x40, 1, 0x62], "b"),
      ([0x7F, 0xFF] + Array(text(16383).utf8), text(16383)),
      ([0x80, 0, 0, 0x40, 0] + Array(text(16384).utf8), text(16384)),
      ([0x80, 0, 0, 0, 1, 0x63], "c"),
      ([0xC0, 0, 0x80], "-32768"), ([0xC0, 0xFF, 0x7F], "32767"),
      ([0xD0, 0, 0, 0, 0x80], "-2147483648"), ([0xD0, 0xFF, 0xFF, 0xFF, 0x7F], "2147483647"),
      ([0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80], "-9223372036854775808"),
      ([0xE0, 255, 255, 255, 255, 255, 255, 255, 127], "9223372036854775807"),
      ([0xF0, 0, 0, 0x80], "-8388608"), ([0xF0, 0xFF, 0xFF, 0x7F], "8388607"),
      ([0xFE, 0x80], "-128"), ([0xFE, 0x7F], "127"),
    ]
    for number in 0...12 { all.append(([0xF1 + UInt8(number)], "\(number)")) }
    return all
  }()

  @Test func everyEncoding() {
    for (form, text) in Self.entries {
      #expect(read(RDBSamples.ziplist([form])) == .success([text]))
    }
    let all = RDBSamples.ziplist(Self.entries.map(\.form))
    #expect(read(all) == .success(Self.entries.map(\.text)))
    #expect(read(RDBSamples.ziplist([])) == .success([]))
  }

  /// The length of the entry before may take five bytes though one would do: Redis leaves it so.
  @Test func previousLengthsOfFiveBytes() {
    let bytes = RDBSamples.ziplist(Self.entries.map(\.form), longPrevious: true)
    #expect(read(bytes) == .success(Self.entries.map(\.text)))
  }

  @Test func theHeaderLies() {
    let whole = RDBSamples.ziplist([[1, 0x61], [0xF2], [2, 0x62, 0x63]])
    #expect(read(whole) == .success(["a", "1", "bc"]))
    // Bytes: one less, one more, 2^32 - 1.
    for lie: [UInt8] in [
      [UInt8(whole.count - 1), 0, 0, 0], [UInt8(whole.count + 1), 0, 0, 0], [255, 255, 255, 255],
      [0, 0, 0, 0],
    ] {
      #expect(read(lie + whole[4...]) == Self.damage)
    }
    // Where the last entry is: every other offset.
    for lie in UInt8(0)...255 where lie != whole[4] {
      #expect(read(whole[..<4] + [lie] + whole[5...]) == Self.damage)
    }
    // How many there are: too few, too many; 65535 means "count them".
    for lie: [UInt8] in [[2, 0], [4, 0], [0, 0], [254, 255]] {
      #expect(read(whole[..<8] + lie + whole[10...]) == Self.damage)
    }
    #expect(read(whole[..<8] + [255, 255] + whole[10...]) == .success(["a", "1", "bc"]))
  }

  @Test func lengthsThatLie() {
    for form: [UInt8] in [
      [2, 0x61], [0x3F], [0x40, 2, 0x61], [0x7F, 0xFF], [0x80, 0, 0, 0, 2, 0x61],
      [0x80, 0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0x7F, 0xFF, 0xFF, 0xFF], [0x80, 0, 0], [0x40],
      [0xC0, 1], [0xD0, 1, 2, 3], [0xE0, 1, 2, 3, 4, 5, 6, 7], [0xF0, 1, 2], [0xFE],
    ] {
      #expect(read(RDBSamples.ziplist([form])) == Self.damage, "\(form)")
    }
    for head: UInt8 in [0x81, 0xBF, 0xC1, 0xD1, 0xE1, 0xFF] {
      #expect(read(RDBSamples.ziplist([[head, 0, 0, 0, 0, 0, 0, 0, 0]])) == Self.damage)
    }
    // The length of the entry before: wrong, and cut off.
    var bytes = RDBSamples.ziplist([[1, 0x61], [0xF2]])
    bytes[13] = 4
    #expect(read(bytes) == Self.damage)
    bytes[13] = 0xFE
    #expect(read(bytes) == Self.damage)
    bytes[13] = 0xFF
    #expect(read(bytes) == Self.damage)
  }

  /// Never a trap, never a byte from outside: a debug build checks each index.
  @Test func everyByteAndEveryCut() {
    let forms = Self.entries.map(\.form).filter { $0.count < 80 }
    for whole in [RDBSamples.ziplist(forms), RDBSamples.ziplist(forms, longPrevious: true)] {
      for end in whole.indices { #expect(read(Array(whole[..<end])) == Self.damage) }
      for index in whole.indices {
        for value in UInt8(0)...255 where value != whole[index] {
          var damaged = whole
          damaged[index] = value
          if case .success(let texts) = read(damaged) { #expect(texts.count == forms.count) }
        }
      }
    }
  }
}
