import Core
import Glibc

/// Loading the append-only file: its commands are run again, by a client that nobody sees.
extension Server {
  /// What there is of a log to load; nil where there is none.
  mutating func openLog() throws(AOFFailure) -> LogLoad? {
    let loader = AOFLoader(
      appendOnlyDirectory, isTruncationAllowed: configuration.boolean(.aofLoadTruncated),
      appendOnlyReport)
    guard let plan = try loader.plan(&appendOnly.rewrites.manifest) else { return nil }
    let replay = Replay(address)
    return LogLoad(
      files: AOFLoad(loader, plan, into: replay.consumer), plan: plan, replay: replay)
  }

  /// Runs about so many bytes of the log. Returns whether that was all.
  mutating func replay(_ load: LogLoad, _ byteCount: Int) throws(AOFFailure) -> Bool {
    let client = currentClient
    isReplaying = true
    defer {
      isReplaying = false
      currentClient = client
    }
    guard try load.files.load(byteCount: byteCount) else { return false }
    appendOnly.rewrites.baseByteCount = load.plan.baseByteCount
    appendOnly.rewrites.settledByteCount = load.files.summary.byteCount
    return true
  }

  /// DEBUG LOADAOF: replaces the data set by what the log says.
  mutating func reloadAppendOnly() throws(AOFFailure) -> Bool {
    let isOn = keyspace.state.pointee.stream.isOn
    if isOn {
      _ = appendOnly.handOver(&keyspace.state.pointee.stream)
      let error = appendOnly.writer?.flush() ?? 0
      if error != 0 { throw AOFFailure(SystemFailure(error).reason) }
      keyspace.state.pointee.stream.turnOff()
    }
    defer { if isOn { keyspace.state.pointee.stream.turnOn() } }
    guard let load = try openLog() else { return false }
    emptyKeyspace()
    let settled = appendOnly.rewrites.settledByteCount
    while try !replay(load, .max) {}
    keyspace.state.pointee.dirty = 0
    if isOn { appendOnly.rewrites.settledByteCount = settled }
    return true
  }

  /// Opens the RDB content that a log begins with.
  fileprivate mutating func openBase(_ path: String) throws(AOFFailure) -> BaseLoad {
    var options = RDBLoad.Options()
    options.keepsExpired = true
    do throws(RDBFailure) {
      return BaseLoad(address, try open(path, files.byteCount(path), options))
    } catch {
      throw AOFFailure("Internal error in RDB '\(path)' reading \(error.text)")
    }
  }
}

/// The RDB content that a log begins with.
private final class BaseLoad: AOFPreamble {
  private let server: UnsafeMutablePointer<Server>
  private let snapshot: SnapshotLoad

  init(_ server: UnsafeMutablePointer<Server>, _ snapshot: SnapshotLoad) {
    self.server = server
    self.snapshot = snapshot
  }

  var offset: Int { snapshot.offset }

  func load(byteCount: Int) throws(AOFFailure) -> Bool {
    do throws(RDBFailure) {
      guard try snapshot.content.load(byteCount: byteCount) else { return false }
    } catch {
      throw AOFFailure("Internal error in RDB '\(snapshot.path)' reading \(error.text)")
    }
    server.pointee.didLoad(snapshot.content.notes)
    return true
  }
}

/// The client that a log is run by, and the transaction that it is in.
///
/// Handlers are called as such: no limits, no accounts, no reply. Commands between MULTI and EXEC
/// are kept until the EXEC is there, so that a transaction is done whole or not at all.
final class Replay {
  private let server: UnsafeMutablePointer<Server>
  private let client: UnsafeMutablePointer<Client>
  private var queued: [KeptRequest] = []
  private var isQueueing = false
  private var complaintCount = 0
  /// `key-load-delay`, for tests.
  private let delayMicroseconds: Int

  private static let complaintCountMax = 10
  private static let multi = CommandName(ByteView("multi"))
  private static let select = CommandName(ByteView("select"))
  private static let exec = CommandName(ByteView("exec"))
  private static let discard = CommandName(ByteView("discard"))

  init(_ server: UnsafeMutablePointer<Server>) {
    self.server = server
    delayMicroseconds = server.pointee.configuration.integer(.keyLoadDelay)
    client = .allocate(capacity: 1)
    client.initialize(
      to: Client(
        id: .max, pool: server.pointee.clients.pool, transport: nil, details: ClientDetails()))
  }

  deinit {
    discard()
    server.pointee.keyspace.unwatchAll(client)
    client.pointee.releaseBuffers()
    client.deinitialize(count: 1)
    client.deallocate()
  }

  /// Keeps it alive as long as the load does.
  var consumer: AOFLoader.Consumer {
    AOFLoader.Consumer(
      execute: { self.execute($0, $1) }, discardTransaction: { self.discard() },
      openRDB: { (path) throws(AOFFailure) in try self.server.pointee.openBase(path) })
  }

