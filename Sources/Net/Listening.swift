import CNet
import Core
import Engine

/// Listening and accepting.
extension EventLoop {
  /// Opens a TCP listener. Returns nil, or what the system said.
  package mutating func listen(address: String, port: Int, backlog: Int) -> String? {
    var listener: OpaquePointer?
    let status = apus_listener_open_tcp(loop, address, Int32(port), Int32(backlog), &listener)
    guard status == 0, let listener else { return String(cString: apus_net_error(status)) }
    listeners.append(listener)
    return nil
  }

  mutating func accept(_ listener: OpaquePointer) {
    let place = UnsafeMutablePointer<Connection>.allocate(capacity: 1)
    var handle: OpaquePointer?
    guard apus_listener_accept(listener, place, &handle) == 0, let handle else {
      place.deallocate()
      return
    }
    apus_connection_configure_tcp(handle, tcpKeepaliveSeconds)
    let details = describe(handle)
    let client = server.pointee.connect(
      transport: place, details: details, isLocal: isLocal(details.address))
    place.initialize(to: Connection(loop: address, handle: handle, client: client))
    if apus_connection_start_reading(handle) != 0 { place.pointee.close() }
  }

  private var address: UnsafeMutablePointer<EventLoop> {
    mutating get { withUnsafeMutablePointer(to: &self) { $0 } }
  }

  /// Whether the peer is this machine.
  private func isLocal(_ address: String) -> Bool {
    address.hasPrefix("127.") || address.hasPrefix("[::1]:") || address.hasPrefix("/")
  }

  private func describe(_ handle: OpaquePointer) -> ClientDetails {
    var details = ClientDetails()
    details.address = text(of: handle, isPeer: true)
    details.localAddress = text(of: handle, isPeer: false)
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
