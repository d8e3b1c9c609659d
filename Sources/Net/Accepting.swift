import CNet
import Core
import Engine
import Glibc

/// Taking in peers.
extension EventLoop {
  mutating func accept(_ listener: OpaquePointer) {
    var handle: OpaquePointer?
    guard apus_listener_accept(listener, nil, &handle) == 0, let handle else { return }
    let isLocal = apus_connection_is_local(handle)
    let isUnix = apus_listener_is_unix(listener)
    let details = describe(handle, isLocal: isLocal, isUnix: isUnix)
    let place = isUnix ? "connection to \(details.address.dropLast(2))" : details.address
    server.pointee.log.verbose("Accepted \(place)")
    if let refusal = server.pointee.refusal(ofLocalClient: isLocal) {
      return refuse(handle, refusal)
    }
    let keepalive = server.pointee.settings.tcpKeepaliveSeconds
    apus_connection_configure_tcp(handle, Int32(clamping: keepalive))
    let connection = UnsafeMutablePointer<Connection>.allocate(capacity: 1)
    let client = server.pointee.connect(transport: connection, details: details)
    if isUnix { client.pointee.flags.insert(.unixSocket) }
    connection.initialize(to: Connection(loop: address, handle: handle, client: client))
    apus_connection_set_context(handle, connection)
    if apus_connection_start_reading(handle) != 0 { connection.pointee.close() }
  }

  /// Tells the peer why and closes. The line is short: a socket just opened takes it at once.
  private func refuse(_ handle: OpaquePointer, _ text: StaticString) {
    let bytes = UnsafeMutableRawPointer(mutating: text.utf8Start)
    var piece = iovec(iov_base: bytes, iov_len: text.utf8CodeUnitCount)
    _ = apus_connection_try_write(handle, &piece, 1)
    apus_connection_close(handle)
  }

  private var address: UnsafeMutablePointer<EventLoop> {
    mutating get { withUnsafeMutablePointer(to: &self) { $0 } }
  }

  private func describe(_ handle: OpaquePointer, isLocal: Bool, isUnix: Bool) -> ClientDetails {
    var details = ClientDetails()
    if isUnix {
      details.address = server.pointee.configuration.text(.unixsocket) + ":0"
      details.localAddress = details.address
    } else {
      details.address = text(of: handle, isPeer: true)
      details.localAddress = text(of: handle, isPeer: false)
    }
    details.isLocal = isLocal
    details.fileDescriptor = apus_connection_descriptor(handle)
    details.createdAt = server.pointee.clock.nanoseconds
    details.lastInteractionAt = details.createdAt
    return details
  }

  private func text(of handle: OpaquePointer, isPeer: Bool) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      _ = apus_connection_address(handle, isPeer, base, buffer.count)
      return String(cString: base)
    }
  }
}
