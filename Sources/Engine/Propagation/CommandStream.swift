import CPrimitives
import Core

/// What has been done to the data, as commands that do the same again: for the append-only file,
/// and for replicas.
///
///     SELECT 0 | SET k v | MULTI | DEL gone | INCR gone | EXEC | SELECT 3 | ...
///     ^ taken: the owner's                    ^ bytes: what piled up since     ^ count
///
/// A command of the stream is an effect: expiry is DEL, a relative time an absolute one, a choice
/// by chance what was chosen. So whoever runs the stream, with the clock standing still
/// (`Server.isReplaying`), has the same data in the end, deadlines among it.
///
/// Effects that belong together are a unit: those of a command, of a whole EXEC, of the removal of
/// one expired key. A unit of more than one is wrapped in MULTI and EXEC. That it is more than one
/// shows with the second, when the first is moved behind a MULTI: the common unit of one effect
/// pays nothing, and no list of effects is kept. Before an effect in another database than that of
/// the last one comes SELECT.
///
/// Whoever owns the stream turns it on, and takes the bytes at the end of a turn and before a fork.
/// It may be cut between any two commands: a unit that is under way is ended there. Bytes are
/// counted for ever (`endOffset`), so that a place in the stream has a number.
///
/// Invariants: while off nothing is appended. `unitStart` is where the unit's first effect begins,
/// with its SELECT; it means something only if `effectCount` is not 0.
/// Ownership: owns `bytes` until they are taken, and a hold on each block in `held`. Nothing in it
/// is counted by the language: it is copied and changed on the hot path.
/// Complexity: an effect is copied once.
///
/// The alternative that lost: a chain of blocks as in `ReplyBuffer`, which never moves a byte.
/// Bytes are taken each turn, so that a block is nearly always right after the first turns, and who
/// writes them has one piece.
package struct CommandStream {
  package private(set) var isOn = false
  /// Within EXEC: the unit is not ended by the commands in it.
  private(set) var isInTransaction = false
  private var bytes: UnsafeMutablePointer<UInt8>?
  private var count = 0
  private var capacity = 0
  private var unitStart = 0
  /// Effects of the unit under way.
  private var effectCount = 0
  /// Where the effect that is being composed begins, and its arguments until now.
  private var effectStart = 0
  private var argumentCount = 0
  /// The database of the last effect; -1: not known to who reads the stream.
  private var selectedDatabase = -1
  private var takenByteCount: UInt64 = 0
  /// Large arguments that the command under way has taken over: they are to be logged after it.
  private var held = HeldBlocks()

  package init() {}

  // MARK: The owner's

  /// Begins the stream. The first effect selects its database.
  package mutating func turnOn() {
    isOn = true
    selectedDatabase = -1
  }

  /// Ends the stream. What has not been taken stays to be taken.
  package mutating func turnOff() {
    endUnitHere()
    held.release()
    isOn = false
  }

  /// The next effect selects its database: for a file or a replica that begins here. Between units,
  /// as after `take`.
  package mutating func forgetDatabase() {
    endUnitHere()
    selectedDatabase = -1
  }

  package var isEmpty: Bool { count == 0 }

  /// Bytes that have not been taken.
  package var byteCount: Int { count }

  /// How many bytes the stream has had until now, taken ones among them.
  package var endOffset: UInt64 { takenByteCount &+ UInt64(count) }

  /// All bytes since the last time. They end behind a whole command: a unit under way is ended.
  /// OWNERSHIP: the caller's, who frees them or gives them back; nil if there are none.
  package mutating func take() -> StreamBytes? {
    endUnitHere()
    guard let bytes, count > 0 else { return nil }
    let taken = StreamBytes(base: bytes, count: count, capacity: capacity)
    takenByteCount &+= UInt64(count)
    self.bytes = nil
    count = 0
    capacity = 0
    return taken
  }

  /// Takes over a block whose bytes are not needed any more, to be filled again. CONSUMES `taken`.
  package mutating func giveBack(_ taken: StreamBytes) {
    if bytes != nil || taken.capacity > Self.keptByteCountMax { return taken.free() }
    bytes = taken.base
    capacity = taken.capacity
  }

  /// Larger blocks are not kept for the next turn.
  private static var keptByteCountMax: Int { 1 << 20 }
  private static var firstByteCount: Int { 16 << 10 }

  // MARK: Units

  /// The effects until `endTransaction` are one unit.
  mutating func beginTransaction() { isInTransaction = true }

  mutating func endTransaction() { isInTransaction = false }

  /// Ends the unit, unless a transaction is under way.
  @inline(__always)
  mutating func endUnit() {
    if effectCount == 0 || isInTransaction { return }
    endUnitHere()
  }

  private mutating func endUnitHere() {
    if effectCount > 1 { appendLiteral("*1\r\n$4\r\nEXEC\r\n") }
    effectCount = 0
  }

  /// Makes what was one effect the first of several.
  @inline(never)
  private mutating func wrapUnit() {
    let multi: StaticString = "*1\r\n$5\r\nMULTI\r\n"
    let moved = count - unitStart
    _ = reserve(multi.utf8CodeUnitCount)
    guard let bytes else { return }
    let first = bytes + unitStart
    memmove(first + multi.utf8CodeUnitCount, first, moved)
    memcpy(first, multi.utf8Start, multi.utf8CodeUnitCount)
    count += multi.utf8CodeUnitCount
  }

  @inline(__always)
  private mutating func beginEffect(_ databaseIndex: Int) {
    if effectCount == 0 { unitStart = count } else if effectCount == 1 { wrapUnit() }
    effectCount &+= 1
    if databaseIndex != selectedDatabase { select(databaseIndex) }
  }

  @inline(never)
  private mutating func select(_ databaseIndex: Int) {
    selectedDatabase = databaseIndex
    var cursor = Self.head(UInt8(ascii: "*"), 2, at: reserve(64))
    cursor = Self.bulk(ByteView("SELECT"), at: cursor)
    advance(to: Self.bulk(decimal: Int64(databaseIndex), at: cursor))
  }

  // MARK: Whole effects

  /// Appends a command as it came.
  mutating func append(
    _ arguments: UnsafePointer<ByteView>, _ argumentCount: Int, _ databaseIndex: Int
  ) {
    beginEffect(databaseIndex)
    var byteCount = Self.headByteCountMax
    for index in 0..<argumentCount {
      byteCount &+= arguments[index].count &+ Self.bulkOverheadMax
    }
    var cursor = Self.head(UInt8(ascii: "*"), argumentCount, at: reserve(byteCount))
    for index in 0..<argumentCount {
      cursor = Self.bulk(arguments[index], at: cursor)
    }
    advance(to: cursor)
  }

  // MARK: Effects in pieces

  /// Begins an effect whose arguments follow one by one. No other one may begin before its end.
  mutating func begin(_ name: ByteView, _ databaseIndex: Int) {
    beginEffect(databaseIndex)
    effectStart = count
    argumentCount = 0
    // Room for the head of fewer than ten arguments: how many there are shows at the end.
    _ = reserve(Self.shortHeadByteCount)
    count += Self.shortHeadByteCount
    add(name)
  }

  mutating func add(_ argument: ByteView) {
    argumentCount &+= 1
    advance(to: Self.bulk(argument, at: reserve(argument.count &+ Self.bulkOverheadMax)))
  }

  mutating func add(decimal value: Int64) {
    argumentCount &+= 1
    advance(to: Self.bulk(decimal: value, at: reserve(Self.bulkOverheadMax &+ 32)))
  }

  mutating func end() {
    let extra = IntegerText.decimalDigitCount(UInt64(argumentCount)) - 1
    if extra > 0 {
      _ = reserve(extra)
      guard let bytes else { return }
      let first = bytes + effectStart + Self.shortHeadByteCount
      memmove(first + extra, first, count - effectStart - Self.shortHeadByteCount)
      count += extra
    }
    guard let bytes else { return }
    _ = Self.head(UInt8(ascii: "*"), argumentCount, at: bytes + effectStart)
  }

  // MARK: Large arguments

  /// Keeps an argument's bytes until the command has been logged, whatever it does with them.
  @inline(never)
  mutating func hold(_ block: StringBlock) {
    block.hold()
    held.add(block)
  }

  @inline(__always)
  mutating func didLog() { if !held.isEmpty { held.release() } }

  // MARK: Bytes

  /// Any count of arguments.
  private static var headByteCountMax: Int { 24 }
  /// What a bulk string takes beside its bytes, and what may be written behind them on the way.
  private static var bulkOverheadMax: Int { 32 }
  private static var shortHeadByteCount: Int { 4 }

  /// Makes room for so many bytes and returns where they belong.
  @inline(__always)
  private mutating func reserve(_ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    if let bytes, capacity &- count >= byteCount { return bytes + count }
    return grow(byteCount)
  }

  @inline(never)
  private mutating func grow(_ byteCount: Int) -> UnsafeMutablePointer<UInt8> {
    let needed = count + byteCount
    let newCapacity = max(needed, Self.firstByteCount, capacity + capacity / 2)
    let block: UnsafeMutableRawPointer
    if let bytes {
      block = Allocation.reallocate(UnsafeMutableRawPointer(bytes), from: capacity, to: newCapacity)
    } else {
      block = Allocation.allocate(newCapacity)
    }
    let moved = block.assumingMemoryBound(to: UInt8.self)
    bytes = moved
    capacity = newCapacity
    return moved + count
  }

  @inline(__always)
  private mutating func advance(to cursor: UnsafeMutablePointer<UInt8>) {
    if let bytes { count = cursor - bytes }
    assert(count <= capacity)
  }

  private mutating func appendLiteral(_ text: StaticString) {
    let target = reserve(text.utf8CodeUnitCount)
    memcpy(target, text.utf8Start, text.utf8CodeUnitCount)
    count += text.utf8CodeUnitCount
  }

  /// Writes `type`, a number, CR LF; returns where what follows belongs.
  @inline(__always)
  private static func head(
    _ type: UInt8, _ value: Int, at target: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    target[0] = type
    let end = target + 1 + IntegerText.write(UInt64(value), to: target + 1)
    end[0] = 13
    end[1] = 10
    return end + 2
  }

  @inline(__always)
  private static func bulk(
    _ bytes: ByteView, at target: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let count = bytes.count
    let start: UnsafeMutablePointer<UInt8>
    if count < 100 {
      UnsafeMutableRawPointer(target).storeBytes(
        of: apus_bulk_head(UInt64(truncatingIfNeeded: count)).littleEndian, as: UInt64.self)
      start = target + (count < 10 ? 4 : 5)
    } else {
      start = head(UInt8(ascii: "$"), count, at: target)
    }
    apus_copy_short(start, bytes.base, count)
    start[count] = 13
    start[count &+ 1] = 10
    return start + count + 2
  }

  private static func bulk(
    decimal value: Int64, at target: UnsafeMutablePointer<UInt8>
  ) -> UnsafeMutablePointer<UInt8> {
    let start = head(UInt8(ascii: "$"), IntegerText.decimalDigitCount(value), at: target)
    let end = start + IntegerText.write(value, to: start)
    end[0] = 13
    end[1] = 10
    return end + 2
  }
}

