import CPrimitives
import Core

/// A copy of a whole request, which outlives the turn: one that MULTI queues, or that is blocked.
///
/// The arguments lie in one block, views first, bytes behind them, so that they are handed to the
/// handler as they are:
///
///     | ByteView * count | bytes of all arguments |
///
/// Ownership: owns the block; `destroy` frees it.
struct KeptRequest {
  let command: UnsafeMutablePointer<Command>
  let arguments: UnsafeMutablePointer<ByteView>
  let count: Int
  /// Hash of the first key.
  let hash: UInt64
  let byteCount: Int

  init(
    _ command: UnsafeMutablePointer<Command>, copying request: UnsafeBufferPointer<ByteView>,
    hash: UInt64
  ) {
    let viewByteCount = request.count * MemoryLayout<ByteView>.stride
    byteCount = request.reduce(viewByteCount) { $0 + $1.count }
    let block = Allocation.allocate(byteCount)
    arguments = block.assumingMemoryBound(to: ByteView.self)
    count = request.count
    self.command = command
    self.hash = hash
    var target = (block + viewByteCount).assumingMemoryBound(to: UInt8.self)
    for (index, argument) in request.enumerated() {
      apus_copy(target, argument.base, argument.count)
      (arguments + index).initialize(to: ByteView(target, count: argument.count))
      target += argument.count
    }
  }

  var views: UnsafeBufferPointer<ByteView> { UnsafeBufferPointer(start: arguments, count: count) }

  func destroy() { Allocation.free(UnsafeMutableRawPointer(arguments), byteCount) }
}
