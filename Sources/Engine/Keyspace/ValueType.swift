import Core

/// What a key holds, numbered as in Redis' files.
package enum ValueType: UInt8 {
  case string = 0
  case list = 1
  case set = 2
  case sortedSet = 3
  case hash = 4
  case stream = 6

  /// The word that TYPE answers.
  package var name: StaticString {
    switch self {
    case .string: "string"
    case .list: "list"
    case .set: "set"
    case .sortedSet: "zset"
    case .hash: "hash"
    case .stream: "stream"
    }
  }

  /// The type that TYPE would call so, in any case.
  static func named(_ name: ByteView) -> ValueType? {
    let all: [ValueType] = [.string, .list, .set, .sortedSet, .hash, .stream]
    return all.first { name.isKeyword($0.name) }
  }
}

/// How a value is stored. OBJECT ENCODING derives Redis' names from it.
enum Encoding: UInt8 {
  /// String bytes in the entry itself.
  case inline = 0
  /// A string that is an integer: eight bytes in the entry.
  case integer = 1
  /// String bytes in a block of their own (`StringBlock`).
  case block = 2
  /// A small list, set, hash or sorted set in one block (`Listpack`).
  case listpack = 3
  /// A small set of integers (`Intset`).
  case intset = 4
  /// A large list (`Quicklist`).
  case quicklist = 5
  /// A large set or hash (`MemberTable`).
  case table = 6
  /// A large sorted set (`SortedSet`).
  case scoreTree = 7
  /// A hash of which some fields have deadlines (`ExpiringHash`).
  case expiringHash = 8
}
