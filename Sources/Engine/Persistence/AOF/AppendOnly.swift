import Core

/// The append-only file of a running server: the writer, and which files it writes.
///
/// The engine's stream (`CommandStream`) piles up what was done; `handOver` gives it to the writer
/// before anything is replied, and replies wait until `releasedOffset` has come so far. Both are
/// places in the stream, which go on from writer to writer; the writer counts the bytes of its own
/// log, with annotations.
package struct AppendOnly {
  /// nil while `appendonly` is off.
  var writer: AOFWriter?
  var rewrites = AOFRewrites()
  /// The directory in which the writer's journal has its folder.
  var journalParent = ""
  /// `aof-timestamp-enabled`: the second that now is, or 0; and the one that was written last.
  var annotationSecond: Int64 = 0
  private var annotatedSecond: Int64 = 0
  /// By how much the writer's offsets are behind the stream's.
  private var writerLag = 0

  var isOn: Bool { writer != nil }

  /// The writer is new: its first byte is the next of the stream.
  mutating func didBeginWriting(_ stream: CommandStream) { measureLag(stream) }

  private mutating func measureLag(_ stream: borrowing CommandStream) {
    writerLag = Int(stream.endOffset) - (writer?.endOffset ?? 0)
  }

  /// Gives the writer what has been done since the last time. Returns the end of the stream; 0
  /// while the file is off.
  /// `isHeldBack`: with `always` the writer gets it at the end of the turn (`awaitLog`), when it is
  /// known who waits.
  @inline(__always)
  mutating func handOver(_ stream: inout CommandStream, isHeldBack: Bool = false) -> Int {
    guard writer != nil else { return 0 }
    return handOverBytes(&stream, isHeldBack)
  }

  @inline(never)
  private mutating func handOverBytes(
    _ stream: inout CommandStream, _ isHeldBack: Bool
  ) -> Int {
    if let bytes = stream.take() {
      if annotationSecond > annotatedSecond { annotate() }
      writer?.append(bytes.view)
      stream.giveBack(bytes)
      if !isHeldBack || writer?.synchronization != .always { writer?.handOver() }
      measureLag(stream)
    }
    return Int(stream.endOffset)
  }

  /// Up to here the log is as safe as `appendfsync` promises before a reply: on the disk with
  /// `always`, otherwise in the system's hands, where it survives the process.
  package var releasedOffset: Int {
    guard let writer else { return .max }
    let offset =
      writer.synchronization == .always ? writer.durableOffset : writer.writtenOffset
    return offset + writerLag
  }

  /// Notes the time before what was done at it.
  @inline(never)
  private mutating func annotate() {
    annotatedSecond = annotationSecond
    Array("#TS:\(annotationSecond)\r\n".utf8).withView { writer?.append($0) }
  }

  /// The next bytes are the first of a file: they begin with the time, if any does.
  mutating func didBeginFile() { annotatedSecond = 0 }

  /// Bytes that wait to be written.
  @inline(__always)
  var backlogByteCount: Int { writer?.backlogByteCount ?? 0 }

  /// Bytes of all files, with what is not written yet.
  var byteCount: Int {
    rewrites.settledByteCount + (writer.map { $0.endOffset - rewrites.fileStartOffset } ?? 0)
  }

  /// What keeps the log from being safe, as an error number; 0 if nothing does.
  var errorNumber: Int32 {
    guard let status = writer?.status else { return 0 }
    return status.writeError != 0 ? status.writeError : status.synchronizationError
  }
}
