import LoadGenerator

/// A test that `-t` knows by name: those of redis-benchmark, with its names and commands.
struct BuiltInTest {
  let name: String
  let words: [String]
  /// Sent before as often as requests are measured; what the test reads must be there.
  var needs: [String]?

  static let all: [BuiltInTest] = [
    BuiltInTest(name: "PING_INLINE", words: []),
    BuiltInTest(name: "PING_MBULK", words: ["PING"]),
    BuiltInTest(name: "SET", words: ["SET", "key:__rand_int__", "__data__"]),
    BuiltInTest(name: "GET", words: ["GET", "key:__rand_int__"]),
    BuiltInTest(name: "INCR", words: ["INCR", "counter:__rand_int__"]),
    BuiltInTest(name: "LPUSH", words: lpush),
    BuiltInTest(name: "RPUSH", words: ["RPUSH", "mylist", "__data__"]),
    BuiltInTest(name: "LPOP", words: ["LPOP", "mylist"]),
    BuiltInTest(name: "RPOP", words: ["RPOP", "mylist"]),
    BuiltInTest(name: "SADD", words: ["SADD", "myset", "element:__rand_int__"]),
    BuiltInTest(name: "HSET", words: ["HSET", "myhash", "element:__rand_int__", "__data__"]),
    BuiltInTest(name: "SPOP", words: ["SPOP", "myset"]),
    BuiltInTest(name: "ZADD", words: ["ZADD", "myzset", "0", "element:__rand_int__"]),
    BuiltInTest(name: "ZPOPMIN", words: ["ZPOPMIN", "myzset"]),
    BuiltInTest(name: "LRANGE_100", words: ["LRANGE", "mylist", "0", "99"], needs: lpush),
    BuiltInTest(name: "LRANGE_300", words: ["LRANGE", "mylist", "0", "299"], needs: lpush),
    BuiltInTest(name: "LRANGE_500", words: ["LRANGE", "mylist", "0", "499"], needs: lpush),
    BuiltInTest(name: "LRANGE_600", words: ["LRANGE", "mylist", "0", "599"], needs: lpush),
    BuiltInTest(
      name: "MSET", words: ["MSET"] + (0..<10).flatMap { _ in ["key:__rand_int__", "__data__"] }),
  ]

  static let names = all.map { $0.name.lowercased() }.joined(separator: ", ")

  private static let lpush = ["LPUSH", "mylist", "__data__"]

  /// What runs when nothing is asked for.
  static let usual = ["ping_inline", "ping_mbulk", "set", "get", "incr", "mset"]

  /// By name in any case; `ping` means both, `lrange` all, as in redis-benchmark.
  static func named(_ text: String) throws -> [BuiltInTest] {
    let name = text.uppercased()
    let found = all.filter {
      $0.name == name || (name == "PING" || name == "LRANGE") && $0.name.hasPrefix(name + "_")
    }
    if found.isEmpty {
      throw LoadError("unknown test '\(text)'; there are \(names)")
    }
    return found
  }

  func mix(data: Payload) throws -> Mix {
    if words.isEmpty {
      return try Mix([
        .init(
          template: RequestTemplate(inline: "PING"), expectation: Expectation(command: ["PING"]))
      ])
    }
    return try .single(words, data: data)
  }
}

/// What `__data__` becomes: always these bytes, or as many from the pool.
struct Payload {
  let bytes: [UInt8]
  let pool: DataPool?
}

extension Mix {
  /// One command, which is expected to answer as it usually does, or as `expected` says.
  static func single(_ words: [String], data: Payload, expected: String? = nil) throws -> Mix {
    try Mix([.entry(words, data: data, expected: expected, weight: 1)])
  }
}

extension Mix.Entry {
  static func entry(
    _ words: [String], data: Payload, expected: String?, weight: Int
  ) throws -> Mix.Entry {
    if expected == "data" && data.pool != nil {
      throw LoadError("--expect data: values of --data differ from each other")
    }
    let expectation =
      switch expected {
      case "data": Expectation(bulk: data.bytes)
      case let text?: try Expectation(text: text)
      case nil: Expectation(command: words)
      }
    return Mix.Entry(
      template: try RequestTemplate(words: words, data: data.bytes, pool: data.pool),
      expectation: expectation,
      weight: weight)
  }
}
