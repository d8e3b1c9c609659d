import Core

/// Where in the stream each part of the keyspace was changed last: whoever has looked at a part is
/// answered when the log has come so far, and waits for nothing else.
///
///     hash of a key ── top 16 bits ──► offsets: | 0 | 4711 | 0 | 0 | 815 | ...
///
/// An offset lies behind the first byte of the effect. That is enough, because the log is only ever
/// let out at the ends of turns, between which an effect lies whole. Keys of all databases share
/// the parts. Of 65,536 parts a hundred writers at a time, each waiting for its fsync, occupy so
/// few that of a thousand readers of other keys one or two meet them.
///
/// `awaited` gathers what the command under way has to wait for: every lookup adds to it. Commands
/// that look at the whole keyspace, not at keys, wait for the whole stream
/// (`CommandFlags.readsKeyspace`).
///
/// Invariant: while off there are no offsets, and nothing is gathered.
/// Ownership: owns its half megabyte. Complexity: O(1) for each lookup and change; a change of all
/// keys at once (FLUSHALL, SWAPDB) fills all parts.
///
/// The alternative that lost: an offset in each entry. It takes memory of every key, and a key that
/// is missing has no entry to say since when.
struct ChangeOffsets {
  private var offsets: UnsafeMutablePointer<UInt64>?
  private var awaited: UInt64 = 0
  /// Where the stream ended after the command before.
  private var seenEnd: UInt64 = 0

  private static let partBitCount: UInt64 = 16
  private static var partCount: Int { 1 << Int(partBitCount) }
  private static var byteCount: Int { partCount * MemoryLayout<UInt64>.stride }

  @inline(__always)
  var isOn: Bool { offsets != nil }

  /// Begins: everything until now needs no waiting.
  mutating func turnOn(streamEnd: UInt64) {
    turnOff()
    let zeroed = Allocation.allocateZeroed(Self.byteCount)
    offsets = zeroed.assumingMemoryBound(to: UInt64.self)
    seenEnd = streamEnd
  }

  mutating func turnOff() {
    if let offsets { Allocation.free(UnsafeMutableRawPointer(offsets), Self.byteCount) }
    self = ChangeOffsets()
  }

  /// A key with this hash was looked for.
  @inline(__always)
  mutating func didLook(_ hash: UInt64) {
    guard let offsets else { return }
    let offset = offsets[Self.part(hash)]
    if offset > awaited { awaited = offset }
  }

  /// The key was changed, by what the stream will have behind `streamEnd`.
  @inline(__always)
  func didChange(_ hash: UInt64, streamEnd: UInt64) {
    if let offsets { offsets[Self.part(hash)] = streamEnd &+ 1 }
  }

  func didChangeAll(streamEnd: UInt64) {
    offsets?.update(repeating: streamEnd &+ 1, count: Self.partCount)
  }

  /// The command under way has looked at everything.
  mutating func didLookAtAll(streamEnd: UInt64) { awaited = max(awaited, streamEnd) }

  /// A command has ended, and the stream here. Returns what its reply has to wait for: what it
  /// looked at, and what it has appended itself.
  @inline(__always)
  mutating func takeAwaited(streamEnd: UInt64) -> UInt64 {
    let gathered = awaited
    awaited = 0
    if streamEnd == seenEnd { return gathered }
    seenEnd = streamEnd
    return streamEnd
  }

  @inline(__always)
  private static func part(_ hash: UInt64) -> Int { Int(hash >> (64 - partBitCount)) }
}
