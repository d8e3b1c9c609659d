import CProcess
import Core
import Glibc

/// Loading the append-only file: its commands are run again, by a client that nobody sees.
extension Server {
  /// Loads all files of the manifest, while everybody waits.
  mutating func loadAppendOnly() throws(AOFFailure) {
    let start = Clock.systemNanoseconds
    let loader = AOFLoader(
      appendOnlyDirectory, isTruncationAllowed: configuration.boolean(.aofLoadTruncated),
      appendOnlyReport)
    guard let plan = try loader.plan(&appendOnly.rewrites.manifest) else { return }
    let replay = Replay(address)
    isReplaying = true
    defer {
      isReplaying = false
      replay.end()
    }
    let summary = try loader.load(plan, into: replay.consumer)
    keyspace.state.pointee.dirty = 0
    appendOnly.rewrites.baseByteCount = plan.baseByteCount
    appendOnly.rewrites.settledByteCount = summary.byteCount
    let seconds = Double(Clock.systemNanoseconds &- start) / 1e9
    log.notice("DB loaded from append only file: \(NumberText.fixed(seconds, 3)) seconds")
  }

  /// DEBUG LOADAOF: replaces the data set by what the log says.
  mutating func reloadAppendOnly() throws(AOFFailure) {
    let isOn = keyspace.state.pointee.stream.isOn
    if isOn {
      _ = appendOnly.handOver(&keyspace.state.pointee.stream)
      let error = appendOnly.writer?.flush() ?? 0
      if error != 0 { throw AOFFailure(SystemFailure(error).reason) }
      keyspace.state.pointee.stream.turnOff()
    }
    defer { if isOn { keyspace.state.pointee.stream.turnOn() } }
    emptyKeyspace()
    let settled = appendOnly.rewrites.settledByteCount
    try loadAppendOnly()
    if isOn { appendOnly.rewrites.settledByteCount = settled }
  }

  /// Loads the RDB content that a log begins with. Returns the offset behind it.
  fileprivate mutating func loadBase(_ path: String) throws(AOFFailure) -> Int {
    do throws(RDBFailure) {
      var options = RDBLoad.Options()
      options.keepsExpired = true
      let (load, descriptor) = try open(path, files.byteCount(path), options)
      defer { _ = files.close(descriptor) }
      _ = try load.load(byteCount: .max)
      didLoad(load.notes)
      return load.offset
    } catch {
      throw AOFFailure("Internal error in RDB '\(path)' reading \(error.text)")
    }
  }

  /// A signal that came while nobody could take it.
  fileprivate mutating func endIfAsked() {
    if apus_signals_pending() == 0 { return }
    log.warning("Received shutdown signal during loading, exiting now.")
    host.exit(0)
  }
}

/// The client that a log is run by, and the transaction that it is in.
///
/// Handlers are called as such: no limits, no accounts, no reply. Commands between MULTI and EXEC
/// are kept until the EXEC is there, so that a transaction is done whole or not at all.
private final class Replay {
  private let server: UnsafeMutablePointer<Server>
  private let client: UnsafeMutablePointer<Client>
  private var queued: [KeptRequest] = []
  private var isQueueing = false
  private var complaintCount = 0

  private static let complaintCountMax = 10
  private static let multi = CommandName(ByteView("multi"))
  private static let exec = CommandName(ByteView("exec"))

  init(_ server: UnsafeMutablePointer<Server>) {
    self.server = server
    client = .allocate(capacity: 1)
    client.initialize(
      to: Client(
        id: .max, pool: server.pointee.clients.pool, transport: nil, details: ClientDetails()))
  }

  func end() {
    discard()
    server.pointee.keyspace.unwatchAll(client)
    if server.pointee.currentClient == client { server.pointee.currentClient = nil }
    client.pointee.releaseBuffers()
    client.deinitialize(count: 1)
    client.deallocate()
  }

  var consumer: AOFLoader.Consumer {
    AOFLoader.Consumer(
      execute: { self.execute($0, $1) }, discardTransaction: { self.discard() },
      loadRDB: { (path) throws(AOFFailure) in try self.server.pointee.loadBase(path) },
      progress: { _, _ in self.server.pointee.endIfAsked() })
  }

  private func discard() {
    for request in queued { request.destroy() }
    queued = []
    isQueueing = false
  }

  private func execute(
    _ file: String, _ arguments: ArgumentSlice
  ) -> AOFLoader.Consumer.Execution {
    guard arguments.count > 0 else { return .done }
    guard let command = find(arguments) else {
      return refuse("Unknown command", file, arguments)
    }
    if !command.pointee.accepts(argumentCount: arguments.count) {
      return refuse("Wrong number of arguments for command", file, arguments)
    }
    let flags = command.pointee.flags
    // Whoever can write the file must not have the server end, or write elsewhere.
    if flags.contains(.admin), !flags.contains(.write) {
      return refuse("Not a command of a log:", file, arguments)
    }
    if command.pointee.name == Self.exec {
      runQueued()
    } else if command.pointee.name == Self.multi {
      isQueueing = true
    } else if isQueueing {
      queued.append(KeptRequest(command, copying: arguments.views, hash: hash(command, arguments)))
    } else {
      run(command, arguments.views, hash(command, arguments))
    }
    return .done
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

  private func runQueued() {
    client.pointee.flags.insert(.executing)
    for request in queued { run(request.command, request.views, request.hash) }
    client.pointee.flags.remove(.executing)
    discard()
  }

  private func run(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeBufferPointer<ByteView>,
    _ hash: UInt64
  ) {
    guard let base = arguments.baseAddress else { return }
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
    if client.pointee.reply.errorCount != errorCount { complain(command) }
    client.pointee.reply.removeAll()
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
