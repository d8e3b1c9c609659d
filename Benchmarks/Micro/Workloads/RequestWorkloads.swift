import Core

/// Cutting what clients send into requests, as one read of the socket brings it.
enum RequestWorkloads {
  static let all = [
    Workload("Request parser: GET", "128 requests, 4.6 KB") { _ in
      parsing(requests { ["GET", "key:\(100_000_000_000 + $0)"] }, argumentCount: 2)
    },
    Workload("Request parser: SET of 64 bytes", "128 requests, 13 KB") { _ in
      let value = String(repeating: "v", count: 64)
      return parsing(requests { ["SET", "key:\(100_000_000_000 + $0)", value] }, argumentCount: 3)
    },
    Workload("Request parser: MSET of 10 keys", "128 requests, 40 KB") { _ in
      let pairs = (0..<10).flatMap { ["key:\($0)", "value \($0)"] }
      return parsing(requests { _ in ["MSET"] + pairs }, argumentCount: 21)
    },
    Workload("Request parser: inline GET", "128 lines, 2.8 KB") { _ in
      let lines = (0..<128).map { "GET key:\(100_000_000_000 + $0)\r\n" }
      return parsing(Array(lines.joined().utf8), argumentCount: 2)
    },
    Workload("Request parser: 16 KiB in 4 reads", "1 request, 16 KiB") { _ in
      parsingInPieces(encodedRequest([Array("SET".utf8), Array("key".utf8), large]))
    },
  ]

  private static let large = [UInt8](repeating: 120, count: 16384)

  private static func requests(_ words: (Int) -> [String]) -> [UInt8] {
    (0..<128).flatMap { number in encodedRequest(words(number).map { Array($0.utf8) }) }
  }

  /// An operation is a request.
  private static func parsing(_ requests: [UInt8], argumentCount: Int) -> PreparedWorkload {
    let input = permanent(requests)
    let limits = RequestParser.Limits()
    return PreparedWorkload { count in
      var parser = RequestParser()
      var arguments = ArgumentList()
      defer { arguments.destroy() }
      var position = 0
      var seen = 0
      for _ in 0..<count {
        if position == input.count {
          seen += arguments.count
          arguments.truncate(to: 0)
          position = 0
        }
        let outcome = parser.parse(input, &position, limits: limits, into: &arguments)
        guard case .request = outcome else { return 0 }
      }
      return seen + arguments.count
    } returns: {
      $0 * argumentCount
    }
  }

  /// An operation is the request, which the parser is shown again with each quarter.
  private static func parsingInPieces(_ request: [UInt8]) -> PreparedWorkload {
    let input = permanent(request)
    let limits = RequestParser.Limits()
    return PreparedWorkload { count in
      var parser = RequestParser()
      var arguments = ArgumentList()
      defer { arguments.destroy() }
      var seen = 0
      for _ in 0..<count {
        var position = 0
        for quarter in 1...4 {
          let arrived = input.slice(0, input.count * quarter / 4)
          _ = parser.parse(arrived, &position, limits: limits, into: &arguments)
        }
        seen += arguments.base[arguments.count - 1].count
        arguments.truncate(to: 0)
      }
      return seen
    } returns: {
      $0 * large.count
    }
  }
}
