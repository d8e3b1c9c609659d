import CPrimitives
import Core
import Glibc

/// Writes a whole data set as commands that make it: the base of a log without RDB content.
///
/// The commands go through the keyspace's own stream, which knows how to write effects, so whoever
/// calls this must not need that stream: a child, or a server that has not begun its log.
struct CommandSnapshot {
  let keyspace: Keyspace
  let files: FileSystem
  let writesBackEarly: Bool
  /// The second to begin with, if the log says when things were done.
  let annotationSecond: Int64?
  /// For tests: pause after each key; below zero, a microsecond after so many.
  let delayMicroseconds: Int

  private static let stretchByteCount = 64 << 10
  private static let reportKeyCount = 1024
  /// As Redis has it.
  private static let itemCountMax = 64

  /// Writes the data set to a new file, which is on disk then.
  func write(to path: String, _ report: ChildReport?) throws(SystemFailure) {
    let descriptor = try files.openFile(path, O_WRONLY | O_CREAT | O_TRUNC)
    let sink = FileSink(files, descriptor, writesBackEarly: writesBackEarly)
    do throws(SystemFailure) {
      writeAll(to: sink, report)
      if let failure = sink.failure { throw failure }
      try files.synchronizeFile(descriptor)
    } catch {
      _ = files.close(descriptor)
      throw error
    }
    let closed = files.close(descriptor)
    if closed < 0 { throw SystemFailure(-closed) }
  }

  private func writeAll(to sink: FileSink, _ report: ChildReport?) {
    let state = keyspace.state
    let (stream, now) = (state.pointee.stream, state.pointee.now)
    state.pointee.stream = CommandStream()
    state.pointee.stream.turnOn()
    // What is due is still data: the log says when it goes.
    state.pointee.now = 0
    defer {
      state.pointee.stream = stream
      state.pointee.now = now
    }
    if let annotationSecond {
      let annotation = Array("#TS:\(annotationSecond)\r\n".utf8)
      annotation.withView { _ = sink.take($0.base, $0.count) }
    }
    var progress = Progress(report: report)
    for index in 0..<keyspace.databaseCount where keyspace[index].count > 0 {
      write(keyspace[index], to: sink, &progress)
    }
    drain(to: sink)
    progress.measure()
  }

  private func write(_ database: Database, to sink: FileSink, _ progress: inout Progress) {
    database.storage.pointee.table.forEachSlot { slot in
      if sink.failure != nil { return }
      write(slot, database, to: sink)
      progress.count += 1
      if delayMicroseconds != 0 { pause(progress.count) }
      if progress.count % Self.reportKeyCount == 0 { progress.measure() }
    }
  }

  private func pause(_ count: Int) {
    if delayMicroseconds > 0 {
      usleep(UInt32(clamping: delayMicroseconds))
    } else if count % -delayMicroseconds == 0 {
      usleep(1)
    }
  }

  private func write(_ slot: Slot, _ database: Database, to sink: FileSink) {
    let key = slot.entry.key
    switch slot.entry.type {
    case .string: write(database.string(slot), key, database)
    case .list, .set, .sortedSet, .hash: writeElements(slot, key, database, to: sink)
    // There are no streams yet.
    case .stream: break
    }
    database.endUnit()
    if let deadline = database.deadline(slot) {
      LoggedEffect("PEXPIREAT", database).add(key).add(deadline).end()
      database.endUnit()
    }
    drainIfLong(to: sink)
  }

  private func write(_ content: StringContent, _ key: ByteView, _ database: Database) {
    let effect = LoggedEffect("SET", database).add(key)
    switch content {
    case .bytes(let bytes): effect.add(bytes)
    case .block(let block): effect.add(block.view)
    case .integer(let value): effect.add(value)
    }
    effect.end()
  }

  private func writeElements(
    _ slot: Slot, _ key: ByteView, _ database: Database, to sink: FileSink
  ) {
    var batches = Batches(name(slot.entry.type), key, database) { drainIfLong(to: sink) }
    switch slot.entry.type {
    case .list:
      let list = ListValue(database, slot)
      list.forEach(from: list.first, .tail) { element in
        batches.add { $0.add(element) }
        return true
      }
    case .set:
      database.set(slot).forEach { element in
        batches.add { $0.add(element) }
        return true
      }
    case .sortedSet:
      database.sortedSet(slot).forEach { member, score in
        batches.add { $0.add(score: score).add(member) }
      }
    default:
      let hash = HashValue(database, slot)
      hash.forEach { field in batches.add { $0.add(field.name).add(field.value) } }
      batches.end()
      writeDeadlines(hash, key, database)
    }
    batches.end()
  }

  private func writeDeadlines(_ hash: HashValue, _ key: ByteView, _ database: Database) {
    if hash.isListpack { return }
    hash.forEach { field in
      guard let deadline = field.deadline else { return }
      LoggedEffect("HPEXPIREAT", database).add(key).add(deadline).add("FIELDS").add(1)
        .add(field.name).end()
      database.endUnit()
    }
  }

  private func name(_ type: ValueType) -> StaticString {
    switch type {
    case .list: "RPUSH"
    case .set: "SADD"
    case .sortedSet: "ZADD"
    default: "HMSET"
    }
  }

  /// Commands of a bounded number of elements each, each a unit of its own.
  private struct Batches {
    private let name: StaticString
    private let key: ByteView
    private let database: Database
    private let didEnd: () -> Void
    private var effect: LoggedEffect?
    private var count = 0

    init(
      _ name: StaticString, _ key: ByteView, _ database: Database, didEnd: @escaping () -> Void
    ) {
      self.name = name
      self.key = key
      self.database = database
      self.didEnd = didEnd
    }

    mutating func add(_ element: (LoggedEffect) -> Void) {
      let current = effect ?? LoggedEffect(name, database).add(key)
      effect = current
      element(current)
      count += 1
      if count == CommandSnapshot.itemCountMax { end() }
    }

    mutating func end() {
      guard let effect else { return }
      effect.end()
      self.effect = nil
      count = 0
      database.endUnit()
      didEnd()
    }
  }

  // MARK: Bytes

  private func drainIfLong(to sink: FileSink) {
    if keyspace.state.pointee.stream.byteCount >= Self.stretchByteCount { drain(to: sink) }
  }

  private func drain(to sink: FileSink) {
    guard let bytes = keyspace.state.pointee.stream.take() else { return }
    if sink.failure == nil { _ = sink.take(bytes.base, bytes.count) }
    keyspace.state.pointee.stream.giveBack(bytes)
  }

  /// Tells how far a child is.
  private struct Progress {
    let report: ChildReport?
    var count = 0
    private var nextMeasureAt: UInt64 = 0

    init(report: ChildReport?) { self.report = report }

    mutating func measure() {
      guard let report else { return }
      report.keyCount = count
      let start = Clock.systemNanoseconds
      guard start >= nextMeasureAt else { return }
      report.measure()
      let end = Clock.systemNanoseconds
      nextMeasureAt = end + max(100 * (end - start), 1_000_000_000)
    }
  }
}
