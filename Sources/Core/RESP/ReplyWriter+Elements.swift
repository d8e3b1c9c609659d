import CPrimitives

/// Elements of collections, and aggregates whose count is known only when all are written.
extension ReplyWriter {
  @inline(__always)
  package func bulk(_ element: ListpackElement) {
    switch element {
    case .integer(let number): bulk(decimal: number)
    case .bytes(let bytes): bulk(bytes)
    }
  }

  /// The header of an aggregate that is written last.
  package struct DeferredHeader {
    fileprivate let gap: ReplyBuffer.Gap
    fileprivate let type: UInt8
  }

  /// Begins a set of at most `countMax` elements; `finish` says how many they are.
  package func deferredSet(atMost countMax: Int) -> DeferredHeader {
    deferred(isRESP3 ? UInt8(ascii: "~") : UInt8(ascii: "*"), countMax)
  }

  /// As `deferredSet`.
  package func deferredArray(atMost countMax: Int) -> DeferredHeader {
    deferred(UInt8(ascii: "*"), countMax)
  }

  private func deferred(_ type: UInt8, _ countMax: Int) -> DeferredHeader {
    let byteCount = 3 + IntegerText.decimalDigitCount(Int64(countMax))
    return DeferredHeader(gap: buffer.pointee.makeGap(byteCount), type: type)
  }

  /// Writes the header. REQUIRES: count <= countMax, and nothing was rewound since.
  package func finish(_ header: DeferredHeader, _ count: Int) {
    buffer.pointee.valuesOwed += count - 1
    let byteCount = 3 + IntegerText.decimalDigitCount(Int64(count))
    let target = buffer.pointee.fillGap(header.gap, byteCount)
    target[0] = header.type
    let end = target + 1 + IntegerText.write(Int64(count), to: target + 1)
    _ = newline(end)
  }

  /// A bulk string of decimal digits that is written last.
  package struct DeferredDecimal {
    fileprivate let gap: ReplyBuffer.Gap
  }

  /// Leaves room for a number that `finish` writes, after what was deferred behind it.
  package func deferredDecimal() -> DeferredDecimal {
    DeferredDecimal(gap: buffer.pointee.makeGap(7 + IntegerText.maximumCount))
  }

  package func finish(_ place: DeferredDecimal, decimal value: UInt64) {
    buffer.pointee.valuesOwed -= 1
    let digitCount = IntegerText.decimalDigitCount(value)
    let byteCount = 5 + IntegerText.decimalDigitCount(Int64(digitCount)) + digitCount
    var cursor = buffer.pointee.fillGap(place.gap, byteCount)
    cursor[0] = UInt8(ascii: "$")
    cursor += 1 + IntegerText.write(Int64(digitCount), to: cursor + 1)
    cursor = newline(cursor)
    cursor += IntegerText.write(value, to: cursor)
    _ = newline(cursor)
  }

  private func newline(_ target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    target[0] = 13
    target[1] = 10
    return target + 2
  }
}

extension ReplyBuffer {
  /// Bytes that are left free to be written later.
  struct Gap {
    let chunk: UnsafeMutablePointer<ReplyChunk>?
    let start: UnsafeMutablePointer<UInt8>
    let byteCount: Int
  }

  mutating func makeGap(_ byteCount: Int) -> Gap {
    let start = reserve(byteCount)
    cursor = start + byteCount
    return Gap(chunk: last, start: start, byteCount: byteCount)
  }

  /// Shrinks the gap to the bytes that are needed, which the caller writes where this says: what
  /// follows it in its block moves forward. REQUIRES: byteCount <= gap.byteCount.
  mutating func fillGap(_ gap: Gap, _ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    let unused = gap.byteCount - byteCount
    guard unused > 0, let chunk = gap.chunk else { return gap.start }
    settle()
    let behind = gap.start + gap.byteCount
    let end = chunk.bytes + chunk.pointee.count
    (gap.start + byteCount).update(from: behind, count: end - behind)
    chunk.pointee.count -= unused
    if chunk == last { cursor = end - unused } else { filledByteCount -= unused }
    return gap.start
  }
}
