import Core
import Glibc

/// Reads the commands of one file of the log, one after another.
///
/// Arguments are views of the buffer: nothing is copied. The buffer holds at least a whole command,
/// so it grows to what the longest one takes, and only after bytes that are really in the file: a
/// string that claims more than the file has left is the end of a file that was cut.
///
///     | read and parsed | a command's beginning ...      | room |
///                       ^ position                       ^ count
///
/// A command that is not whole when the buffer ends is parsed again from its beginning once the
/// buffer has been filled up. Each time the buffer has at least doubled, so the work stays linear.
///
/// Ownership: owns its buffer, not the descriptor. `close` ends it.
package struct AOFReader {
  package enum Outcome: Equatable {
    /// A command is in the list; its views hold until the next call.
    case command
    /// The file ends behind a command, and no transaction is open.
    case end
    /// The file ends in the middle. Cut at the offset it ends behind the last whole command, and
    /// before a transaction that lacks its end.
    case truncated(at: Int, revertsTransaction: Bool)
    /// The byte at the offset belongs to no command.
    case badFormat(at: Int)
    case failed(SystemFailure)
  }

  private static let bufferByteCount = 256 * 1024

  private let files: FileSystem
  private let descriptor: Int32
  /// The file's length when it was opened. What is behind is not looked at.
  package let byteCount: Int
  private var buffer: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  /// Bytes in the buffer, and how many of them are used up.
  private var count = 0
  private var position = 0
  /// Where in the file the buffer begins.
  private var bufferOffset: Int
  private var isAtEnd = false
  /// Behind the last whole command.
  package private(set) var validOffset: Int
  /// Behind the last command before the transaction that is open.
  private var offsetBeforeTransaction: Int?
  /// Of the last `#TS:`.
  package private(set) var timestamp: Int64?

  /// Reads on from `offset`, which is behind an RDB preamble where there is one.
  package init(
    files: FileSystem, descriptor: Int32, byteCount: Int, offset: Int = 0
  ) {
    self.files = files
    self.descriptor = descriptor
    self.byteCount = byteCount
    bufferOffset = offset
    validOffset = offset
    capacity = Self.bufferByteCount
    buffer = Allocation.allocate(capacity).assumingMemoryBound(to: UInt8.self)
  }

  /// Frees the buffer.
  package func close() { Allocation.free(buffer, capacity) }

  /// How far the file has been read.
  package var offset: Int { bufferOffset + position }
  package var isInTransaction: Bool { offsetBeforeTransaction != nil }

  /// The next command. Anything else is the last outcome.
  package mutating func next(into arguments: inout ArgumentList) -> Outcome {
    while true {
      arguments.truncate(to: 0)
      guard position < count else {
        if let outcome = fill(needed: 1) { return outcome }
        continue
      }
      let input = ByteView(buffer, count: count)
      switch AOFSyntax.parse(input, position, into: &arguments) {
      case .command(let end):
        position = end
        noteTransaction(arguments.base[0], arguments.count)
        validOffset = bufferOffset &+ end
        return .command
      case .annotation(let end):
        noteTimestamp(input.slice(position, end))
        position = end
      case .incomplete(let needed):
        if let outcome = fill(needed: needed &- position) { return outcome }
      case .bad(let at):
        return judge(badAt: at)
      }
    }
  }

  /// As the loader of Redis: in a transaction only EXEC counts.
  @inline(__always)
  private mutating func noteTransaction(_ name: ByteView, _ argumentCount: Int) {
    if name.count == 4, name.isKeyword("exec") {
      offsetBeforeTransaction = nil
    } else if name.count == 5, offsetBeforeTransaction == nil, name.isKeyword("multi") {
      offsetBeforeTransaction = validOffset
    }
  }

  private mutating func noteTimestamp(_ line: ByteView) {
    guard line.count > 4, line.slice(0, 4) == ByteView("#TS:") else { return }
    var end = line.count - 1
    if line[end - 1] == 13 { end -= 1 }
    if end >= 4, let value = line.slice(4, end).parseInteger() { timestamp = value }
  }

  // MARK: The buffer

  /// Moves what is left to the front and fills the buffer up, which has room for `needed` bytes
  /// then. The outcome if there is nothing more to be had.
  private mutating func fill(needed: Int) -> Outcome? {
    let left = count - position
    // What a length claims beyond the file's end is not waited for.
    let isPromised = bufferOffset + position <= byteCount - needed
    guard !isAtEnd, isPromised || left == 0 else { return ending(left) }
    buffer.update(from: buffer + position, count: left)
    bufferOffset += position
    position = 0
    count = left
    if needed > capacity || left == capacity { grow(needed) }
    do throws(SystemFailure) {
      try readUntilFull()
    } catch {
      return .failed(error)
    }
    return count > left ? nil : ending(left)
  }

  /// REQUIRES: `needed` bytes are in the file.
  private mutating func grow(_ needed: Int) {
    let newCapacity = max(needed, 2 * capacity)
    buffer = Allocation.reallocate(buffer, from: capacity, to: newCapacity)
      .assumingMemoryBound(to: UInt8.self)
    capacity = newCapacity
  }

  private mutating func readUntilFull() throws(SystemFailure) {
    let from = files.seek(descriptor, bufferOffset + count)
    if from < 0 { throw SystemFailure(Int32(clamping: -from)) }
    while count < capacity, !isAtEnd {
      let room = min(capacity - count, byteCount - bufferOffset - count)
      let got = room > 0 ? try files.readSome(descriptor, buffer + count, room) : 0
      if got == 0 { isAtEnd = true }
      count += got
    }
  }

  // MARK: The end

  private func ending(_ left: Int) -> Outcome {
    if left == 0, offsetBeforeTransaction == nil { return .end }
    return truncated()
  }

  private func truncated() -> Outcome {
    .truncated(
      at: offsetBeforeTransaction ?? validOffset,
      revertsTransaction: offsetBeforeTransaction != nil)
  }

  /// A byte that cannot be. If it and all behind it are zeros, a file system has lengthened the
  /// file before a crash, and its content has not come: the file counts as cut where it still is
  /// one.
  private mutating func judge(badAt at: Int) -> Outcome {
    let bad = bufferOffset + at
    position = at
    while true {
      while position < count {
        if buffer[position] != 0 { return .badFormat(at: bad) }
        position += 1
      }
      switch fill(needed: 1) {
      case nil: continue
      case .failed(let failure): return .failed(failure)
      default: return truncated()
      }
    }
  }
}
