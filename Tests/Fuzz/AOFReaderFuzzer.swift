import Core
import Engine

/// The log's reader finds the same commands as a plain reading of the format, however the system
/// cuts its reads, and what it says to cut off is a whole file afterwards.
///
///     | seed of the reads 1 | the file |
enum AOFReaderFuzzer {
  struct Read: Equatable {
    var commands: [[[UInt8]]] = []
    var outcome = AOFReader.Outcome.end
    /// Commands before the transaction that is open.
    var settledCount = 0
  }

  static func check(_ input: [UInt8]) -> String? {
    guard let seed = input.first else { return nil }
    let bytes = Array(input.dropFirst())
    let expected = AOFModel.read(bytes)
    if read(bytes, seed: nil) != expected { return "not as the format says" }
    if read(bytes, seed: seed) != expected { return "read in pieces: differs" }
    guard case .truncated(let offset, _) = expected.outcome else { return nil }
    guard offset <= bytes.count else { return "cut behind the end" }
    let rest = read(Array(bytes[..<offset]), seed: nil)
    if rest.outcome != .end { return "cut, and still not whole" }
    return rest.commands == Array(expected.commands[..<expected.settledCount])
      ? nil : "cut, and other commands"
  }

  private static func read(_ bytes: [UInt8], seed: UInt8?) -> Read {
    let file = MemoryFile(bytes, seed: seed)
    var reader = AOFReader(files: file.files(), descriptor: 0, byteCount: bytes.count)
    defer { reader.close() }
    var list = ArgumentList(capacity: 1)
    defer { list.destroy() }
    var result = Read()
    while true {
      result.outcome = reader.next(into: &list)
      guard result.outcome == .command else { return result }
      result.commands.append((0..<list.count).map { Array(list.base[$0]) })
      if !reader.isInTransaction { result.settledCount = result.commands.count }
    }
  }
}

/// A file in memory, of which each read takes as much as it likes.
private final class MemoryFile: @unchecked Sendable {
  private let bytes: [UInt8]
  private var sizes: ReadSizes?
  private var position = 0
  private var readCount = 0

  init(_ bytes: [UInt8], seed: UInt8?) {
    self.bytes = bytes
    sizes = seed.map(ReadSizes.init)
  }

  func files() -> FileSystem {
    var files = FileSystem()
    files.seek = { _, offset in
      self.position = offset
      return offset
    }
    files.read = { _, base, room in self.read(base, room) }
    return files
  }

  private func read(_ base: UnsafeMutableRawPointer, _ room: Int) -> Int {
    readCount += 1
    #if APUS_PLANTED_BUG
      if readCount == 3, position + 1 < bytes.count { position += 1 }
    #endif
    let count = min(room, bytes.count - position, sizes?.next() ?? room)
    bytes.withUnsafeBytes { source in
      guard let from = source.baseAddress, count > 0 else { return }
      base.copyMemory(from: from + position, byteCount: count)
    }
    position += count
    return count
  }
}

/// The format read plainly: all bytes at hand, a step at a time.
private struct AOFModel {
  private enum Stop: Error {
    case torn
    case bad(Int)
  }

  private let bytes: [UInt8]
  private var position = 0

  static func read(_ bytes: [UInt8]) -> AOFReaderFuzzer.Read {
    var model = AOFModel(bytes: bytes)
    var result = AOFReaderFuzzer.Read()
    var valid = 0
    var beforeTransaction: Int?
    while true {
      do throws(Stop) {
        if model.position == bytes.count {
          if beforeTransaction != nil { throw .torn }
          return result
        }
        guard let command = try model.next() else { continue }
        switch String(decoding: command[0], as: UTF8.self).lowercased() {
        case "exec": beforeTransaction = nil
        case "multi": beforeTransaction = beforeTransaction ?? valid
        default: break
        }
        valid = model.position
        result.commands.append(command)
        if beforeTransaction == nil { result.settledCount = result.commands.count }
      } catch {
        if case .bad(let at) = error, bytes[at...].contains(where: { $0 != 0 }) {
          result.outcome = .badFormat(at: at)
        } else {
          result.outcome = .truncated(
            at: beforeTransaction ?? valid, revertsTransaction: beforeTransaction != nil)
        }
        return result
      }
    }
  }

  /// A command, or nil for an annotation.
  private mutating func next() throws(Stop) -> [[UInt8]]? {
    if bytes[position] == UInt8(ascii: "#") {
      for end in position..<min(position + 1023, bytes.count) where bytes[end] == 10 {
        position = end + 1
        return nil
      }
      if bytes.count - position < 1023 { throw .torn }
      throw .bad(position + 1023)
    }
    let start = position
    let count = try number(UInt8(ascii: "*"))
    if count < 1 || count > Int(Int32.max) { throw .bad(start + 1) }
    var command: [[UInt8]] = []
    while command.count < count {
      let start = position
      let length = try number(UInt8(ascii: "$"))
      if length > 1 << 48 { throw .bad(start + 1) }
      if bytes.count - position < length + 2 { throw .torn }
      command.append(Array(bytes[position..<position + length]))
      position += length
      try take(13)
      try take(10)
    }
    return command
  }

  private mutating func take(_ byte: UInt8) throws(Stop) {
    if position == bytes.count { throw .torn }
    if bytes[position] != byte { throw .bad(position) }
    position += 1
  }

  private mutating func number(_ prefix: UInt8) throws(Stop) -> Int {
    try take(prefix)
    let first = position
    var value = 0
    while position < bytes.count, (48...57).contains(bytes[position]) {
      let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tens.addingReportingOverflow(Int(bytes[position]) - 48)
      if overflow || carry || position - first >= 20 { throw .bad(position) }
      value = sum
      position += 1
    }
    if position == first, position < bytes.count { throw .bad(position) }
    try take(13)
    try take(10)
    return value
  }
}
