import Testing

@testable import Core

/// What a parser made of bytes that arrived in pieces: requests as arrays of text.
struct ParsedRequests: Equatable {
  var requests: [[String]] = []
  var failure: ProtocolError?
  var failureByte: UInt8 = 0

  init(requests: [[String]] = [], failure: ProtocolError? = nil) {
    self.requests = requests
    self.failure = failure
  }

  /// Feeds the first `cuts[0]` bytes, then up to `cuts[1]`, and so on, and at last all of them.
  init(_ bytes: [UInt8], cuts: [Int] = [], limits: RequestParser.Limits = .init()) {
    var parser = RequestParser()
    var position = 0
    var list = ArgumentList(capacity: 1)
    defer { list.destroy() }
    for end in cuts + [bytes.count] {
      bytes.withView { whole in
        let input = whole.slice(0, end)
        while failure == nil {
          switch parser.parse(input, &position, limits: limits, into: &list) {
          case .request:
            requests.append((0..<list.count).map { String(list.base[$0]) })
            list.truncate(to: 0)
          case .empty: continue
          case .incomplete: return
          case .quotedInline(let count):
            requests.append(["QUOTED", String(input.slice(position - 1 - count, position - 1))])
          case .failure(let error, let byte):
            failure = error
            failureByte = byte
          }
        }
      }
    }
  }

  init(_ text: String, limits: RequestParser.Limits = .init()) {
    self.init(Array(text.utf8), limits: limits)
  }
}
