import Core

/// CLIENT LIST's line about a client; log lines show it too.
extension Server {
  func describe(_ client: UnsafeMutablePointer<Client>) -> String {
    String(decoding: line(about: client), as: UTF8.self)
  }

  /// The line, without its end.
  func line(about client: UnsafeMutablePointer<Client>) -> [UInt8] {
    let details = client.pointee.details
    var line = Array(
      "id=\(client.pointee.id) addr=\(details.address) laddr=\(details.localAddress) ".utf8)
    line += "fd=\(details.fileDescriptor) name=".utf8
    line += details.name
    line += " age=\(seconds(since: details.createdAt))".utf8
    line += " idle=\(seconds(since: details.lastInteractionAt))".utf8
    line += " flags=\(flagText(client)) db=\(client.pointee.databaseIndex) sub=0 psub=0 ssub=0".utf8
    line += " multi=\(client.pointee.transaction?.queued.count ?? -1)".utf8
    line += " watch=\(client.pointee.watchedHashes.count)".utf8
    line += bufferText(client).utf8
    line += " events=\(client.pointee.reply.isEmpty ? "r" : "rw")".utf8
    line += " cmd=\(commandText(client)) user=\(details.user) redir=-1".utf8
    line += " resp=\(client.pointee.reply.protocolVersion) lib-name=".utf8
    line += details.libraryName
    line += " lib-ver=".utf8
    line += details.libraryVersion
    line += " tot-net-in=\(details.netInputByteCount)".utf8
    line += " tot-net-out=\(details.netOutputByteCount)".utf8
    return line
  }

  /// The peer has gone: by itself, or for a reason that the system gives.
  package func logEnd(of client: UnsafeMutablePointer<Client>, reason: String?) {
    if let reason { return log.verbose("Reading from client: \(reason) \(describe(client))") }
    log.verbose("Client closed connection \(describe(client))")
  }

  func seconds(since nanoseconds: UInt64) -> UInt64 {
    clock.nanoseconds > nanoseconds ? (clock.nanoseconds - nanoseconds) / 1_000_000_000 : 0
  }

  private func bufferText(_ client: UnsafeMutablePointer<Client>) -> String {
    let query = client.pointee.query
    // What is parsed where it was read is in no buffer of the client's own.
    let isRunning = client.pointee.flags.contains(.ready)
    let unread = query.isEmpty && isRunning ? client.pointee.inputCount : query.count
    let free = query.capacity == 0 ? 0 : query.free
    let reply = client.pointee.reply
    var first = 0
    var firstUnsent = 0
    var others = 0
    if let chunk = reply.first {
      first = chunk.pointee.capacity
      firstUnsent = chunk == reply.last ? reply.byteCount : chunk.pointee.count - chunk.pointee.sent
      var next = chunk.pointee.next
      while let current = next {
        others += 1
        next = current.pointee.next
      }
    }
    let otherByteCount = others == 0 ? 0 : reply.allocatedByteCount - first
    return " qbuf=\(unread) qbuf-free=\(free) argv-mem=\(client.pointee.argumentByteCount)"
      + " multi-mem=\(client.pointee.transactionByteCount) rbs=\(first) rbp=\(first)"
      + " obl=\(firstUnsent) oll=\(others) omem=\(otherByteCount)"
      + " tot-mem=\(client.pointee.byteCount)"
  }

  private func commandText(_ client: UnsafeMutablePointer<Client>) -> String {
    let index = Int(client.pointee.lastCommandIndex)
    return index < 0 ? "NULL" : commands.fullName(index)
  }

  func flagText(_ client: UnsafeMutablePointer<Client>) -> String {
    let flags = client.pointee.flags
    var text = ""
    if flags.contains(.monitor) { text += "O" }
    if client.pointee.transaction != nil { text += "x" }
    if flags.contains(.blocked), !flags.contains(.resuming) { text += "b" }
    if flags.contains(.watchedKeyChanged) || flags.contains(.transactionFailed) { text += "d" }
    if flags.contains(.closeAfterReply) { text += "c" }
    if flags.contains(.unixSocket) { text += "U" }
    if flags.contains(.closed) { text += "A" }
    if flags.contains(.noEvict) { text += "e" }
    if flags.contains(.noTouch) { text += "T" }
    return text.isEmpty ? "N" : text
  }
}

