import CPrimitives
import Core

/// Clients that MONITOR shows every command to.
struct Monitoring {
  var clients: [UnsafeMutablePointer<Client>] = []
  /// Lines for a monitoring client that is in EXEC itself: they follow its reply.
  var postponed: [[UInt8]] = []
}

extension Server {
  /// Shows the client every command from now on; false if it does so already.
  mutating func addMonitor(_ client: UnsafeMutablePointer<Client>) -> Bool {
    if client.pointee.flags.contains(.monitor) { return false }
    client.pointee.flags.insert(.monitor)
    client.pointee.attention.insert(.monitor)
    monitoring.clients.append(client)
    attention.insert(.monitored)
    return true
  }

  mutating func removeMonitor(_ client: UnsafeMutablePointer<Client>) {
    if !client.pointee.flags.contains(.monitor) { return }
    client.pointee.flags.remove(.monitor)
    client.pointee.attention.remove(.monitor)
    monitoring.clients.removeAll { $0 == client }
    if monitoring.clients.isEmpty { attention.remove(.monitored) }
  }

  /// Sends the command that has run to the monitoring clients, unless it is one of those that are
  /// never shown.
  @inline(never)
  mutating func feedMonitors(
    _ command: UnsafeMutablePointer<Command>, _ client: UnsafeMutablePointer<Client>,
    _ arguments: UnsafeBufferPointer<ByteView>, redacted: UInt64
  ) {
    let isExecuting = client.pointee.flags.contains(.executing)
    if !isExecuting, !monitoring.postponed.isEmpty { sendPostponed(to: client) }
    if !command.pointee.flags.isDisjoint(with: [.skipMonitor, .admin]) { return }
    let line = monitorLine(client, arguments, redacted: redacted)
    for monitor in monitoring.clients {
      if isExecuting, monitor == client {
        monitoring.postponed.append(line)
      } else {
        send(line, to: monitor)
      }
    }
  }

  private mutating func sendPostponed(to client: UnsafeMutablePointer<Client>) {
    for line in monitoring.postponed where client.pointee.flags.contains(.monitor) {
      send(line, to: client)
    }
    monitoring.postponed.removeAll()
  }

  private mutating func send(_ line: [UInt8], to monitor: UnsafeMutablePointer<Client>) {
    if !monitor.pointee.flags.isDisjoint(with: [.closed, .closeAfterReply, .replyOff]) { return }
    withUnsafeMutablePointer(to: &monitor.pointee.reply) { reply in
      line.withView { ReplyWriter(reply).simple($0) }
    }
    queueFlush(monitor)
  }

  /// `1339518083.107412 [0 127.0.0.1:60866] "keys" "*"`
  private func monitorLine(
    _ client: UnsafeMutablePointer<Client>, _ arguments: UnsafeBufferPointer<ByteView>,
    redacted: UInt64
  ) -> [UInt8] {
    let microseconds = apus_wall_nanoseconds() / 1000
    let fraction = String(microseconds % 1_000_000)
    let padding = String(repeating: "0", count: 6 - fraction.count)
    let details = client.pointee.details
    var address = details.address
    if client.pointee.flags.contains(.unixSocket) { address = "unix:" + address.dropLast(2) }
    let source = "[\(client.pointee.databaseIndex) \(address)]"
    var line = Array("\(microseconds / 1_000_000).\(padding)\(fraction) \(source)".utf8)
    for (index, argument) in arguments.enumerated() {
      line.append(UInt8(ascii: " "))
      let isHidden = index < 64 && redacted & 1 << UInt64(index) != 0
      Quoting.append(isHidden ? ByteView("(redacted)") : argument, to: &line)
    }
    return line
  }
}

extension Call {
  /// Shows the client every command from now on; false if it does so already.
  package func addMonitor() -> Bool { server.addMonitor(frame.pointee.client) }
}
