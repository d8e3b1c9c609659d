import CNet
import Glibc

/// One connection to the server.
///
/// Replies are read into the loop's buffer and checked there. Only when a reply is cut does the
/// connection get a buffer of its own, until it has been read to its end.
///
/// Lifetime: made when a load begins, freed when its handle is closed.
struct LoadConnection {
  let load: UnsafeMutablePointer<Load>
  let handle: OpaquePointer
  let index: Int
  /// Requests sent and replies received; what the n-th request was follows from the mix.
  var sentCount = 0
  var receivedCount = 0
  /// Replies to the setup that are still to come.
  var setupOwed = 0
  /// Closed loop: when the batch left, and whether it is measured.
  var batchStart: UInt64 = 0
  var isBatchMeasured = false
  /// Bytes that libuv is writing, because the socket did not take them.
  private var unsent: UnsafeMutablePointer<UInt8>?
  /// The beginning of a reply whose rest is still to come.
  private var carried: UnsafeMutablePointer<UInt8>?
  private var carriedCount = 0
  private var carriedCapacity = 0

  /// Room that is offered to a read when a reply has been cut.
  private static let readByteCountMin = 256 * 1024

  init(load: UnsafeMutablePointer<Load>, handle: OpaquePointer, index: Int) {
    self.load = load
    self.handle = handle
    self.index = index
  }

  @inline(__always)
  static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<LoadConnection> {
    context.unsafelyUnwrapped.assumingMemoryBound(to: LoadConnection.self)
  }

  var isWriting: Bool { unsent != nil }

  /// Whether all that was sent has been answered.
  var isAnswered: Bool { receivedCount == sentCount }

  // MARK: Sending

  /// Sends what the socket takes at once and leaves the rest to libuv. Returns a -errno, or 0.
  @inline(__always)
  mutating func send(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    var piece = iovec(iov_base: bytes, iov_len: count)
    let written = apus_connection_try_write(handle, &piece, 1)
    if written == count { return 0 }
    return written < 0 ? written : sendRest(bytes + written, count - written)
  }

  @inline(never)
  private mutating func sendRest(_ bytes: UnsafeMutablePointer<UInt8>, _ count: Int) -> Int {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    copy.initialize(from: bytes, count: count)
    unsent = copy
    var piece = iovec(iov_base: copy, iov_len: count)
    return Int(apus_connection_write(handle, &piece, 1))
  }

  mutating func didWrite() {
    unsent?.deallocate()
    unsent = nil
  }

  // MARK: Receiving

  /// The bytes that can be looked at after a read of `count` bytes.
  @inline(__always)
  mutating func received(
    _ count: Int, into shared: UnsafeMutablePointer<UInt8>
  ) -> UnsafeBufferPointer<UInt8> {
    guard let carried else { return UnsafeBufferPointer(start: shared, count: count) }
    return UnsafeBufferPointer(start: carried, count: carriedCount + count)
  }

  /// Keeps the bytes from `start` on, which are the beginning of a reply, for the next read.
  @inline(__always)
  mutating func keep(_ start: UnsafePointer<UInt8>, _ count: Int) {
    if count == 0 && carried == nil { return }
    keepCut(start, count)
  }

  @inline(never)
  private mutating func keepCut(_ start: UnsafePointer<UInt8>, _ count: Int) {
    if count == 0 {
      dropCarried()
      apus_connection_set_read_target(handle, nil, 0)
      return
    }
    if carriedCapacity - count < Self.readByteCountMin {
      // Twice what is there, so that a long reply is copied a few times, not at every read.
      let capacity = 2 * count + Self.readByteCountMin
      let place = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
      memcpy(place, start, count)
      carried?.deallocate()
      carried = place
      carriedCapacity = capacity
    } else if let carried {
      memmove(carried, start, count)
    }
    carriedCount = count
    if let carried {
      apus_connection_set_read_target(handle, carried + count, carriedCapacity - count)
    }
  }

  private mutating func dropCarried() {
    carried?.deallocate()
    carried = nil
    carriedCount = 0
    carriedCapacity = 0
  }

  mutating func free() {
    dropCarried()
    didWrite()
  }
}
