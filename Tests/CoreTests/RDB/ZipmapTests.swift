import Testing

@testable import Core

/// Zipmaps put together by hand, whole and damaged.
@Suite struct ZipmapTests {
  private func read(_ bytes: [UInt8]) -> Result<[[String]], RDBError> {
    // A block of the exact size.
    let block = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
    defer { block.deallocate() }
    block.initialize(from: bytes, count: bytes.count)
    var pairs: [[String]] = []
    do throws(RDBError) {
      var zipmap = try Zipmap(ByteView(block, count: bytes.count))
      while let (field, value) = try zipmap.next() { pairs.append([String(field), String(value)]) }
    } catch {
      return .failure(error)
    }
    return .success(pairs)
  }

  private static let damage = Result<[[String]], RDBError>.failure(.corrupt(""))
  private static let long = [UInt8](repeating: 0x78, count: 300)

  @Test func everyForm() {
    #expect(read([0, 0xFF]) == .success([]))
    #expect(read([1, 1, 0x61, 1, 0, 0x62, 0xFF]) == .success([["a", "b"]]))
    // Unused bytes behind a value, of whatever content.
    #expect(read([1, 1, 0x61, 1, 3, 0x62, 0, 0xFF, 7, 0xFF]) == .success([["a", "b"]]))
    // Lengths of five bytes, needed or not.
    let text = String(decoding: Self.long, as: UTF8.self)
    #expect(
      read([1, 0xFE, 44, 1, 0, 0] + Self.long + [0xFE, 44, 1, 0, 0, 0] + Self.long + [0xFF])
        == .success([[text, text]]))
    #expect(read([1, 0xFE, 1, 0, 0, 0, 0x61, 0, 0, 0xFF]) == .success([["a", ""]]))
    // 254 and more fields are counted.
    for count: UInt8 in [254, 255] {
      #expect(read([count, 1, 0x61, 1, 0, 0x62, 0xFF]) == .success([["a", "b"]]))
    }
  }

  /// CVE-2026-25243: a length in a longer form than it needs, and one that reaches beyond the end.
  @Test func overlongLengths() {
    for count in [UInt32.max, 1 << 31, 0x7FFF_FFFF, 300, 3] {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
      #expect(read([1, 0xFE] + bytes + [0x61, 0, 0, 0xFF]) == Self.damage)
      #expect(read([1, 1, 0x61, 0xFE] + bytes + [0, 0x62, 0xFF]) == Self.damage)
    }
    #expect(read([1, 0xFF, 1, 0, 0, 0, 0x61, 0xFF]) == Self.damage)
    #expect(read([1, 1, 0x61, 0xFF, 1, 0, 0x62, 0xFF]) == Self.damage)
    // Unused bytes that reach beyond the end.
    #expect(read([1, 1, 0x61, 1, 1, 0x62, 0xFF]) == Self.damage)
    #expect(read([1, 1, 0x61, 1, 255, 0x62, 0xFF]) == Self.damage)
  }

  @Test func theHeadLies() {
    for count in UInt8(0)..<254 where count != 1 {
      #expect(read([count, 1, 0x61, 1, 0, 0x62, 0xFF]) == Self.damage)
    }
    #expect(read([]) == Self.damage)
    #expect(read([0]) == Self.damage)
    #expect(read([0xFF]) == Self.damage)
    #expect(read([0, 0]) == Self.damage)
  }

  @Test func everyByteAndEveryCut() {
    var whole: [UInt8] = [4]
    whole += [1, 0x61, 1, 0, 0x62] + [2, 0x63, 0x64, 3, 2, 1, 2, 3, 9, 9]
    whole += [0xFE, 1, 0, 0, 0, 0x65, 0xFE, 2, 0, 0, 0, 1, 5, 6, 7] + [0, 0, 0] + [0xFF]
    guard case .success(let pairs) = read(whole) else {
      Issue.record("not read")
      return
    }
    #expect(pairs.count == 4)
    for end in whole.indices { #expect(read(Array(whole[..<end])) == Self.damage) }
    for index in whole.indices {
      for value in UInt8(0)...255 {
        var damaged = whole
        damaged[index] = value
        if case .success(let pairs) = read(damaged) { #expect(pairs.count <= 8) }
      }
    }
  }
}
