import Core

/// Names that models know by number: integers, beginnings of one another, long ones. Numbers rise
/// as the bytes do, so that a model compares numbers.
enum MemberNames {
  // Made once and never freed, so that no step allocates.
  static let views: [ByteView] = makeViews()
  static let hashes: [UInt64] = views.map { context.hash($0) }
  static let context = TableContext(
    seedWords: (
      0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb, 0xd6e8_feb8_6659_fd93
    ))

  static let count = 6000

  private static func makeViews() -> [ByteView] {
    let names = (0..<count).map(name).sorted { $0.lexicographicallyPrecedes($1) }
    return names.map { name in
      let block = UnsafeMutablePointer<UInt8>.allocate(capacity: name.count)
      block.initialize(from: name, count: name.count)
      return ByteView(block, count: name.count)
    }
  }

  private static func name(_ number: Int) -> [UInt8] {
    if number == 0 { return [] }
    let text = Array("member \(number / 8)".utf8)
    switch number % 8 {
    case 0: return Array("\(number / 8)".utf8)
    case 1: return Array("-\(number * 7919)".utf8)
    case 2: return [0xFF, UInt8(number >> 8), UInt8(number & 0xFF)]
    case 3 where number % 64 == 3: return text + [UInt8](repeating: 0xFF, count: 240 + number / 350)
    case let suffix: return text + [UInt8](repeating: 0, count: suffix)
    }
  }
}
