import CPrimitives
import Core

/// MULTI's queue.
///
/// The arguments of each command are copied into one block, views first, bytes behind them, so
/// that EXEC hands them to the handler as they are:
///
///     | ByteView * count | bytes of all arguments |
///
/// Ownership: owns the blocks; `destroy` frees them.
struct Transaction {
  struct Queued {
    let command: UnsafeMutablePointer<Command>
    let arguments: UnsafeMutablePointer<ByteView>
    let count: Int
    /// Hash of the first key.
    let hash: UInt64
    let byteCount: Int
  }

  private(set) var queued: [Queued] = []
  /// Memory of the queued arguments.
  private(set) var byteCount = 0
  /// The flags of all queued commands together.
  private(set) var flags: CommandFlags = []

  mutating func append(
    _ command: UnsafeMutablePointer<Command>, _ arguments: UnsafeBufferPointer<ByteView>,
    hash: UInt64
  ) {
    let viewByteCount = arguments.count * MemoryLayout<ByteView>.stride
    let blockByteCount = arguments.reduce(viewByteCount) { $0 + $1.count }
    let block = Allocation.allocate(blockByteCount)
    let views = block.assumingMemoryBound(to: ByteView.self)
    var target = (block + viewByteCount).assumingMemoryBound(to: UInt8.self)
    for (index, argument) in arguments.enumerated() {
      apus_copy(target, argument.base, argument.count)
      (views + index).initialize(to: ByteView(target, count: argument.count))
      target += argument.count
    }
    queued.append(
      Queued(
        command: command, arguments: views, count: arguments.count, hash: hash,
        byteCount: blockByteCount))
    byteCount += blockByteCount + MemoryLayout<Queued>.stride
    flags.formUnion(command.pointee.flags)
  }

  mutating func destroy() {
    for command in queued {
      Allocation.free(UnsafeMutableRawPointer(command.arguments), command.byteCount)
    }
    queued.removeAll()
    byteCount = 0
  }
}
