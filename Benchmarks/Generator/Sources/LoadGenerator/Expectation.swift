import Glibc

/// What the reply to a command must look like; anything else is an error, not throughput.
public struct Expectation {
  /// The kinds of reply that are right.
  let kinds: ReplyKinds
  /// Bytes that every right reply begins with; most often the whole of it.
  let prefix: UnsafePointer<UInt8>
  let prefixCount: Int
  /// The prefix is a whole reply with a value: one comparison checks it.
  let isWhole: Bool

  init(kinds: ReplyKinds, prefix text: [UInt8] = []) {
    self.kinds = kinds
    let place = UnsafeMutablePointer<UInt8>.allocate(capacity: max(text.count, 1))
    place.initialize(from: text, count: text.count)
    prefix = UnsafePointer(place)
    prefixCount = text.count
    isWhole = ReplyScanner.isWhole(text)
  }

  /// From words as the user gives them: a kind by name, or the beginning of the exact reply.
  public init(text: String) throws {
    switch text {
    case "any": self.init(kinds: .anything)
    case "ok": self.init(kinds: .status, prefix: Array("+OK\r\n".utf8))
    case "int": self.init(kinds: .integer)
    case "bulk": self.init(kinds: [.bulk, .null])
    case "array": self.init(kinds: [.array, .null])
    default:
      let bytes = Array(text.replacing("\\r\\n", with: "\r\n").utf8)
      guard let first = bytes.first, ReplyKinds(marker: first) != [] else {
        throw LoadError(
          "unknown expectation '\(text)': ok, int, bulk, array, any, data, "
            + "or the beginning of a reply, such as '$64'")
      }
      self.init(kinds: [ReplyKinds(marker: first), .null], prefix: bytes)
    }
  }

  /// The exact bulk string.
  public init(bulk data: [UInt8]) {
    self.init(
      kinds: .bulk, prefix: Array("$\(data.count)\r\n".utf8) + data + Array("\r\n".utf8))
  }

  /// What commands of the usual names answer when all is well.
  public init(command words: [String]) {
    let words = words.map { $0.uppercased() }
    switch words.first ?? "" {
    case "SET" where words.dropFirst(3).contains("GET"): self.init(kinds: [.bulk, .null])
    case "SET" where words.dropFirst(3).contains(where: Self.isCondition):
      self.init(kinds: [.status, .null])
    case "SET", "MSET", "PSETEX", "SETEX":
      self.init(kinds: .status, prefix: Array("+OK\r\n".utf8))
    case "GET", "GETRANGE", "HGET", "LPOP", "RPOP", "SPOP": self.init(kinds: [.bulk, .null])
    case "PING": self.init(kinds: .status, prefix: Array("+PONG\r\n".utf8))
    case "INCR", "DECR", "APPEND", "STRLEN", "DEL", "UNLINK", "EXISTS", "EXPIRE", "PEXPIRE", "TTL",
      "PERSIST", "LPUSH", "RPUSH", "SADD", "HSET", "ZADD", "PFADD", "GEOADD", "ZREVRANK", "ZRANK":
      self.init(kinds: [.integer, .null])
    default: self.init(kinds: .anything)
    }
  }

  /// Words with which SET may leave the key as it is: NX, XX, IFEQ and their like.
  private static func isCondition(_ word: String) -> Bool {
    word == "NX" || word == "XX" || word.hasPrefix("IF")
  }
}

/// Kinds of replies, as their first byte tells.
struct ReplyKinds: OptionSet {
  let rawValue: UInt16

  static let status = ReplyKinds(rawValue: 1)
  static let integer = ReplyKinds(rawValue: 2)
  static let bulk = ReplyKinds(rawValue: 4)
  static let null = ReplyKinds(rawValue: 8)
  /// An array, set, map or push.
  static let array = ReplyKinds(rawValue: 16)
  /// A double, boolean, big number.
  static let scalar = ReplyKinds(rawValue: 32)
  static let error = ReplyKinds(rawValue: 64)
  static let anything: ReplyKinds = [.status, .integer, .bulk, .null, .array, .scalar]

  /// Empty for a byte that begins no reply.
  init(marker: UInt8) {
    switch marker {
    case UInt8(ascii: "+"): self = .status
    case UInt8(ascii: "-"), UInt8(ascii: "!"): self = .error
    case UInt8(ascii: ":"): self = .integer
    case UInt8(ascii: "$"), UInt8(ascii: "="): self = .bulk
    case UInt8(ascii: "*"), UInt8(ascii: "~"), UInt8(ascii: "%"), UInt8(ascii: ">"),
      UInt8(ascii: "|"):
      self = .array
    case UInt8(ascii: "_"): self = .null
    case UInt8(ascii: ","), UInt8(ascii: "#"), UInt8(ascii: "("): self = .scalar
    default: self = []
    }
  }

  init(rawValue: UInt16) { self.rawValue = rawValue }
}
