import Core

/// A listpack agrees with an array of texts, and takes bytes from outside only if they are one.
///
///     | mode 1 | [count 2 | bytes] | operations |
///
/// Mode 0 begins with an empty listpack. Otherwise the bytes come first: 1 as they are, 2 with the
/// right header and end around them, 3 with a number of elements that is wrong by the first byte,
/// or unknown where that is -128.
struct ListpackFuzzer {
  private var pack = Listpack()
  private var model: [[UInt8]] = []
  private var reader: InputReader

  static func check(_ input: [UInt8]) -> String? {
    let memory = MemoryCheck()
    var fuzzer = ListpackFuzzer(reader: InputReader(input))
    let failure = fuzzer.run()
    fuzzer.pack.free()
    return failure ?? memory.failure(0)
  }

  private init(reader: InputReader) { self.reader = reader }

  private mutating func run() -> String? {
    let mode = reader.byte() & 3
    if mode != 0 {
      let count = reader.index(below: 65536)
      let bytes = Self.framed(reader.take(count), mode)
      if let failure = load(bytes) { return failure }
    }
    var steps = 0
    while !reader.isAtEnd, steps < 500 {
      if let failure = step() { return failure }
      steps += 1
      if pack.byteCount < 1024 || steps % 16 == 0, let failure = compare() { return failure }
    }
    return compare()
  }

  private static func framed(_ bytes: [UInt8], _ mode: UInt8) -> [UInt8] {
    if mode == 1 { return bytes }
    let entries = mode == 2 ? bytes : Array(bytes.dropFirst())
    let error = mode == 2 ? 0 : Int(Int8(bitPattern: bytes.first ?? 0))
    let right = ListpackReading(entries: entries)?.texts.count ?? 0
    let number = error == -128 ? 65535 : right &+ error
    let length = entries.count + 7
    let header =
      (0..<4).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
      + (0..<2).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    return header + entries + [0xFF]
  }

  private mutating func load(_ bytes: [UInt8]) -> String? {
    let expected = ListpackReading(listpack: bytes)
    return InputReader.withBlock(bytes) { view in
      guard Listpack.isValid(view) == (expected != nil) else {
        return "\(bytes): valid is \(expected != nil)"
      }
      guard let expected else { return nil }
      pack.free()
      pack = Listpack(copying: view)
      model = expected.texts
      return compare()
    }
  }

  /// Changes listpack and model alike, or looks something up in both.
  private mutating func step() -> String? {
    let kind = reader.byte() % 8
    let index = reader.index(below: model.count + 1)
    guard let position = index == model.count ? pack.end : pack.seek(index) else {
      return "\(index) of \(model.count) not found"
    }
    switch kind {
    case 4: return remove(at: position, index)
    case 5: return find(from: position, index)
    case 6: return seek()
    default: break
    }
    let text = reader.text()
    guard pack.hasRoom(for: text.count + 10) else { return "no room" }
    InputReader.withBlock(text) { view in
      switch kind {
      case 0, 1:
        pack.append(ListpackElement(view))
        model.append(text)
      case 2, 3:
        pack.insert(ListpackElement(view), at: position)
        model.insert(text, at: index)
      default:
        if index == model.count { return }
        pack.replace(at: position, with: ListpackElement(view))
        model[index] = text
      }
    }
    return nil
  }

  private mutating func remove(at position: Int, _ index: Int) -> String? {
    let count = Int(reader.byte() % 8)
    let removed = pack.remove(at: position, count: count)
    #if APUS_PLANTED_BUG
      if index == 2, removed == 2 { pack.append(.integer(7)) }
    #endif
    let expected = min(count, model.count - index)
    model.removeSubrange(index..<index + expected)
    return removed == expected ? nil : "removed \(removed) instead of \(expected)"
  }

  private mutating func find(from position: Int, _ index: Int) -> String? {
    let skip = Int(reader.byte() % 3)
    let text =
      reader.byte() & 1 == 0 || model.isEmpty
      ? reader.text() : model[reader.index(below: model.count)]
    let found = InputReader.withBlock(text) { pack.find($0, from: position, skip: skip) }
    let places = stride(from: index, to: model.count, by: skip + 1)
    let expected = places.first { model[$0] == text }
    return found == expected.flatMap { pack.seek($0) } ? nil : "finds \(text) at \(found ?? -1)"
  }

