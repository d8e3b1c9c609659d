/// A bitmap as its definition says: one bit at a time, with arithmetic that cannot overflow.
struct BitmapModel {
  /// Nil for a key that does not exist.
  var bytes: [UInt8]?

  var bitCount: Int { (bytes?.count ?? 0) * 8 }

  subscript(index: Int) -> Bool {
    get { index < bitCount && (bytes ?? [])[index / 8] & (128 >> UInt8(index % 8)) != 0 }
    set {
      let mask: UInt8 = 128 >> UInt8(index % 8)
      if newValue { bytes?[index / 8] |= mask } else { bytes?[index / 8] &= ~mask }
    }
  }

  mutating func extend(to byteCount: Int) {
    let missing = max(0, byteCount - (bytes?.count ?? 0))
    bytes = (bytes ?? []) + [UInt8](repeating: 0, count: missing)
  }

  // MARK: Fields

  struct Field {
    let isSigned: Bool
    let width: Int
    var low: Int128 { isSigned ? -(1 << Int128(width - 1)) : 0 }
    var high: Int128 { (1 << Int128(isSigned ? width - 1 : width)) - 1 }

    /// The number that the field's bits stand for.
    func wrapped(_ value: Int128) -> Int128 {
      let rest = value & ((1 << Int128(width)) - 1)
      return rest > high ? rest - (1 << Int128(width)) : rest
    }
  }

  func read(_ field: Field, _ offset: Int) -> Int128 {
    field.wrapped((0..<field.width).reduce(0) { $0 << 1 | (self[offset + $1] ? 1 : 0) })
  }

  mutating func write(_ field: Field, _ offset: Int, _ value: Int128) {
    for index in 0..<field.width {
      self[offset + index] = value >> Int128(field.width - 1 - index) & 1 == 1
    }
  }

  // MARK: Ranges

  /// The bits that a range names, or nil for none. `unit` is 1 for bits, 8 for bytes.
  func indexes(_ start: Int, _ end: Int, unit: Int) -> Range<Int>? {
    let count = bitCount / unit
    let first = max(0, start < 0 ? count + start : start)
    let last = min(count - 1, max(0, end < 0 ? count + end : end))
    return first <= last ? (first * unit)..<((last + 1) * unit) : nil
  }

  // MARK: Combining

  static func combine(_ operation: String, _ sources: [BitmapModel]) -> [UInt8] {
    var result = BitmapModel(bytes: [])
    result.extend(to: sources.map { $0.bitCount / 8 }.max() ?? 0)
    // Nothing here allocates: there are a hundred thousand bits.
    let rule = rule(operation, sources.count)
    for index in 0..<result.bitCount {
      var setCount = 0
      for source in sources where source[index] { setCount += 1 }
      if rule(setCount, sources[0][index]) { result[index] = true }
    }
    return result.bytes ?? []
  }

  /// The bit that so many set bits make, with what the first of all bits is.
  private static func rule(_ operation: String, _ count: Int) -> (Int, Bool) -> Bool {
    switch operation {
    case "AND": { setCount, _ in setCount == count }
    case "OR": { setCount, _ in setCount > 0 }
    case "XOR": { setCount, _ in setCount % 2 == 1 }
    case "NOT": { _, first in !first }
    case "DIFF": { setCount, first in first && setCount == 1 }
    case "DIFF1": { setCount, first in !first && setCount > 0 }
    case "ANDOR": { setCount, first in first && setCount > 1 }
    default: { setCount, _ in setCount == 1 }
    }
  }
}