// MARK: Choosing clients

extension Server {
  /// The lines of the clients that `filter` lets through, each with a line feed.
  func clientList(_ filter: ClientFilter, asking client: UInt64) -> [UInt8] {
    var text: [UInt8] = []
    for other in clients.inOrder where matches(filter, other, asking: client) {
      text += line(about: other)
      text.append(10)
    }
    return text
  }

  /// Ends the connections that `filter` lets through and returns how many there were. That of the
  /// one who asks ends after its reply.
  mutating func kill(_ filter: ClientFilter, asking client: UInt64) -> Int {
    var count = 0
    for other in clients.inOrder where matches(filter, other, asking: client) {
      count += 1
      if other.pointee.id == client {
        other.pointee.flags.insert(.closeAfterReply)
      } else {
        disconnect(other)
      }
    }
    return count
  }

  private func matches(
    _ filter: ClientFilter, _ client: UnsafeMutablePointer<Client>, asking: UInt64
  ) -> Bool {
    if filter.skipsAsking, client.pointee.id == asking { return false }
    return filter.conditions.allSatisfy { holds($0.test, client) != $0.isNegated }
  }

  private func holds(
    _ test: ClientFilter.Test, _ client: UnsafeMutablePointer<Client>
  ) -> Bool {
    let details = client.pointee.details
    switch test {
    case .ids(let ids): return ids.contains(client.pointee.id)
    case .type(let type): return client.pointee.type == type
    case .address(let address): return Array(details.address.utf8) == address
    case .localAddress(let address): return Array(details.localAddress.utf8) == address
    case .user(let user): return Array(details.user.utf8) == user
    case .minimumAge(let age): return seconds(since: details.createdAt) >= age
    case .minimumIdle(let idle): return seconds(since: details.lastInteractionAt) >= idle
    case .name(let name): return details.name == name
    case .libraryName(let name): return details.libraryName == name
    case .libraryVersion(let version): return details.libraryVersion == version
    case .database(let index): return client.pointee.databaseIndex == index
    case .flags(let wanted):
      let text = Array(flagText(client).utf8)
      return wanted.allSatisfy { text.contains($0) }
    case .ip(let ip):
      guard let colon = details.address.utf8.lastIndex(of: UInt8(ascii: ":")) else { return false }
      let host = details.address[..<colon].filter { $0 != "[" && $0 != "]" }
      return Array(host.utf8) == ip
    }
  }
}

/// Which clients CLIENT LIST shows and CLIENT KILL ends: all conditions have to hold.
struct ClientFilter {
  enum Test {
    case ids([UInt64])
    case type(ClientType)
    case address([UInt8])
    case localAddress([UInt8])
    case user([UInt8])
    /// Seconds.
    case minimumAge(UInt64)
    case minimumIdle(UInt64)
    case name([UInt8])
    case libraryName([UInt8])
    case libraryVersion([UInt8])
    case database(Int)
    case flags([UInt8])
    case ip([UInt8])
  }

  struct Condition {
    let test: Test
    let isNegated: Bool
  }

  private(set) var conditions: [Condition] = []
  var skipsAsking = false

  /// Adds a condition, in the place of an earlier one of its kind.
  mutating func add(_ test: Test, isNegated: Bool = false) {
    conditions.removeAll { $0.isNegated == isNegated && $0.test.kind == test.kind }
    conditions.append(Condition(test: test, isNegated: isNegated))
  }
}

extension ClientFilter.Test {
  fileprivate var kind: Int {
    switch self {
    case .ids: 0
    case .type: 1
    case .address: 2
    case .localAddress: 3
    case .user: 4
    case .minimumAge: 5
    case .minimumIdle: 6
    case .name: 7
    case .libraryName: 8
    case .libraryVersion: 9
    case .database: 10
    case .flags: 11
    case .ip: 12
    }
  }
}

extension Call {
  /// CLIENT LIST's line about the client that asks.
  func describeClient() -> [UInt8] { server.line(about: frame.pointee.client) }

  func clientList(_ filter: ClientFilter) -> [UInt8] {
    server.clientList(filter, asking: client.id)
  }

  func killClients(_ filter: ClientFilter) -> Int { server.kill(filter, asking: client.id) }

  /// Makes the connection as it was when it began.
  func resetClient() { server.reset(frame.pointee.client) }
}