/// Holds on blocks, for the time of a command.
private struct HeldBlocks {
  private var payloads: UnsafeMutablePointer<UInt64>?
  private var count = 0
  private var capacity = 0

  var isEmpty: Bool { count == 0 }

  mutating func add(_ block: StringBlock) {
    if count == capacity { grow() }
    guard let payloads else { return }
    payloads[count] = block.payload
    count += 1
  }

  private mutating func grow() {
    let newCapacity = max(8, 2 * capacity)
    let grown = Allocation.allocate(newCapacity * 8).assumingMemoryBound(to: UInt64.self)
    if let payloads {
      memcpy(grown, payloads, count * 8)
      Allocation.free(UnsafeMutableRawPointer(payloads), capacity * 8)
    }
    payloads = grown
    capacity = newCapacity
  }

  /// Ends the holds, and gives the memory back.
  @inline(never)
  mutating func release() {
    guard let payloads else { return }
    for index in 0..<count { StringBlock(payload: payloads[index]).free() }
    Allocation.free(UnsafeMutableRawPointer(payloads), capacity * 8)
    self = HeldBlocks()
  }
}

/// A piece of the stream, in the hands of who writes it somewhere.
package struct StreamBytes {
  package let base: UnsafeMutablePointer<UInt8>
  package let count: Int
  fileprivate let capacity: Int

  package var view: ByteView { ByteView(base, count: count) }

  /// On any thread.
  package func free() { Allocation.free(UnsafeMutableRawPointer(base), capacity) }
}
