import CPrimitives
import Glibc

extension RequestParser {
  /// A request typed by hand: words on a line that ends in LF or CR LF.
  ///
  /// Words without quotes are views of the input. A line with quotes is handed back, because its
  /// words have to be decoded somewhere.
  mutating func parseInline(
    _ input: ByteView, _ position: inout Int, limits: Limits, into arguments: inout ArgumentList
  ) -> Outcome {
    let left = input.count - position
    guard let found = memchr(input.base + position, 10, left) else {
      return left > Self.inlineByteCountMax ? .failure(.bigInlineRequest, 0) : .incomplete
    }
    let newline = UnsafeRawPointer(found) - UnsafeRawPointer(input.base)
    let line = input.slice(position, newline)
    position = newline + 1
    if line.contains(UInt8(ascii: "\"")) || line.contains(UInt8(ascii: "'")) {
      return .quotedInline(byteCount: line.count)
    }
    let before = arguments.count
    appendWords(of: line, to: &arguments)
    return arguments.count == before ? .empty : .request
  }

  private func appendWords(of line: ByteView, to arguments: inout ArgumentList) {
    var index = 0
    while index < line.count {
      while index < line.count, line[index].isInlineSpace { index += 1 }
      let start = index
      while index < line.count, !line[index].isInlineSpace { index += 1 }
      if index > start { arguments.append(line.slice(start, index)) }
    }
  }
}

extension UInt8 {
  /// What C's `isspace` takes for a space, and NUL, which ends a line in Redis.
  var isInlineSpace: Bool { self == 32 || (self >= 9 && self <= 13) || self == 0 }
}

extension ByteView {
  func contains(_ byte: UInt8) -> Bool { count > 0 && memchr(base, Int32(byte), count) != nil }
}