  private func discard() {
    for request in queued { request.destroy() }
    queued = []
    isQueueing = false
  }

  private func execute(
    _ file: String, _ arguments: ArgumentSlice
  ) -> AOFLoader.Consumer.Execution {
    if delayMicroseconds > 0 { usleep(UInt32(clamping: delayMicroseconds)) }
    guard arguments.count > 0 else { return .done }
    guard let command = find(arguments) else {
      return refuse("Unknown command", file, arguments)
    }
    if !command.pointee.accepts(argumentCount: arguments.count) {
      return refuse("Wrong number of arguments for command", file, arguments)
    }
    if !Self.isLoggable(command) { return refuse("Not a command of a log:", file, arguments) }
    var isSelected = true
    if command.pointee.name == Self.exec {
      isSelected = runQueued()
    } else if command.pointee.name == Self.multi {
      isQueueing = true
    } else if isQueueing {
      queued.append(KeptRequest(command, copying: arguments.views, hash: hash(command, arguments)))
    } else {
      isSelected = run(command, arguments.views, hash(command, arguments))
    }
    if isSelected { return .done }
    return .refused(
      "The database of SELECT is out of range (databases) reading the append only file \(file)")
  }

  /// Whoever can write the file must not have the server end, or write elsewhere; and there is no
  /// connection that could be changed, or be told who the server is.
  private static func isLoggable(_ command: UnsafeMutablePointer<Command>) -> Bool {
    let flags = command.pointee.flags
    if flags.contains(.write) || [multi, exec, discard].contains(command.pointee.name) {
      return true
    }
    return flags.isDisjoint(with: [.admin, .noscript])
  }

  private func refuse(
    _ reason: String, _ file: String, _ arguments: ArgumentSlice
  ) -> AOFLoader.Consumer.Execution {
    var name: [UInt8] = []
    Quoting.append(arguments[0].slice(0, min(arguments[0].count, 128)), to: &name)
    let shown = String(decoding: name.dropFirst().dropLast(), as: UTF8.self)
    return .refused("\(reason) '\(shown)' reading the append only file \(file)")
  }

  private func find(_ arguments: ArgumentSlice) -> UnsafeMutablePointer<Command>? {
    guard let command = server.pointee.commands.find(arguments[0]) else { return nil }
    guard command.pointee.flags.contains(.container), arguments.count > 1 else { return command }
    return server.pointee.commands.findSubcommand(of: command, arguments[1])
  }

  private func hash(
    _ command: UnsafeMutablePointer<Command>, _ arguments: ArgumentSlice
  ) -> UInt64 {
    let firstKey = Int(command.pointee.firstKey)
    guard firstKey != 0, firstKey < arguments.count else { return 0 }
    return server.pointee.keyspace.state.pointee.tables.hash(arguments[firstKey])
  }

  private func runQueued() -> Bool {
    client.pointee.flags.insert(.executing)
    var isSelected = true
    for request in queued where isSelected {
      isSelected = run(request.command, request.views, request.hash)
    }
    client.pointee.flags.remove(.executing)
    discard()
    return isSelected
  }

  /// Returns false if it was a SELECT that failed: what follows would go into another database.
  private func run(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeBufferPointer<ByteView>,
    _ hash: UInt64
  ) -> Bool {
    guard let base = arguments.baseAddress else { return true }
    let keyspace = server.pointee.keyspace
    server.pointee.currentClient = client
    let errorCount = client.pointee.reply.errorCount
    var frame = Call.Frame(
      server: server, client: client, database: keyspace[client.pointee.databaseIndex],
      arguments: base, count: arguments.count, command: command, firstKeyHash: hash,
      memberHash: 0, dirtyBefore: keyspace.state.pointee.dirty)
    client.pointee.reply.valuesOwed = 1
    withUnsafeMutablePointer(to: &frame) { frame in
      let call = Call(frame)
      do throws(CommandError) {
        try command.pointee.run(call)
      } catch {
        if case .text(let text) = error { call.reply.error(text) }
      }
    }
    let failed = client.pointee.reply.errorCount != errorCount
    if failed { complain(command) }
    client.pointee.reply.removeAll()
    return !failed || command.pointee.name != Self.select
  }

  /// A command of a log that fails: the log, or this server, is not right.
  private func complain(_ command: UnsafeMutablePointer<Command>) {
    complaintCount += 1
    if complaintCount > Self.complaintCountMax { return }
    let name = server.pointee.commands.fullName(Int(command.pointee.specIndex))
    var text = "?"
    if let chunk = client.pointee.reply.first {
      client.pointee.reply.settle()
      let bytes = ByteView(chunk.bytes, count: min(chunk.pointee.count, 200))
      text = String(decoding: bytes.buffer.prefix { $0 != 13 }, as: UTF8.self)
    }
    server.pointee.log.warning(
      "== CRITICAL == This server is sending an error to its AOF-loading-client: '\(text)' after "
        + "processing the command '\(name)'")
  }
}