  private mutating func seek() -> String? {
    let index = reader.index(below: 2 * model.count + 4) - model.count - 2
    let number = index < 0 ? model.count + index : index
    let expected = model.indices.contains(number) ? model[number] : nil
    return pack.seek(index).map { pack.element(at: $0).text } == expected
      ? nil : "\(index) is not \(expected ?? [])"
  }

  private func compare() -> String? {
    var index = 0
    var position = pack.start
    while position < pack.end {
      guard index < model.count, pack.element(at: position).reads(as: model[index]) else {
        return "forward, \(index): another element"
      }
      index += 1
      position = pack.next(position)
    }
    if position != pack.end || index != model.count { return "\(index) elements, \(position)" }
    while position > pack.start {
      position = pack.previous(position)
      index -= 1
      guard index >= 0, pack.element(at: position).reads(as: model[index]) else {
        return "backward, \(index): another element"
      }
    }
    if index != 0 { return "\(index) elements not met backward" }
    if pack.count != model.count || pack.isEmpty != model.isEmpty { return "count \(pack.count)" }
    return Listpack.isValid(pack.view) ? nil : "not valid: \(Array(pack.view))"
  }
}

/// What the format's description says of bytes, without a thought to speed.
struct ListpackReading {
  private(set) var texts: [[UInt8]] = []

  /// Nil for what is no listpack.
  init?(listpack bytes: [UInt8]) {
    guard bytes.count >= 7, bytes.last == 0xFF, Self.number(bytes[0..<4]) == bytes.count,
      let entries = ListpackReading(entries: Array(bytes[6..<(bytes.count - 1)]))
    else { return nil }
    let count = Self.number(bytes[4..<6])
    guard count == 65535 || count == entries.texts.count else { return nil }
    self = entries
  }

  init?(entries: [UInt8]) {
    var rest = entries[...]
    while let first = rest.first {
      guard let (body, text) = Self.body(first, rest), body <= rest.count else { return nil }
      let trailer = Self.trailer(body)
      guard rest.dropFirst(body).starts(with: trailer) else { return nil }
      texts.append(text())
      rest = rest.dropFirst(body + trailer.count)
    }
  }

  /// How long encoding and data are, and what they say.
  private static func body(
    _ first: UInt8, _ rest: ArraySlice<UInt8>
  ) -> (Int, () -> [UInt8])? {
    let start = rest.startIndex
    func integer(_ value: Int64) -> () -> [UInt8] { { Array(String(value).utf8) } }
    func string(_ head: Int, _ count: Int) -> (Int, () -> [UInt8]) {
      (head + count, { Array(rest[(start + head)..<(start + head + count)]) })
    }
    switch first {
    case 0x00...0x7F: return (1, integer(Int64(first)))
    case 0x80...0xBF: return string(1, Int(first) - 0x80)
    case 0xC0...0xDF:
      guard rest.count >= 2 else { return nil }
      let value = (Int64(first) - 0xC0) * 256 + Int64(rest[start + 1])
      return (2, integer(value >= 4096 ? value - 8192 : value))
    case 0xE0...0xEF:
      guard rest.count >= 2 else { return nil }
      return string(2, (Int(first) - 0xE0) * 256 + Int(rest[start + 1]))
    case 0xF0:
      guard rest.count >= 5 else { return nil }
      return string(5, number(rest[(start + 1)..<(start + 5)]))
    case 0xF1...0xF4:
      let count = [2, 3, 4, 8][Int(first) - 0xF1]
      guard rest.count > count else { return nil }
      return (1 + count, integer(signed(rest[(start + 1)..<(start + 1 + count)])))
    default: return nil
    }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reversed().reduce(0) { $0 * 256 + Int($1) }
  }

  private static func signed(_ bytes: ArraySlice<UInt8>) -> Int64 {
    let high = Int64(Int8(bitPattern: bytes.last ?? 0))
    return bytes.dropLast().reversed().reduce(high) { $0 << 8 | Int64($1) }
  }

  /// The length in sevens of bits, the highest first, all but the first marked. Redis takes a byte
  /// more for the greatest number of each size but the first.
  private static func trailer(_ body: Int) -> [UInt8] {
    let bounds = [128, 16383, 2_097_151, 268_435_455]
    let count = 1 + bounds.count { body >= $0 }
    return (0..<count).map { index in
      let bits = UInt8(body >> (7 * (count - 1 - index)) & 0x7F)
      return index == 0 ? bits : bits | 0x80
    }
  }
}
