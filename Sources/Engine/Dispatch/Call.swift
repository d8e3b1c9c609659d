import Core

/// One execution of a command, as its handler sees it: arguments, database, client, reply.
///
/// A handle of one pointer to a frame on the dispatcher's stack; it and every `ByteView` taken from
/// it end with the command. Handlers need no unsafe code: everything behind is reached by name.
package struct Call {
  let frame: UnsafeMutablePointer<Frame>

  struct Frame {
    let server: UnsafeMutablePointer<Server>
    let client: UnsafeMutablePointer<Client>
    var database: Database
    let arguments: UnsafePointer<ByteView>
    let count: Int
    var command: UnsafeMutablePointer<Command>
    /// Hash of the first key, computed ahead for the whole batch.
    let firstKeyHash: UInt64
    /// That of the member that the command declares, or 0 where it is not known yet.
    let memberHash: UInt64
    /// Arguments that MONITOR and the slow log must not show, one bit each.
    var redacted: UInt64 = 0
    /// `KeyspaceState.dirty` when the command began.
    let dirtyBefore: UInt64
    var logging = Logging.verbatim
  }

  @inline(__always)
  init(_ frame: UnsafeMutablePointer<Frame>) { self.frame = frame }

  // MARK: Arguments

  /// Number of arguments, the command's name among them.
  @inline(__always)
  package var count: Int { frame.pointee.count }

  /// The argument at `index`; 0 is the command's name. REQUIRES: 0 <= index < count.
  @inline(__always)
  package subscript(index: Int) -> ByteView {
    assert(index >= 0 && index < count)
    return frame.pointee.arguments[index]
  }

  /// The argument at `index` as a key, with its hash.
  @inline(__always)
  package func key(_ index: Int) -> Key {
    let bytes = self[index]
    if index == Int(frame.pointee.command.pointee.firstKey) {
      return Key(bytes: bytes, hash: frame.pointee.firstKeyHash)
    }
    return Key(bytes: bytes, hash: database.hash(bytes))
  }

  /// The hash of the argument at `index` as a member of a collection.
  @inline(__always)
  package func memberHash(_ index: Int) -> UInt64 {
    let known = frame.pointee.memberHash
    if known != 0, index == Int(frame.pointee.command.pointee.member) { return known }
    return database.hash(self[index])
  }

  /// The argument at `index` as a signed integer.
  package func integer(_ index: Int) throws(CommandError) -> Int64 {
    guard let value = self[index].parseInteger() else { throw .notInteger }
    return value
  }

  /// Takes over the block that a large argument was read into; nil for all others.
  @inline(__always)
  func takeBlock(_ index: Int) -> StringBlock? {
    if self[index].count < RequestParser.largeArgumentByteCount { return nil }
    guard let block = client.takeBlock(self[index]) else { return nil }
    if isLogged { database.stream.pointee.hold(block) }
    return block
  }

  /// Hides an argument, such as a password, from MONITOR and the slow log.
  package func redact(_ index: Int) {
    if index < 64 { frame.pointee.redacted |= 1 << UInt64(index) }
  }

  // MARK: Surroundings

  /// The client's selected database.
  @inline(__always)
  package var database: Database { frame.pointee.database }

  @inline(__always)
  package var reply: ReplyWriter { ReplyWriter(replyBuffer) }

  @inline(__always)
  private var replyBuffer: UnsafeMutablePointer<ReplyBuffer> {
    frame.pointee.client.pointer(to: \.reply).unsafelyUnwrapped
  }

  package var server: Server {
    @inline(__always) unsafeAddress { UnsafePointer(frame.pointee.server) }
    @inline(__always) nonmutating unsafeMutableAddress { frame.pointee.server }
  }

  package var client: Client {
    @inline(__always) unsafeAddress { UnsafePointer(frame.pointee.client) }
    @inline(__always) nonmutating unsafeMutableAddress { frame.pointee.client }
  }

  /// The command's name, a subcommand's with its container's.
  var commandName: String {
    server.commands.fullName(Int(frame.pointee.command.pointee.specIndex))
  }

  /// Unix time in milliseconds at which the command runs.
  @inline(__always)
  package var now: Int64 { database.keyspace.pointee.now }

  // MARK: Outcome

  /// Writes an error reply with text of its own and returns what the handler then throws.
  package func fail(_ text: String) -> CommandError {
    reply.error(text)
    return .replied
  }

  /// The same with bytes that the client sent between two texts. They are shown as they came, up to
  /// the first zero byte or `limit`.
  package func fail(
    _ start: StaticString, echoing bytes: ByteView, limit: Int = .max, _ end: StaticString = ""
  ) -> CommandError {
    let shown = bytes.buffer.prefix(limit).prefix { $0 != 0 }
    let text = Array(start.description.utf8) + shown + Array(end.description.utf8)
    text.withView { reply.error($0) }
    return .replied
  }

  /// Ends a command that has no reply at all. In a transaction, whose frame promises one for each
  /// command, it is a null.
  package func noReply() {
    if client.flags.contains(.executing) { return reply.null() }
    client.reply.valuesOwed = 0
  }

  /// Whether the client is owed more than its limits or so many bytes allow, for who writes a reply
  /// that has no bound: it need not be finished then, because the connection ends.
  func isOwedTooMuch(above byteCountMax: Int) -> Bool {
    server.enforceOutputLimits(frame.pointee.client, byteCountMax)
    guard client.flags.contains(.closed) else { return false }
    client.reply.valuesOwed = 0
    return true
  }

  /// Every write calls this once for each key that it changed, in the client's database.
  @inline(__always)
  package func modified(_ key: Key, _ event: KeyspaceEvent) { database.modified(key, event) }
}
