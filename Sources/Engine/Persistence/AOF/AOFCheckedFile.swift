import Core
import Glibc

/// A file read from front to back by lines and runs of bytes, of which it knows the line and
/// offset: what the checker's messages speak of. Memory is bounded whatever the file says.
struct AOFCheckedFile {
  private static let bufferByteCount = 64 * 1024

  private let files: FileSystem
  private let descriptor: Int32
  private var buffer = [UInt8](repeating: 0, count: bufferByteCount)
  private var count = 0
  private var position = 0
  /// Of the next byte.
  private(set) var offset: Int

  init(files: FileSystem, descriptor: Int32, offset: Int) throws(SystemFailure) {
    self.files = files
    self.descriptor = descriptor
    self.offset = offset
    let result = files.seek(descriptor, offset)
    if result < 0 { throw SystemFailure(Int32(clamping: -result)) }
  }

  /// The next byte without taking it; nil at the end.
  mutating func peek() throws(SystemFailure) -> UInt8? {
    if position == count { try fill() }
    return position < count ? buffer[position] : nil
  }

  private mutating func next() throws(SystemFailure) -> UInt8? {
    guard let byte = try peek() else { return nil }
    position += 1
    offset += 1
    return byte
  }

  private mutating func fill() throws(SystemFailure) {
    let result = buffer.withUnsafeMutableBytes { bytes -> Result<Int, SystemFailure> in
      guard let base = bytes.baseAddress else { return .success(0) }
      do throws(SystemFailure) {
        return .success(try files.readSome(descriptor, base, bytes.count))
      } catch {
        return .failure(error)
      }
    }
    count = try result.get()
    position = 0
  }

  /// A line with its end, or as much of one as there are bytes up to `limit`.
  mutating func line(limit: Int) throws(SystemFailure) -> [UInt8] {
    var line: [UInt8] = []
    while line.count < limit, let byte = try next() {
      line.append(byte)
      if byte == UInt8(ascii: "\n") { break }
    }
    return line
  }

  /// Passes over up to `count` bytes. The first `keeping` and the last two of them, and how many
  /// there were.
  mutating func run(
    _ wanted: Int, keeping: Int
  ) throws(SystemFailure) -> (head: [UInt8], tail: [UInt8], count: Int) {
    var head: [UInt8] = []
    var tail: [UInt8] = []
    var got = 0
    while got < wanted, let first = try peek() {
      let step = min(count - position, wanted - got)
      if step > 2, got >= keeping {
        position += step - 2
        offset += step - 2
        got += step - 2
        tail = []
        continue
      }
      _ = try next()
      got += 1
      if head.count < keeping { head.append(first) }
      tail = Array((tail + [first]).suffix(2))
    }
    return (head, tail, got)
  }
}
