import CNet
import Core
import Engine
import Glibc

/// One socket and the engine's client behind it.
///
/// Lifetime: made at accept, freed when libuv reports that the handle is closed.
struct Connection {
  let loop: UnsafeMutablePointer<EventLoop>
  let handle: OpaquePointer
  var client: UnsafeMutablePointer<Client>
  /// Reads go to a place of this connection's own, not to the turn's buffer.
  var hasOwnTarget = false
  /// Bytes that a read puts into the turn's buffer at most.
  var sharedReadByteCountMax = Client.readByteCountMax
  /// Bytes that libuv is writing; they stay in the reply buffer until it has.
  private(set) var queuedByteCount = 0
  private var isClosing = false

  init(
    loop: UnsafeMutablePointer<EventLoop>, handle: OpaquePointer,
    client: UnsafeMutablePointer<Client>
  ) {
    self.loop = loop
    self.handle = handle
    self.client = client
  }

  /// The connection behind a context that C or a client hands back.
  @inline(__always)
  static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Connection> {
    context.unsafelyUnwrapped.assumingMemoryBound(to: Connection.self)
  }

  /// Pieces handed to one write: with standard blocks, a megabyte.
  private static let pieceCountMax = 64

  /// Reads what the peer sends, or leaves it in the system's buffers for now.
  mutating func setReading(_ isOn: Bool) {
    if isClosing { return }
    if !isOn { return apus_connection_stop_reading(handle) }
    if apus_connection_start_reading(handle) != 0 { close() }
  }

  /// Sends what the client is owed, as far as the socket takes it; queues the rest.
  mutating func flush() {
    if isClosing { return }
    if client.isClosed { return close() }
    while queuedByteCount == 0, !client.pointee.reply.isEmpty {
      client.pointee.reply.settle()
      let unsent = client.sendableByteCount
      // The rest waits for the log, and its end for the rest.
      if unsent == 0 { return }
      let written = withPieces { apus_connection_try_write(handle, $0, $1) }
      if written < 0 { return close() }
      didSend(written)
      if written < unsent, !queueRest() { return close() }
    }
    if client.isThrottled { loop.pointee.server.pointee.didDrain(client) }
    if !client.pointee.reply.isEmpty {
      loop.pointee.server.pointee.didLeaveUnsent(client)
    } else if client.closesAfterReply {
      close()
    }
  }

  private mutating func didSend(_ count: Int) {
    if count == 0 { return }
    client.didSend(count)
    client.pointee.details.netOutputByteCount &+= UInt64(count)
    loop.pointee.server.pointee.statistics.netOutputByteCount &+= UInt64(count)
    loop.pointee.server.pointee.statistics.writeCount &+= 1
  }

  /// Gives the first pieces to libuv, which writes them when the socket can take more.
  private mutating func queueRest() -> Bool {
    client.pointee.reply.settle()
    var byteCount = 0
    let status = withPieces { pieces, count in
      for index in 0..<Int(count) { byteCount += pieces[index].iov_len }
      return Int(apus_connection_write(handle, pieces, count))
    }
    queuedByteCount = byteCount
    return status == 0
  }

  mutating func didWrite(_ status: Int32) {
    let count = queuedByteCount
    queuedByteCount = 0
    if isClosing { return }
    if status < 0 { return close() }
    didSend(count)
    flush()
  }

  private func withPieces(_ body: (UnsafePointer<iovec>, UInt32) -> Int) -> Int {
    withUnsafeTemporaryAllocation(of: iovec.self, capacity: Self.pieceCountMax) { pieces in
      var count = 0
      var left = client.sendableByteCount
      var chunk = client.pointee.reply.first
      while let current = chunk, count < Self.pieceCountMax, left > 0 {
        let sent = current.pointee.sent
        let length = min(current.pointee.count - sent, left)
        pieces[count] = iovec(iov_base: current.bytes + sent, iov_len: length)
        left -= length
        count += 1
        chunk = current.pointee.next
      }
      guard let base = pieces.baseAddress else { return 0 }
      return body(base, UInt32(count))
    }
  }

  /// Ends the connection. Twice is harmless.
  mutating func close() {
    if isClosing { return }
    isClosing = true
    client.pointee.markClosed()
    apus_connection_close(handle)
  }
}
