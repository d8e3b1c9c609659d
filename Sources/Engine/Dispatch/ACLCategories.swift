import Core

/// The categories that ACL rules name. Most follow from a command's group and flags.
package struct ACLCategories: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let keyspace = ACLCategories(rawValue: 1 << 0)
  package static let read = ACLCategories(rawValue: 1 << 1)
  package static let write = ACLCategories(rawValue: 1 << 2)
  package static let set = ACLCategories(rawValue: 1 << 3)
  package static let sortedSet = ACLCategories(rawValue: 1 << 4)
  package static let list = ACLCategories(rawValue: 1 << 5)
  package static let hash = ACLCategories(rawValue: 1 << 6)
  package static let string = ACLCategories(rawValue: 1 << 7)
  package static let bitmap = ACLCategories(rawValue: 1 << 8)
  package static let hyperloglog = ACLCategories(rawValue: 1 << 9)
  package static let geo = ACLCategories(rawValue: 1 << 10)
  package static let stream = ACLCategories(rawValue: 1 << 11)
  package static let pubsub = ACLCategories(rawValue: 1 << 12)
  package static let admin = ACLCategories(rawValue: 1 << 13)
  package static let fast = ACLCategories(rawValue: 1 << 14)
  package static let slow = ACLCategories(rawValue: 1 << 15)
  package static let blocking = ACLCategories(rawValue: 1 << 16)
  package static let dangerous = ACLCategories(rawValue: 1 << 17)
  package static let connection = ACLCategories(rawValue: 1 << 18)
  package static let transaction = ACLCategories(rawValue: 1 << 19)
  package static let scripting = ACLCategories(rawValue: 1 << 20)
  /// For declarations only: the group's category does not apply (SORT, WAIT).
  package static let notOfGroup = ACLCategories(rawValue: 1 << 31)

  package static let names: [(ACLCategories, StaticString)] = [
    (.keyspace, "keyspace"), (.read, "read"), (.write, "write"), (.set, "set"),
    (.sortedSet, "sortedset"), (.list, "list"), (.hash, "hash"), (.string, "string"),
    (.bitmap, "bitmap"), (.hyperloglog, "hyperloglog"), (.geo, "geo"), (.stream, "stream"),
    (.pubsub, "pubsub"), (.admin, "admin"), (.fast, "fast"), (.slow, "slow"),
    (.blocking, "blocking"), (.dangerous, "dangerous"), (.connection, "connection"),
    (.transaction, "transaction"), (.scripting, "scripting"),
  ]

  /// The category of that name, in any case; none when there is no such.
  package init(named name: ByteView) {
    self = Self.names.first { name.isKeyword($0.1) }?.0 ?? []
  }
}

extension CommandSpec {
  /// All categories: the declared ones and those that group and flags imply. A container is of no
  /// group: what it does is up to its subcommands.
  package var categories: ACLCategories {
    var all = extraCategories
    if subcommands.isEmpty, !all.contains(.notOfGroup) { all.formUnion(group.category) }
    all.remove(.notOfGroup)
    if flags.contains(.write) { all.insert(.write) }
    if flags.contains(.readonly), !isScripting { all.insert(.read) }
    if flags.contains(.admin) { all.formUnion([.admin, .dangerous]) }
    if flags.contains(.pubsub) { all.insert(.pubsub) }
    if flags.contains(.blocking) { all.insert(.blocking) }
    all.insert(flags.contains(.fast) ? .fast : .slow)
    return all
  }

  private var isScripting: Bool { group == .scripting }
}

extension CommandGroup {
  /// The category of a command of this group.
  fileprivate var category: ACLCategories {
    switch self {
    case .generic: .keyspace
    case .string: .string
    case .list: .list
    case .set: .set
    case .sortedSet: .sortedSet
    case .hash: .hash
    case .pubsub: .pubsub
    case .transactions: .transaction
    case .connection: .connection
    case .server, .cluster: []
    case .scripting: .scripting
    case .hyperloglog: .hyperloglog
    case .geo: .geo
    case .stream: .stream
    case .bitmap: .bitmap
    }
  }
}
