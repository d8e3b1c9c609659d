import Core
import Glibc

/// Writes a whole data set as an RDB file, in this process or in a forked child.
///
/// All that it needs is here before it begins, so that a child asks nobody for anything.
struct RDBSnapshot {
  let keyspace: Keyspace
  let dialect: RDBDialect
  /// Unix time in milliseconds at which the data was as it is.
  let now: Int64
  let usedByteCount: Int
  /// Whether the file is the base of an append-only file.
  let isAppendOnlyBase: Bool
  /// Code of function libraries, which is kept for who reads the file next.
  let libraries: [[UInt8]]
  /// For tests: pause after each key; below zero, a microsecond after so many.
  let delayMicroseconds: Int

  /// Keys between two reports.
  private static let reportKeyCount = 1024

  /// Where a child tells how far it is.
  struct Progress {
    let report: ChildReport
    /// Measuring takes as long as the process is large: it may take a hundredth of the time.
    var nextMeasureAt: UInt64 = 0

    init(_ report: ChildReport) { self.report = report }
  }

  /// Writes the data set and its checksum. Failures are the writer's to tell.
  func write(to writer: inout RDBWriter, checksums: Bool, _ progress: Progress? = nil) {
    let hasFieldDeadlines = (0..<keyspace.databaseCount).contains {
      keyspace[$0].storage.pointee.expiringHashCount > 0
    }
    let version = hasFieldDeadlines ? dialect.versionWithFieldDeadlines : RDBVersion.lowest
    writer.raw(Self.magic(version))
    writeFields(to: &writer)
    for library in libraries {
      writer.byte(RDBOpcode.function)
      library.withView { writer.string($0) }
    }
    var walk = Walk(objects: RDBObjectWriter(dialect: dialect), delay: delayMicroseconds, progress)
    for index in 0..<keyspace.databaseCount where keyspace[index].count > 0 {
      walk.write(keyspace[index], to: &writer)
    }
    writer.byte(RDBOpcode.end)
    let checksum = writer.checksum()
    writer.integer(checksums ? checksum : 0)
    writer.flush()
    walk.finish()
  }

  private static func magic(_ version: Int) -> [UInt8] {
    let name = version >= RDBVersion.firstOfValkey ? "VALKEY" : "REDIS"
    let digits = String(version)
    let zeros = RDBOpcode.magicByteCount - name.utf8.count - digits.utf8.count
    return Array((name + String(repeating: "0", count: zeros) + digits).utf8)
  }

  private func writeFields(to writer: inout RDBWriter) {
    let fields = [
      ("redis-ver", Version.redis), ("redis-bits", String(Int.bitWidth)),
      ("ctime", String(now / 1000)), ("used-mem", String(usedByteCount)),
      ("aof-base", isAppendOnlyBase ? "1" : "0"),
    ]
    for (name, value) in fields {
      writer.byte(RDBOpcode.field)
      Array(name.utf8).withView { writer.string($0) }
      Array(value.utf8).withView { writer.string($0) }
    }
  }

  /// The way through all keys.
  private struct Walk {
    let objects: RDBObjectWriter
    let delay: Int
    private var progress: Progress?
    private var count = 0

    init(objects: RDBObjectWriter, delay: Int, _ progress: Progress?) {
      self.objects = objects
      self.delay = delay
      self.progress = progress
    }

    mutating func write(_ database: Database, to writer: inout RDBWriter) {
      writer.byte(RDBOpcode.selectDatabase)
      writer.number(database.index)
      writer.byte(RDBOpcode.resizeDatabase)
      writer.number(database.count)
      writer.number(database.volatileCount)
      database.storage.pointee.table.forEachRecord { entry in
        write(entry, to: &writer)
        count &+= 1
        if delay != 0 { pause() }
        if count % RDBSnapshot.reportKeyCount == 0 { report() }
        return !writer.hasFailed
      }
    }

    @inline(__always)
    private func write(_ entry: Entry, to writer: inout RDBWriter) {
      if entry.hasDeadline, let deadline = Self.deadline(entry) {
        writer.byte(RDBOpcode.deadlineMilliseconds)
        writer.integer(deadline)
      }
      writer.byte(objects.type(of: entry))
      writer.string(entry.key)
      objects.write(entry, to: &writer)
    }

    /// The key's own one.
    private static func deadline(_ entry: Entry) -> Int64? {
      guard entry.encoding == .expiringHash else { return entry.deadline }
      let own = ExpiringHash(payload: entry.payload).keyDeadline
      return own == .max ? nil : own
    }

    private func pause() {
      if delay > 0 {
        usleep(UInt32(clamping: delay))
      } else if count % -delay == 0 {
        usleep(1)
      }
    }

    private mutating func report() {
      guard var progress else { return }
      progress.report.keyCount = count
      let start = Clock.systemNanoseconds
      guard start >= progress.nextMeasureAt else { return }
      progress.report.measure()
      let end = Clock.systemNanoseconds
      progress.nextMeasureAt = end + max(100 * (end - start), 1_000_000_000)
      self.progress = progress
    }

    func finish() {
      progress?.report.keyCount = count
      progress?.report.measure()
    }
  }
}

extension RDBWriter {
  fileprivate mutating func raw(_ bytes: [UInt8]) { bytes.withView { raw($0) } }
}
