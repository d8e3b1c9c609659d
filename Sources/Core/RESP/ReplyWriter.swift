import CPrimitives

/// Writes RESP2 or RESP3 values into a connection's reply buffer.
///
/// Each call writes one whole value or one header, and accounts for it in `valuesOwed`, so that a
/// handler which promises three elements and writes two is caught before anything is sent: a frame
/// whose count is wrong would shift every later reply of the connection. Text that becomes part of
/// a line (errors, simple strings) has CR and LF replaced.
package struct ReplyWriter {
  package let buffer: UnsafeMutablePointer<ReplyBuffer>

  @inline(__always)
  package init(_ buffer: UnsafeMutablePointer<ReplyBuffer>) { self.buffer = buffer }

  package var isRESP3: Bool { buffer.pointee.protocolVersion == 3 }

  @inline(__always)
  private func paid() { buffer.pointee.valuesOwed &-= 1 }

  // MARK: Strings
  //
  // A literal would become a `String`, which allocates: those overloads are disfavored.

  /// `+OK`
  package func ok() {
    paid()
    let target = buffer.pointee.reserve(8)
    UnsafeMutableRawPointer(target).storeBytes(
      of: UInt64(littleEndian: 0x0A0D_4B4F_2B), as: UInt64.self)
    buffer.pointee.cursor = target + 5
  }

  /// A simple string. REQUIRES: no CR or LF, which a literal shows.
  package func simple(_ text: StaticString) { simple(ByteView(text)) }

  /// A simple string of any bytes; CR and LF become spaces.
  package func simple(_ text: ByteView) {
    paid()
    line(UInt8(ascii: "+"), text)
  }

  package func bulk(_ bytes: ByteView) {
    paid()
    writeBulk(bytes)
  }

  /// From here on a copy costs more than a block and a piece of the write for the lent bytes.
  private static var lentByteCountMin: Int { 16 * 1024 }

  /// The bytes of a block, which is held instead of copied if they are many. REQUIRES: who changes
  /// the block later asks whether it is shared.
  @inline(never)
  package func bulk(lending block: StringBlock) {
    if block.count < Self.lentByteCountMin { return bulk(block.view) }
    paid()
    header(UInt8(ascii: "$"), Int64(block.count))
    buffer.pointee.borrow(from: block)
    buffer.pointee.cursor = newline(buffer.pointee.reserve(2))
  }

  package func bulk(_ text: StaticString) { bulk(ByteView(text)) }

  @_disfavoredOverload
  package func bulk(_ text: String) {
    var copy = text
    copy.withUTF8 { bulk(ByteView($0.baseAddress ?? emptyByte, count: $0.count)) }
  }

  package func bulk(_ bytes: [UInt8]) { bytes.withView { bulk($0) } }

  /// The decimal digits of an integer as a bulk string.
  package func bulk(decimal value: Int64) {
    paid()
    let digitCount = IntegerText.decimalDigitCount(value.magnitude)
    let sign = value < 0 ? 1 : 0
    var cursor = bulkHead(sign &+ digitCount, at: buffer.pointee.reserve(32))
    cursor[0] = UInt8(ascii: "-")
    cursor += sign
    IntegerText.write(value.magnitude, digitCount, to: cursor)
    buffer.pointee.cursor = newline(cursor + digitCount)
  }

  /// Text for people: a verbatim string in RESP3, a bulk string in RESP2.
  package func verbatim(_ text: [UInt8], format: StaticString = "txt") {
    guard isRESP3 else { return bulk(text) }
    paid()
    header(UInt8(ascii: "="), Int64(text.count + 4))
    buffer.pointee.append(format.utf8Start, 3)
    buffer.pointee.append(StaticString(":").utf8Start, 1)
    text.withView { buffer.pointee.append($0.base, $0.count) }
    buffer.pointee.append(StaticString("\r\n").utf8Start, 2)
  }

  @_disfavoredOverload
  package func verbatim(_ text: String, format: StaticString = "txt") {
    verbatim(Array(text.utf8), format: format)
  }

  // MARK: Numbers and null

  package func integer(_ value: Int64) {
    paid()
    header(UInt8(ascii: ":"), value)
  }

  @inline(__always)
  package func integer(_ value: Int) { integer(Int64(value)) }

  package func boolean(_ value: Bool) {
    guard isRESP3 else { return integer(value ? 1 : 0) }
    paid()
    literal(value ? "#t\r\n" : "#f\r\n")
  }

  /// A missing value: `_` in RESP3, the null bulk string in RESP2.
  package func null() {
    paid()
    literal(isRESP3 ? "_\r\n" : "$-1\r\n")
  }

  /// A missing array: `_` in RESP3, the null array in RESP2.
  package func nullArray() {
    paid()
    literal(isRESP3 ? "_\r\n" : "*-1\r\n")
  }

  /// A double as text that the caller formatted.
  package func double(text: ByteView) {
    guard isRESP3 else { return bulk(text) }
    paid()
    line(UInt8(ascii: ","), text)
  }

  package func bigNumber(_ digits: ByteView) {
    guard isRESP3 else { return bulk(digits) }
    paid()
    line(UInt8(ascii: "("), digits)
  }

  // MARK: Aggregates

  package func array(_ count: Int) {
    buffer.pointee.valuesOwed += count - 1
    header(UInt8(ascii: "*"), Int64(count))
  }

  /// A map of `count` pairs: in RESP2 an array of twice as many values.
  package func map(_ count: Int) {
    buffer.pointee.valuesOwed += 2 * count - 1
    if isRESP3 {
      header(UInt8(ascii: "%"), Int64(count))
    } else {
      header(UInt8(ascii: "*"), Int64(2 * count))
    }
  }

  package func set(_ count: Int) {
    buffer.pointee.valuesOwed += count - 1
    header(isRESP3 ? UInt8(ascii: "~") : UInt8(ascii: "*"), Int64(count))
  }

  /// Out-of-band data: a push in RESP3, an array in RESP2.
  package func push(_ count: Int) {
    buffer.pointee.valuesOwed += count - 1
    header(isRESP3 ? UInt8(ascii: ">") : UInt8(ascii: "*"), Int64(count))
  }

  /// A push that comes beside the command's own reply. RESP3 only.
  package func pushBeside(_ count: Int) {
    buffer.pointee.valuesOwed += count
    header(UInt8(ascii: ">"), Int64(count))
  }

  /// Attributes, which precede a value and are none themselves. RESP3 only.
  package func attribute(_ count: Int) {
    buffer.pointee.valuesOwed += 2 * count
    header(UInt8(ascii: "|"), Int64(count))
  }

  // MARK: Errors

  /// An error line. `text` starts with its code, such as `ERR`; CR and LF become spaces.
  package func error(_ text: ByteView) {
    paid()
    buffer.pointee.errorCount &+= 1
    line(UInt8(ascii: "-"), text)
  }

  package func error(_ text: StaticString) { error(ByteView(text)) }

  @_disfavoredOverload
  package func error(_ text: String) { Array(text.utf8).withView { error($0) } }

  // MARK: Pieces

  private var emptyByte: UnsafePointer<UInt8> { StaticString("").utf8Start }

  @inline(__always)
  private func newline(_ target: UnsafeMutablePointer<UInt8>) -> UnsafeMutablePointer<UInt8> {
    target[0] = 13
    target[1] = 10
    return target + 2
  }

  private func header(_ type: UInt8, _ value: Int64) {
    let target = buffer.pointee.reserve(24)
    target[0] = type
    let end = target + 1 + IntegerText.write(value, to: target + 1)
    buffer.pointee.cursor = newline(end)
  }

  @inline(__always)
  private func writeBulk(_ bytes: ByteView) {
    let count = bytes.count
    if count >= 100 { return writeLongBulk(bytes) }
    let target = bulkHead(count, at: buffer.pointee.reserve(count &+ 16))
    apus_copy(target, bytes.base, count)
    buffer.pointee.cursor = newline(target + count)
  }

  /// Writes the head of a bulk string of fewer than a hundred bytes; returns where these belong.
  /// REQUIRES: room for eight bytes.
  @inline(__always)
  private func bulkHead(
    _ count: Int, at target: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    UnsafeMutableRawPointer(target).storeBytes(
      of: apus_bulk_head(UInt64(truncatingIfNeeded: count)).littleEndian, as: UInt64.self)
    return target + (count < 10 ? 4 : 5)
  }

  @inline(never)
  private func writeLongBulk(_ bytes: ByteView) {
    let count = bytes.count
    let target = buffer.pointee.reserve(count + 24)
    target[0] = UInt8(ascii: "$")
    let start = newline(target + 1 + IntegerText.write(Int64(count), to: target + 1))
    apus_copy(start, bytes.base, count)
    buffer.pointee.cursor = newline(start + count)
  }

  private func literal(_ text: StaticString) {
    buffer.pointee.append(text.utf8Start, text.utf8CodeUnitCount)
  }

  /// `type`, the text with line ends replaced, CR LF.
  private func line(_ type: UInt8, _ text: ByteView) {
    let target = buffer.pointee.reserve(text.count + 3)
    target[0] = type
    for index in 0..<text.count {
      let byte = text[index]
      target[1 + index] = byte == 13 || byte == 10 ? 32 : byte
    }
    buffer.pointee.cursor = newline(target + 1 + text.count)
  }
}
