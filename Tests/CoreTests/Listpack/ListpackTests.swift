import Testing

@testable import Core

@Suite struct ListpackTests {
  /// The elements as text, walked from the front.
  private func texts(_ pack: Listpack) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var position = pack.start
    while position < pack.end {
      found.append(text(pack, position))
      position = pack.next(position)
    }
    #expect(position == pack.end)
    return found
  }

  private func textsFromBehind(_ pack: Listpack) -> [[UInt8]] {
    var found: [[UInt8]] = []
    var position = pack.end
    while position > pack.start {
      position = pack.previous(position)
      found.append(text(pack, position))
    }
    return found.reversed()
  }

  private func text(_ pack: Listpack, _ position: Int) -> [UInt8] {
    switch pack.element(at: position) {
    case .integer(let number): Array(String(number).utf8)
    case .bytes(let bytes): Array(bytes)
    }
  }

  private func check(_ pack: Listpack, _ model: [[UInt8]]) {
    #expect(pack.count == model.count)
    #expect(texts(pack) == model)
    #expect(textsFromBehind(pack) == model)
    #expect(Listpack.isValid(pack.view))
    #expect(pack.isEmpty == model.isEmpty)
  }

  /// Integers of every width, and strings on both sides of each bound.
  private func value(_ random: inout SplitMixGenerator) -> [UInt8] {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: return Array(String(Int64.random(in: -200...200, using: &random)).utf8)
    case 1:
      let shift = Int64.random(in: 0..<64, using: &random)
      return Array(String(Int64.random(in: .min ... .max, using: &random) >> shift).utf8)
    case 2:
      let count =
        [0, 1, 62, 63, 64, 65, 125, 126, 127, 4095, 4096, 16377, 16378]
        .randomElement(using: &random) ?? 0
      return [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: count)
    default:
      return (0..<Int.random(in: 0..<20, using: &random)).map { _ in
        UInt8.random(in: 0...255, using: &random)
      }
    }
  }

  @Test(arguments: 1...20)
  func agreesWithAnArray(seed: UInt64) {
    var random = SplitMixGenerator(seed: seed)
    var pack = Listpack()
    var model: [[UInt8]] = []
    for _ in 0..<300 {
      step(&pack, &model, &random)
      check(pack, model)
    }
    pack.free()
  }

  private func step(
    _ pack: inout Listpack, _ model: inout [[UInt8]], _ random: inout SplitMixGenerator
  ) {
    let value = value(&random)
    let index = Int.random(in: 0...model.count, using: &random)
    let position = index == model.count ? pack.end : pack.seek(index) ?? -1
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1:
      value.withView { pack.append(ListpackElement($0)) }
      model.append(value)
    case 2, 3:
      value.withView { pack.insert(ListpackElement($0), at: position) }
      model.insert(value, at: index)
    case 4 where index < model.count:
      value.withView { pack.replace(at: position, with: ListpackElement($0)) }
      model[index] = value
    case 5:
      let count = Int.random(in: 0..<4, using: &random)
      let removed = pack.remove(at: position, count: count)
      #expect(removed == min(count, model.count - index))
      model.removeSubrange(index..<index + removed)
    case 6:
      let found = value.withView { pack.find($0, from: pack.start) }
      #expect((found == nil) == !model.contains(value))
      if let found { #expect(text(pack, found) == value) }
    default:
      let index = Int.random(in: -model.count - 2...model.count + 2, using: &random)
      let number = index < 0 ? model.count + index : index
      let found = pack.seek(index).map { text(pack, $0) }
      #expect(found == (model.indices.contains(number) ? model[number] : nil))
    }
  }

  @Test func findLooksAtKeysOnly() {
    var pack = Listpack()
    for text in ["a", "b", "b", "c"] {
      Array(text.utf8).withView { pack.append(ListpackElement($0)) }
    }
    let found = Array("b".utf8).withView { pack.find($0, from: pack.start, skip: 1) }
    #expect(found == pack.seek(2))
    #expect(Array("c".utf8).withView { pack.find($0, from: pack.start, skip: 1) } == nil)
    pack.free()
  }

  /// Entries of every kind of length, in runs that are alike, as a search follows them.
  @Test(arguments: 1...40, [0, 1])
  func everyTextIsFoundBehindEveryLength(seed: UInt64, skip: Int) {
    var random = SplitMixGenerator(seed: seed)
    let kinds = ["7", "300", "-20000", "8000000", "-2000000000", "9000000000", "", "ab", "cde"]
    let counts = [63, 64, 127, 255, 4095, 4096, 4200]
    let texts = kinds.map { Array($0.utf8) } + counts.map { length($0) }
    var pack = Listpack()
    var model: [[UInt8]] = []
    var (key, value) = (0, 0)
    while model.count < 120 {
      // One of the two at a time, so that heads often stay while lengths change.
      let next = Int.random(in: texts.indices, using: &random)
      if random.next() & 1 == 0 { key = next } else { value = next }
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        model += [texts[key], texts[value]]
      }
    }
    for number in stride(from: 0, to: model.count, by: 9) {
      model[number] = Array("sought \(number)".utf8)
    }
    for text in model { text.withView { pack.append(ListpackElement($0)) } }
    for text in model + [Array("absent".utf8)] {
      let number = model.indices.first { $0 % (skip + 1) == 0 && model[$0] == text }
      let found = text.withView { pack.find($0, from: pack.start, skip: skip) }
      #expect(found == number.flatMap { pack.seek($0) })
    }
    pack.free()
  }

  private func length(_ count: Int) -> [UInt8] {
    Array(repeating: UInt8(ascii: "x"), count: count)
  }

  @Test func anIntegerThatAFileHoldsAsTextIsFound() {
    let bytes: [UInt8] = [11, 0, 0, 0, 1, 0, 0x82, 0x31, 0x32, 0x03, 0xFF]
    bytes.withView { view in
      #expect(Listpack.isValid(view))
      let pack = Listpack(copying: view)
      #expect(Array("12".utf8).withView { pack.find($0, from: pack.start) } == pack.start)
      pack.free()
    }
  }

  @Test func moreThanTheHeaderCanCount() {
    var pack = Listpack()
    for _ in 0..<65_534 { pack.append(.integer(1)) }
    #expect(pack.view[4] == 0xFE && pack.view[5] == 0xFF)
    pack.append(.integer(2))
    pack.append(.integer(3))
    #expect(pack.view[4] == 0xFF && pack.view[5] == 0xFF)
    #expect(pack.count == 65_536)
    #expect(Listpack.isValid(pack.view))
    #expect(pack.seek(-1).map { text(pack, $0) } == [UInt8(ascii: "3")])
    #expect(pack.seek(65_534).map { text(pack, $0) } == [UInt8(ascii: "2")])
    pack.remove(at: pack.start, count: 2)
    #expect(pack.count == 65_534)
    // Counted once, known again.
    #expect(pack.view[4] == 0xFE && pack.view[5] == 0xFF)
    pack.free()
  }

  @Test(
    arguments: [
      [], [7, 0, 0, 0, 0, 0], [8, 0, 0, 0, 0, 0, 0xFF], [7, 0, 0, 0, 1, 0, 0xFF],
      [7, 0, 0, 0, 0, 0, 0xFE], [9, 0, 0, 0, 2, 0, 1, 1, 0xFF], [9, 0, 0, 0, 1, 0, 1, 2, 0xFF],
      [9, 0, 0, 0, 1, 0, 0x81, 1, 0xFF], [8, 0, 0, 0, 0, 0, 0xFF, 0xFF],
      [9, 0, 0, 0, 1, 0, 0xFF, 1, 0xFF],
    ] as [[UInt8]])
  func damagedBytesAreRefused(bytes: [UInt8]) {
    bytes.withView { #expect(!Listpack.isValid($0)) }
  }

  @Test func anyCutIsRefused() {
    var pack = Listpack()
    for text in ["a", "1000", String(repeating: "x", count: 200), "-70000"] {
      Array(text.utf8).withView { pack.append(ListpackElement($0)) }
    }
    for count in 0..<pack.byteCount { #expect(!Listpack.isValid(pack.view.slice(0, count))) }
    pack.free()
  }
}
