import Core

/// The append-only file of a running server: the writer, and which files it writes.
///
/// The engine's stream (`CommandStream`) piles up what was done; `handOver` gives it to the writer
/// before anything is replied, and replies wait until `releasedOffset` has come so far. Offsets are
/// the writer's: they count the bytes of the log since it was made.
package struct AppendOnly {
  /// nil while `appendonly` is off.
  var writer: AOFWriter?
  var rewrites = AOFRewrites()
  /// `aof-timestamp-enabled`: the second that now is, or 0; and the one that was written last.
  var annotationSecond: Int64 = 0
  private var annotatedSecond: Int64 = 0

  var isOn: Bool { writer != nil }

  /// Gives the writer what has been done since the last time. Returns the offset up to which the
  /// log has to be safe before anybody hears of it; 0 while the file is off.
  @inline(__always)
  mutating func handOver(_ stream: inout CommandStream) -> Int {
    guard writer != nil else { return 0 }
    return handOverBytes(&stream)
  }

  @inline(never)
  private mutating func handOverBytes(_ stream: inout CommandStream) -> Int {
    if let bytes = stream.take() {
      if annotationSecond > annotatedSecond { annotate() }
      writer?.append(bytes.view)
      stream.giveBack(bytes)
      writer?.handOver()
    }
    return writer?.endOffset ?? 0
  }

  /// Up to here the log is as safe as `appendfsync` promises before a reply: on the disk with
  /// `always`, otherwise in the system's hands, where it survives the process.
  package var releasedOffset: Int {
    guard let writer else { return .max }
    return writer.synchronization == .always ? writer.durableOffset : writer.writtenOffset
  }

  /// Notes the time before what was done at it.
  @inline(never)
  private mutating func annotate() {
    annotatedSecond = annotationSecond
    Array("#TS:\(annotationSecond)\r\n".utf8).withView { writer?.append($0) }
  }

  /// The next bytes are the first of a file: they begin with the time, if any does.
  mutating func didBeginFile() { annotatedSecond = 0 }

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
