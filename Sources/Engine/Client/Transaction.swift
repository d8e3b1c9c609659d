import Core

/// MULTI's queue.
///
/// Ownership: owns the requests; `destroy` frees them.
struct Transaction {
  private(set) var queued: [KeptRequest] = []
  /// Memory of the queued requests.
  private(set) var byteCount = 0
  /// The flags of all queued commands together.
  private(set) var flags: CommandFlags = []

  mutating func append(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeBufferPointer<ByteView>,
    hash: UInt64
  ) {
    let request = KeptRequest(command, copying: arguments, hash: hash)
    queued.append(request)
    byteCount += request.byteCount + MemoryLayout<KeptRequest>.stride
    flags.formUnion(command.pointee.flags)
  }

  mutating func destroy() {
    for request in queued { request.destroy() }
    queued.removeAll()
    byteCount = 0
  }
}
