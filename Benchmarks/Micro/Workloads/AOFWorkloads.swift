import Core
import Engine

/// The log's way in both directions, without a disk: files are memory here.
enum AOFWorkloads {
  static let all = [reading, handingOver]

  private static let command =
    "*3\r\n$3\r\nSET\r\n$16\r\nkey:000000000001\r\n$16\r\nvalue:0000000001\r\n"

  /// Cutting a file into commands, as at start.
  private static let reading = Workload("AOF: reading a SET", "59 MB") { _ in
    let bytes = Array(command.utf8)
    let file = RepeatedFile(bytes)
    return PreparedWorkload(
      run: { count in
        var reader = AOFReader(
          files: file.files(), descriptor: 0, byteCount: bytes.count * count)
        defer { reader.close() }
        var arguments = ArgumentList()
        defer { arguments.destroy() }
        var words = 0
        while reader.next(into: &arguments) == .command { words += arguments.count }
        return words
      }, returns: { 3 * $0 })
  }

  /// A turn of one command: what the engine pays for the log.
  private static let handingOver = Workload("AOF: handing over a turn", "64 KiB pieces") { _ in
    var files = FileSystem()
    files.write = { _, _, count in count }
    files.synchronize = { _ in 0 }
    files.close = { _ in 0 }
    let bytes = Array(command.utf8)
    guard
      var writer = try? AOFWriter(
        AOFOpenFile(name: "memory", descriptor: -1, byteCount: 0), synchronization: .never,
        files: files, wakeUp: { _ in }, context: nil)
    else { return PreparedWorkload(run: { _ in 0 }, returns: { _ in 1 }) }
    return PreparedWorkload(
      reset: { _ in _ = writer.flush() },
      run: { count in
        let start = writer.endOffset
        bytes.withView { view in
          for _ in 0..<count {
            writer.append(view)
            writer.handOver()
          }
        }
        return writer.endOffset - start
      }, returns: { bytes.count * $0 })
  }
}

/// The same bytes again and again.
private final class RepeatedFile: @unchecked Sendable {
  private let bytes: [UInt8]
  private var offset = 0

  init(_ bytes: [UInt8]) {
    // Reads of up to 256 KiB begin anywhere in a command.
    self.bytes = Array(repeatElement(bytes, count: 262_144 / bytes.count + 2).joined())
    period = bytes.count
  }

  private let period: Int

  func files() -> FileSystem {
    var files = FileSystem()
    files.seek = { _, offset in
      self.offset = offset
      return offset
    }
    files.read = { _, base, count in
      let start = self.offset % self.period
      let count = min(count, self.bytes.count - start)
      self.bytes.withUnsafeBytes { source in
        if let from = source.baseAddress { base.copyMemory(from: from + start, byteCount: count) }
      }
      self.offset += count
      return count
    }
    return files
  }
}
