import Core

/// Requests are the same however the network cuts them: whole, at random places, byte by byte.
///
///     | options 1 | seed of the cuts 1 | what the client sends |
enum RequestParserFuzzer {
  struct Parsed: Equatable {
    var requests: [[[UInt8]]] = []
    var failure: ProtocolError?
    var failureByte: UInt8 = 0
  }

  static func check(_ input: [UInt8]) -> String? {
    guard input.count > 2 else { return nil }
    var limits = RequestParser.Limits()
    limits.isAuthenticated = input[0] & 1 == 0
    if input[0] & 2 != 0 { limits.bulkByteCountMax = .max }
    let bytes = Array(input.dropFirst(2))
    let whole = parse(bytes, limits) { bytes.count }
    var sizes = ReadSizes(seed: input[1])
    if parse(bytes, limits, { sizes.next() }) != whole { return "cut at random: differs" }
    if bytes.count < 500, parse(bytes, limits, { 1 }) != whole { return "byte by byte: differs" }
    let size = whole.requests.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } }
    return size > bytes.count ? "more bytes came out than went in" : nil
  }

  static func parse(
    _ bytes: [UInt8], _ limits: RequestParser.Limits, _ size: () -> Int
  ) -> Parsed {
    var parsed = Parsed()
    var parser = RequestParser()
    var position = 0
    var arrived = 0
    var list = ArgumentList(capacity: 1)
    defer { list.destroy() }
    while arrived < bytes.count, parsed.failure == nil {
      arrived = min(arrived + size(), bytes.count)
      bytes.withView {
        read($0.slice(0, arrived), &position, limits, &parser, &list, into: &parsed)
      }
      #if APUS_PLANTED_BUG
        if arrived < bytes.count, parser.argumentsMissing == 2 { parser.reset() }
      #endif
    }
    return parsed
  }

  private static func read(
    _ input: ByteView, _ position: inout Int, _ limits: RequestParser.Limits,
    _ parser: inout RequestParser, _ list: inout ArgumentList, into parsed: inout Parsed
  ) {
    while true {
      switch parser.parse(input, &position, limits: limits, into: &list) {
      case .request:
        parsed.requests.append((0..<list.count).map { Array(list.base[$0]) })
        list.truncate(to: 0)
      case .empty: continue
      case .incomplete: return
      case .quotedInline(let count):
        var words: [UInt8] = []
        var ranges: [Range<Int>] = []
        let line = input.slice(position - 1 - count, position - 1)
        guard InlineArguments.split(line, into: &words, ranges: &ranges) else {
          parsed.failure = .unbalancedQuotes
          return
        }
        parsed.requests.append(ranges.map { Array(words[$0]) })
      case .failure(let error, let byte):
        parsed.failure = error
        parsed.failureByte = byte
        return
      }
    }
  }
}
