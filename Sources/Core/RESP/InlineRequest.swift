// Inline requests: lines of words, as a person types them into telnet. Beside the parser of RESP
// arrays because it shares its limits and outcomes, and apart from it because it is never hot.

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
    let newline: Int
    switch findEnd(10, input, position) {
    case .at(let found): newline = found
    case .missing: return .incomplete
    case .tooFar: return .failure(.bigInlineRequest, 0)
    }
    let line = input.slice(position, newline)
    position = newline + 1
    if line.index(of: UInt8(ascii: "\"")) != nil || line.index(of: UInt8(ascii: "'")) != nil {
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
      while index < line.count, !line[index].endsInlineWord { index += 1 }
      if index > start { arguments.append(line.slice(start, index)) }
    }
  }
}

extension UInt8 {
  /// What may stand before a word: C's `isspace`.
  var isInlineSpace: Bool { self == 32 || (self >= 9 && self <= 13) }

  /// What ends a word that has begun: fewer bytes than may stand before it, as in Redis.
  var endsInlineWord: Bool { self == 32 || self == 9 || self == 10 || self == 13 }
}

extension ByteView {
  /// Index of the first `byte`.
  package func index(of byte: UInt8) -> Int? {
    guard count > 0, let found = memchr(base, Int32(byte), count) else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }
}
