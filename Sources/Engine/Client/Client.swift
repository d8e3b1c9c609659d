import Core

/// A connection as the engine knows it: what it sent, what it is owed, and its settings.
///
/// The fields of the request path come first, so that a command touches few lines of it. Net owns
/// the socket and refers to it by `transport`, which the engine never looks into.
///
/// Lifetime: made by `ClientTable.add`; after `ClientTable.remove` it stays readable until the end
/// of the turn, so that batches and lists may hold pointers to clients that have been killed.
package struct Client {
  /// Never used twice.
  package let id: UInt64
  /// Non-zero when dispatch has to look closer before it runs a command.
  var attention: ClientAttention
  package var flags: ClientFlags = []
  /// Bytes being parsed: in the turn's read buffer or in `query`.
  var inputBase: UnsafeMutablePointer<UInt8>?
  var inputCount = 0
  /// Where the first request that has not run begins, and where the parser stands.
  var requestStart = 0
  var scanPosition = 0
  var parser = RequestParser()
  package var reply: ReplyBuffer
  /// How much of `reply` may be sent.
  var held = HeldOutput()
  /// Where in the stream lies what the replies of this turn show or did.
  var awaitedOffset: UInt64 = 0
  /// Index of the selected database.
  var databaseIndex = 0
  /// Position of the last command in the table, or -1.
  var lastCommandIndex: Int32 = -1

  var query = QueryBuffer()
  /// Arguments of an incomplete request, as views of `query` and `blocks`.
  var pending: ArgumentList?
  /// The argument that is being read into a block of its own.
  var largeArgument: StringBlock?
  /// Nothing has been read into the shared buffer since a large argument began.
  var sendsLong = false
  /// Large arguments of the request under way. Freed after it has run, unless it took them.
  var blocks: [StringBlock] = []

  /// Net's connection.
  package let transport: UnsafeMutableRawPointer?
  package var details: ClientDetails
  /// MULTI's queue, between MULTI and EXEC.
  var transaction: Transaction?
  /// The blocking command that the client waits for.
  var blockedCall: BlockedCall?
  /// Hashes of the keys that the client watches.
  var watchedHashes: [UInt64] = []
  /// When the output has grown beyond this in one turn, others come first.
  var filledByteCountBound = 0

  init(
    id: UInt64, pool: UnsafeMutablePointer<ReplyChunkPool>, transport: UnsafeMutableRawPointer?,
    details: ClientDetails
  ) {
    self.id = id
    attention = []
    reply = ReplyBuffer(pool: pool)
    self.transport = transport
    self.details = details
  }
}

extension Client {
  /// The connection has ended: nothing more is run or sent.
  package mutating func markClosed() {
    flags.insert(.closed)
    discardInput()
  }
}

/// What Net asks of each client in each turn. Here, because an `OptionSet`'s generic methods are
/// not specialised in another module; on the pointer, because a getter's `self` would be a copy.
extension UnsafeMutablePointer where Pointee == Client {
  package var isClosed: Bool { pointee.flags.contains(.closed) }
  package var closesAfterReply: Bool { pointee.flags.contains(.closeAfterReply) }
  package var isThrottled: Bool { pointee.flags.contains(.throttled) }
}

/// Why dispatch has to look closer. Empty for nearly every command of nearly every client.
struct ClientAttention: OptionSet {
  let rawValue: UInt8
  static let unauthenticated = ClientAttention(rawValue: 1)
  /// In MULTI: commands are queued.
  static let queueing = ClientAttention(rawValue: 2)
  static let monitor = ClientAttention(rawValue: 4)
  /// CLIENT REPLY OFF or SKIP.
  static let silenced = ClientAttention(rawValue: 8)
  static let noTouch = ClientAttention(rawValue: 16)
}

package struct ClientFlags: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The connection ends as soon as its replies are sent; it runs nothing more.
  package static let closeAfterReply = ClientFlags(rawValue: 1 << 0)
  /// The connection is dead; replies are dropped.
  package static let closed = ClientFlags(rawValue: 1 << 1)
  /// In the list of clients whose replies are to be sent.
  package static let flushQueued = ClientFlags(rawValue: 1 << 2)
  /// In the list of clients with input to parse.
  package static let ready = ClientFlags(rawValue: 1 << 3)
  /// Waits: a blocking command or CLIENT PAUSE.
  package static let blocked = ClientFlags(rawValue: 1 << 4)
  package static let unixSocket = ClientFlags(rawValue: 1 << 6)
  package static let noEvict = ClientFlags(rawValue: 1 << 7)
  package static let replyOff = ClientFlags(rawValue: 1 << 8)
  package static let replySkipNext = ClientFlags(rawValue: 1 << 9)
  package static let replySkip = ClientFlags(rawValue: 1 << 10)
  package static let paused = ClientFlags(rawValue: 1 << 11)
  /// Something that the client watches has changed.
  package static let watchedKeyChanged = ClientFlags(rawValue: 1 << 12)
  /// A command could not be queued: EXEC will refuse.
  package static let transactionFailed = ClientFlags(rawValue: 1 << 13)
  /// Has had its share of the turn: goes on in the next one.
  package static let yielded = ClientFlags(rawValue: 1 << 14)
  /// EXEC is running the queued commands.
  package static let executing = ClientFlags(rawValue: 1 << 15)
  package static let noTouch = ClientFlags(rawValue: 1 << 16)
  package static let monitor = ClientFlags(rawValue: 1 << 17)
  /// Its connection is gone: nothing may be sent to it.
  package static let removed = ClientFlags(rawValue: 1 << 18)

  /// Reads so little of what it is owed that it goes on only once it has read enough of it, or at
  /// the next tick of the cron.
  package static let throttled = ClientFlags(rawValue: 1 << 19)

  /// Was blocked and has its reply: goes on when no batch knows of it.
  package static let resuming = ClientFlags(rawValue: 1 << 20)

  /// In the list of clients whose replies wait for the log.
  package static let held = ClientFlags(rawValue: 1 << 21)

  /// Its connection is not read.
  package static let unread = ClientFlags(rawValue: 1 << 22)

  /// None of the client's requests may run.
  @inline(__always)
  static var halted: ClientFlags { [.blocked, .closed, .closeAfterReply, .yielded] }
}

/// What is known about a client and not needed to run its commands.
package struct ClientDetails {
  /// `ip:port`, or the socket's path with `:0`.
  package var address = "?:0"
  package var localAddress = "?:0"
  /// The peer is on this machine.
  package var isLocal = true
  package var fileDescriptor: Int32 = -1
  package var name: [UInt8] = []
  package var libraryName: [UInt8] = []
  package var libraryVersion: [UInt8] = []
  package var user = "default"
  /// Since when the client is over its soft output limit, in monotonic nanoseconds; 0 if it is not.
  var softLimitExceededAt: UInt64 = 0
  /// The client's share of `ClientTable.accountedByteCount`.
  var accountedByteCount = 0
  /// Monotonic nanoseconds.
  package var createdAt: UInt64 = 0
  package var lastInteractionAt: UInt64 = 0
  package var netInputByteCount: UInt64 = 0
  package var netOutputByteCount: UInt64 = 0

  package init() {}
}
