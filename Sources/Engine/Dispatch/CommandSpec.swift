import Core

/// Everything about a command, declared once, beside the function that runs it.
///
/// Dispatch, arity checks, COMMAND and its subcommands, ACL categories, key extraction, statistics
/// and the tests' generators derive from it; nothing about a command is written a second time.
package struct CommandSpec: @unchecked Sendable {
  /// A handler: reads its arguments from the call and writes exactly one reply.
  package typealias Handler = (Call) throws(CommandError) -> Void

  /// Lower case; for a subcommand the word behind its container's name.
  package let name: StaticString
  package let group: CommandGroup
  package let since: StaticString
  /// Number of arguments with the name; negative means at least so many.
  package let arity: Int
  package let flags: CommandFlags
  /// ACL categories beyond those that group and flags imply.
  package let extraCategories: ACLCategories
  package let keys: [KeySpec]
  /// Argument index of the member, field or element of the first key that the command looks up
  /// first, so that a batch fetches it ahead; 0 where there is none.
  package let member: Int
  package let summary: StaticString
  /// Empty where there is nothing to say.
  package let complexity: StaticString
  package let arguments: [ArgumentSpec]
  package let history: [HistoryNote]
  package let hints: [StaticString]
  package let deprecation: Deprecation?
  /// Meant for the server's own use, not for clients.
  package let isSystemCommand: Bool
  /// A container's subcommands. A request with a second argument always means one of them; the
  /// container's own handler runs only without (COMMAND).
  package let subcommands: [CommandSpec]
  package let run: Handler

  package init(
    _ name: StaticString, _ group: CommandGroup, since: StaticString, arity: Int,
    flags: CommandFlags, categories: ACLCategories = [], keys: [KeySpec] = [],
    member: Int = 0, summary: StaticString, complexity: StaticString = "O(1)",
    arguments: [ArgumentSpec] = [],
    history: [HistoryNote] = [], hints: [StaticString] = [], deprecation: Deprecation? = nil,
    isSystemCommand: Bool = false, subcommands: [CommandSpec] = [],
    run: @escaping Handler
  ) {
    self.name = name
    self.group = group
    self.since = since
    self.arity = arity
    self.flags = flags
    self.extraCategories = categories
    self.keys = keys
    self.member = member
    self.summary = summary
    self.complexity = complexity
    self.arguments = arguments
    self.history = history
    self.hints = hints
    self.deprecation = deprecation
    self.isSystemCommand = isSystemCommand
    self.subcommands = subcommands
    self.run = run
  }

  /// A container that does nothing by itself.
  package init(
    _ name: StaticString, _ group: CommandGroup, since: StaticString,
    summary: StaticString, subcommands: [CommandSpec]
  ) {
    self.init(
      name, group, since: since, arity: -2, flags: [], summary: summary,
      complexity: "Depends on subcommand.", subcommands: subcommands, run: Self.runNothing)
  }

  /// The handler of a container that does nothing by itself: its arity is -2, so that a request
  /// without a subcommand is refused before.
  private static func runNothing(_ call: Call) throws(CommandError) {
    call.reply.error("ERR syntax error")
  }

  /// A version and what it changed, for COMMAND DOCS.
  package struct HistoryNote: Sendable {
    package let version: StaticString
    package let text: StaticString
    package init(_ version: StaticString, _ text: StaticString) {
      self.version = version
      self.text = text
    }
  }

  /// Since when a command is deprecated and what to use instead.
  package struct Deprecation: Sendable {
    package let since: StaticString
    package let replacement: StaticString
    package init(since: StaticString, replacement: StaticString) {
      self.since = since
      self.replacement = replacement
    }
  }
}

