import Testing

@testable import Core

@Suite struct ListpackEntryTests {
  private func encoded(_ element: ListpackElement) -> [UInt8] {
    var place = [UInt8](repeating: 0xAA, count: ListpackEntry.byteCount(element))
    place.withUnsafeMutableBufferPointer {
      if let base = $0.baseAddress { ListpackEntry.write(element, to: base) }
    }
    return place
  }

  /// What Redis writes for these, as its format says.
  @Test(
    arguments: [
      (0, [0x00, 0x01]), (127, [0x7F, 0x01]), (128, [0xC0, 0x80, 0x02]), (-1, [0xDF, 0xFF, 0x02]),
      (4095, [0xCF, 0xFF, 0x02]), (-4096, [0xD0, 0x00, 0x02]),
      (4096, [0xF1, 0x00, 0x10, 0x03]), (-4097, [0xF1, 0xFF, 0xEF, 0x03]),
      (32767, [0xF1, 0xFF, 0x7F, 0x03]), (32768, [0xF2, 0x00, 0x80, 0x00, 0x04]),
      (-8_388_608, [0xF2, 0x00, 0x00, 0x80, 0x04]),
      (8_388_608, [0xF3, 0x00, 0x00, 0x80, 0x00, 0x05]),
      (-2_147_483_648, [0xF3, 0x00, 0x00, 0x00, 0x80, 0x05]),
      (2_147_483_648, [0xF4, 0x00, 0x00, 0x00, 0x80, 0, 0, 0, 0, 0x09]),
      (Int64.min, [0xF4, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x09]),
    ] as [(Int64, [UInt8])])
  func integersAreEncodedAsInRedis(number: Int64, bytes: [UInt8]) {
    #expect(encoded(.integer(number)) == bytes)
    bytes.withView { view in
      guard case .integer(number) = ListpackEntry.element(at: view.base) else {
        Issue.record("\(number) reads as \(ListpackEntry.element(at: view.base))")
        return
      }
    }
  }

  @Test(
    arguments: [
      (0, [0x80], [0x01]), (3, [0x83], [0x04]), (63, [0xBF], [0x40]), (64, [0xE0, 0x40], [0x42]),
      (125, [0xE0, 0x7D], [0x7F]), (126, [0xE0, 0x7E], [0x01, 0x80]),
      (4095, [0xEF, 0xFF], [0x20, 0x81]), (4096, [0xF0, 0x00, 0x10, 0, 0], [0x20, 0x85]),
      (16377, [0xF0, 0xF9, 0x3F, 0, 0], [0x7F, 0xFE]),
      (16378, [0xF0, 0xFA, 0x3F, 0, 0], [0x00, 0xFF, 0xFF]),
      (70_000, [0xF0, 0x70, 0x11, 0x01, 0], [0x04, 0xA2, 0xF5]),
    ] as [(Int, [UInt8], [UInt8])])
  func stringsAreEncodedAsInRedis(count: Int, head: [UInt8], trailer: [UInt8]) {
    let text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
    let bytes = text.withView { encoded(.bytes($0)) }
    #expect(bytes == head + text + trailer)
    bytes.withView { view in
      #expect(ListpackEntry.byteCount(at: view.base) == bytes.count)
      #expect(ListpackEntry.validatedByteCount(view) == bytes.count)
    }
  }

  @Test(arguments: [
    ("12", true), ("-12", true), ("0", true), ("9223372036854775807", true),
    ("-9223372036854775808", true), ("9223372036854775808", false), ("012", false), ("+1", false),
    ("-0", false), (" 1", false), ("1.0", false), ("", false), ("a", false),
  ])
  func onlyTheShortestFormIsAnInteger(text: String, isInteger: Bool) {
    Array(text.utf8).withView { view in
      switch ListpackElement(view) {
      case .integer: #expect(isInteger)
      case .bytes: #expect(!isInteger)
      }
    }
  }

  @Test(
    arguments: [
      [], [0x83, 0x61, 0x62], [0x81, 0x61], [0x81, 0x61, 0x03], [0xE0], [0xEF, 0xFF, 0x61],
      [0xF0, 0xFF, 0xFF, 0xFF, 0xFF, 0x61, 0x01], [0xF0, 0x01, 0x00], [0xF5, 0x00, 0x01],
      [0xFF, 0x01], [0xF4, 0x00, 0x00], [0xC0], [0xC0, 0x80, 0x82],
    ] as [[UInt8]])
  func damagedEntriesAreRefused(bytes: [UInt8]) {
    bytes.withView { #expect(ListpackEntry.validatedByteCount($0) == nil) }
  }
}
