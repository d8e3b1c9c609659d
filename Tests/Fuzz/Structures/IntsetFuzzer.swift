import Core

/// An intset agrees with a sorted array, and takes bytes from outside only if they are one.
///
///     | mode 1 | [count 2 | bytes] | operations |
///
/// Mode 0 begins with an empty set. Otherwise the bytes come first: 1 as they are, 2 with the right
/// header for a width, and 3 sorted as well.
struct IntsetFuzzer {
  private var set = Intset()
  private var model: [Int64] = []
  private var reader: InputReader

  static func check(_ input: [UInt8]) -> String? {
    let memory = MemoryCheck()
    var fuzzer = IntsetFuzzer(reader: InputReader(input))
    let failure = fuzzer.run()
    fuzzer.set.free()
    return failure ?? memory.failure(0)
  }

  private init(reader: InputReader) { self.reader = reader }

  private mutating func run() -> String? {
    let mode = reader.byte()
    if mode & 3 != 0 {
      let count = reader.index(below: 65536)
      if let failure = load(Self.framed(reader.take(count), mode)) { return failure }
    }
    var steps = 0
    while !reader.isAtEnd, steps < 2000 {
      if let failure = step() { return failure }
      steps += 1
      if model.count < 128 || steps % 16 == 0, let failure = compare() { return failure }
    }
    return compare()
  }

  private static func framed(_ bytes: [UInt8], _ mode: UInt8) -> [UInt8] {
    if mode & 3 == 1 { return bytes }
    let width = [2, 4, 8, 2][Int(mode >> 2) & 3]
    var integers = stride(from: 0, to: bytes.count - width + 1, by: width).map {
      Array(bytes[$0..<($0 + width)])
    }
    if mode & 3 == 3 { integers.sort { signed($0) < signed($1) } }
    let count = UInt32(integers.count)
    let header = [UInt8(width), 0, 0, 0] + (0..<4).map { UInt8(count >> ($0 * 8) & 0xFF) }
    return header + integers.flatMap { $0 }
  }

  private static func signed<Bytes: BidirectionalCollection>(
    _ bytes: Bytes
  ) -> Int64 where Bytes.Element == UInt8 {
    let high = Int64(Int8(bitPattern: bytes.last ?? 0))
    return bytes.dropLast().reversed().reduce(high) { $0 << 8 | Int64($1) }
  }

  /// What the format's description says of bytes; nil for what is no intset.
  private static func read(_ bytes: [UInt8]) -> [Int64]? {
    guard bytes.count > 8, bytes[1...3].allSatisfy({ $0 == 0 }), [2, 4, 8].contains(bytes[0])
    else { return nil }
    let width = Int(bytes[0])
    let count = bytes[4..<8].reversed().reduce(0) { $0 * 256 + Int($1) }
    guard count > 0, bytes.count == 8 + count * width else { return nil }
    let integers = (0..<count).map { signed(bytes[(8 + $0 * width)..<(8 + ($0 + 1) * width)]) }
    return zip(integers, integers.dropFirst()).allSatisfy { $0 < $1 } ? integers : nil
  }

  private mutating func load(_ bytes: [UInt8]) -> String? {
    let expected = Self.read(bytes)
    return InputReader.withBlock(bytes) { view in
      guard Intset.isValid(view) == (expected != nil) else {
        return "\(bytes): valid is \(expected != nil)"
      }
      guard let expected else { return nil }
      set.free()
      set = Intset(copying: view)
      model = expected
      return compare()
    }
  }

  private mutating func step() -> String? {
    let kind = reader.byte() % 8
    let number =
      kind < 6 || model.isEmpty ? reader.integer() : model[reader.index(below: model.count)]
    let rank = model.count { $0 < number }
    let isThere = rank < model.count && model[rank] == number
    guard set.rank(of: number) == rank, set.contains(number) == isThere else {
      return "\(number): rank \(set.rank(of: number)), there \(set.contains(number))"
    }
    switch kind {
    case 0...4:
      if !isThere { model.insert(number, at: rank) }
      #if APUS_PLANTED_BUG
        if number == 32768, rank == 3 { set.remove(model[0]) }
      #endif
      return set.insert(number) == !isThere ? nil : "\(number): inserted twice or not at all"
    case 5, 6:
      if isThere { model.remove(at: rank) }
      return set.remove(number) == isThere ? nil : "\(number): removed twice or not at all"
    default: return nil
    }
  }

  private func compare() -> String? {
    let found = (0..<set.count).map { set[$0] }
    if found != model { return "\(found), not \(model)" }
    if set.byteCount != 8 + model.count * Int(set.width.rawValue) {
      return "\(set.byteCount) bytes"
    }
    return Intset.isValid(set.view) == !model.isEmpty ? nil : "not valid: \(Array(set.view))"
  }
}