package enum CommandGroup: Sendable {
  case generic, string, list, set, sortedSet, hash, pubsub, transactions, connection, server
  case scripting, hyperloglog, cluster, geo, stream, bitmap

  /// The word in COMMAND DOCS.
  package var name: StaticString {
    switch self {
    case .generic: "generic"
    case .string: "string"
    case .list: "list"
    case .set: "set"
    case .sortedSet: "sorted-set"
    case .hash: "hash"
    case .pubsub: "pubsub"
    case .transactions: "transactions"
    case .connection: "connection"
    case .server: "server"
    case .scripting: "scripting"
    case .hyperloglog: "hyperloglog"
    case .cluster: "cluster"
    case .geo: "geo"
    case .stream: "stream"
    case .bitmap: "bitmap"
    }
  }
}

/// The flags of COMMAND INFO, in Redis' order.
package struct CommandFlags: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let write = CommandFlags(rawValue: 1 << 0)
  package static let readonly = CommandFlags(rawValue: 1 << 1)
  package static let denyoom = CommandFlags(rawValue: 1 << 2)
  package static let module = CommandFlags(rawValue: 1 << 3)
  package static let admin = CommandFlags(rawValue: 1 << 4)
  package static let pubsub = CommandFlags(rawValue: 1 << 5)
  package static let noscript = CommandFlags(rawValue: 1 << 6)
  package static let blocking = CommandFlags(rawValue: 1 << 7)
  package static let loading = CommandFlags(rawValue: 1 << 8)
  package static let stale = CommandFlags(rawValue: 1 << 9)
  package static let skipMonitor = CommandFlags(rawValue: 1 << 10)
  package static let skipSlowlog = CommandFlags(rawValue: 1 << 11)
  package static let asking = CommandFlags(rawValue: 1 << 12)
  package static let fast = CommandFlags(rawValue: 1 << 13)
  package static let noAuth = CommandFlags(rawValue: 1 << 14)
  /// Paused with the commands that write. Not shown to clients.
  package static let mayReplicate = CommandFlags(rawValue: 1 << 15)
  package static let noMandatoryKeys = CommandFlags(rawValue: 1 << 19)
  package static let protected = CommandFlags(rawValue: 1 << 20)
  package static let noAsyncLoading = CommandFlags(rawValue: 1 << 22)
  package static let noMulti = CommandFlags(rawValue: 1 << 23)
  /// Derived from the key specifications (`LegacyKeyRange`), never declared.
  package static let movableKeys = CommandFlags(rawValue: 1 << 24)
  package static let allowBusy = CommandFlags(rawValue: 1 << 25)
  /// The later bytes of the connection are parsed only after the command has run, because it may
  /// change how they are to be judged (AUTH, HELLO, RESET, MONITOR, CONFIG). Not shown to clients.
  package static let barrier = CommandFlags(rawValue: 1 << 30)

  /// Runs at once in MULTI instead of being queued. Not shown to clients.
  package static let immediate = CommandFlags(rawValue: 1 << 28)
  /// Looks at the whole keyspace, not at keys that it names. Set by the command table, not shown to
  /// clients.
  static let readsKeyspace = CommandFlags(rawValue: 1 << 27)
  /// The command has subcommands. Set by the command table, not shown to clients.
  static let container = CommandFlags(rawValue: 1 << 29)

  /// Shown names in the order of COMMAND INFO.
  package static let names: [(CommandFlags, StaticString)] = [
    (.write, "write"), (.readonly, "readonly"), (.denyoom, "denyoom"), (.module, "module"),
    (.admin, "admin"), (.pubsub, "pubsub"), (.noscript, "noscript"), (.blocking, "blocking"),
    (.loading, "loading"), (.stale, "stale"), (.skipMonitor, "skip_monitor"),
    (.skipSlowlog, "skip_slowlog"), (.asking, "asking"), (.fast, "fast"), (.noAuth, "no_auth"),
    (.noMandatoryKeys, "no_mandatory_keys"),
    (.protected, "protected"), (.noAsyncLoading, "no_async_loading"), (.noMulti, "no_multi"),
    (.movableKeys, "movablekeys"), (.allowBusy, "allow_busy"),
  ]
}
