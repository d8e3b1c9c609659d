import Core
import Glibc

/// Loading the data set: in slices at start, at once for DEBUG RELOAD.
extension Server {
  package var isLoading: Bool { loading != nil }

  // MARK: At start

  /// Opens the snapshot, if there is one; `continueLoading` does the rest. False if it cannot be
  /// read, with the reason in the log.
  package mutating func beginLoading() -> Bool {
    let path = configuration.text(.dbfilename)
    let byteCount = files.byteCount(path)
    if byteCount == -Int(ENOENT) || path.isEmpty { return true }
    do throws(RDBFailure) {
      let snapshot = try open(path, byteCount, RDBLoad.Options())
      beginLoading(Loading(.snapshot(snapshot), byteCount: byteCount, at: clock))
    } catch {
      logFailure(error, path)
      return false
    }
    return true
  }

  mutating func beginLoading(_ loading: Loading) {
    self.loading = loading
    attention.insert(.loading)
    keyspace.state.pointee.isExpiryPaused = false
  }

  mutating func open(
    _ path: String, _ byteCount: Int, _ options: RDBLoad.Options
  ) throws(RDBFailure) -> SnapshotLoad {
    let descriptor: Int32
    do throws(SystemFailure) {
      guard byteCount >= 0 else { throw SystemFailure(Int32(clamping: -byteCount)) }
      descriptor = try files.openFile(path, O_RDONLY)
    } catch {
      throw RDBFailure(error: .unreadable(error.number), offset: 0)
    }
    var options = options
    options.checksums = configuration.boolean(.rdbchecksum)
    options.delayMicroseconds = configuration.integer(.keyLoadDelay)
    do throws(RDBFailure) {
      let content = try RDBLoad(RDBReader(files, descriptor, byteCount), into: keyspace, options)
      return SnapshotLoad(content, path, descriptor, files)
    } catch {
      _ = files.close(descriptor)
      throw error
    }
  }

  /// Loads a slice, if anything is being loaded. When all is there, or nothing more can be, `host`
  /// is told.
  package mutating func continueLoading() {
    guard let loading else { return }
    let byteCount = configuration.integer(.loadingProcessEventsIntervalBytes)
    let isWhole =
      switch loading.source {
      case .snapshot(let snapshot): continueLoading(snapshot, byteCount)
      case .log(let log): continueLoading(log, byteCount)
      }
    guard let isWhole else { return logProgress() }
    self.loading = nil
    attention.remove(.loading)
    host.didLoad(isWhole)
  }

  /// Nil while there is more to load; then whether all is there.
  private mutating func continueLoading(_ snapshot: SnapshotLoad, _ byteCount: Int) -> Bool? {
    keyspace.state.pointee.now = clock.wallMilliseconds
    do throws(RDBFailure) {
      guard try snapshot.content.load(byteCount: byteCount) else { return nil }
    } catch {
      logFailure(error, snapshot.path)
      return false
    }
    didLoad(snapshot.content.notes)
    log.notice("DB loaded from disk: \(loadingSeconds) seconds")
    return true
  }

  private mutating func continueLoading(_ log: LogLoad, _ byteCount: Int) -> Bool? {
    do throws(AOFFailure) {
      guard try replay(log, byteCount) else { return nil }
      self.log.notice("DB loaded from append only file: \(loadingSeconds) seconds")
      try beginAppending()
    } catch {
      logFailure(error)
      return false
    }
    return true
  }

  private var loadingSeconds: String {
    mutating get {
      _ = clock.advance()
      return NumberText.fixed(Double(clock.nanoseconds &- (loading?.startedAt ?? 0)) / 1e9, 3)
    }
  }

  private mutating func logProgress() {
    guard let loading, clock.nanoseconds &- loading.startedAt >= 1_000_000_000 else { return }
    let percentage = Int(loading.fraction * 100)
    guard percentage >= loading.loggedPercentage + 10 else { return }
    self.loading?.loggedPercentage = percentage
    log.notice("Loading DB in memory: \(percentage)% of \(loading.byteCount) bytes")
  }

  // MARK: At once

  /// Removes all keys, as before a load.
  mutating func emptyKeyspace() {
    for index in 0..<keyspace.databaseCount {
      keyspace.willEmpty(keyspace[index])
      keyspace[index].flush(isLazy: false)
    }
  }

  /// Loads the snapshot while everybody waits. Returns whether all of it was loaded.
  mutating func loadSnapshot(replacesKeys: Bool) -> Bool {
    let path = configuration.text(.dbfilename)
    let byteCount = files.byteCount(path)
    do throws(RDBFailure) {
      var options = RDBLoad.Options()
      options.replacesKeys = replacesKeys
      let snapshot = try open(path, byteCount, options)
      _ = try snapshot.content.load(byteCount: .max)
      didLoad(snapshot.content.notes)
    } catch {
      logFailure(error, path)
      return false
    }
    return true
  }

  // MARK: What becomes of it

  mutating func didLoad(_ notes: RDBLoad.Notes) {
    saves.libraries = notes.libraries
    lastLoad = LoadResult(loadedCount: notes.loadedCount, expiredCount: notes.expiredCount)
    if let version = notes.field("redis-ver") ?? notes.field("valkey-ver") {
      log.notice("Loading RDB produced by version \(version)")
    }
    logOrigin(notes)
    if notes.field("aof-base") == "1" { log.notice("RDB is base AOF") }
    for key in notes.emptyKeys {
      log.notice("rdbLoadObject skipping empty key: \(String(decoding: key, as: UTF8.self))")
    }
    if notes.hasNoChecksum, configuration.boolean(.rdbchecksum) {
      log.notice("RDB file was saved with checksum disabled: no check performed.")
    }
    if !notes.libraries.isEmpty {
      log.notice(
        "\(notes.libraries.count) function libraries are kept for the next snapshot; this version"
          + " of Apus does not run functions.")
    }
    let empty = notes.emptyCount > 0 ? ", empty keys skipped: \(notes.emptyCount)" : ""
    log.notice(
      "Done loading RDB, keys loaded: \(notes.loadedCount), keys expired: \(notes.expiredCount)"
        + "\(empty).")
  }

  private func logOrigin(_ notes: RDBLoad.Notes) {
    if let second = notes.field("ctime").flatMap({ Int64($0) }) {
      let age = (clock.wallMilliseconds / 1000).subtractingReportingOverflow(second)
      log.notice("RDB age \(age.overflow ? 0 : max(age.partialValue, 0)) seconds")
    }
    if let byteCount = notes.field("used-mem").flatMap({ Int($0) }) {
      let megabytes = NumberText.fixed(Double(byteCount) / 1_048_576, 2)
      log.notice("RDB memory usage when created \(megabytes) Mb")
    }
  }

  private func logFailure(_ failure: RDBFailure, _ path: String) {
    if case .unreadable(let number) = failure.error {
      return log.warning(
        "Fatal error loading the DB '\(path)': \(String(cString: strerror(number))). Exiting.")
    }
    log.warning("Internal error in RDB '\(path)' reading \(failure.text)")
    log.warning(
      "Terminating server after rdb file reading failure. The file was not changed: look at it with"
        + " apus-check-rdb, put back a backup, or move it away to start without data.")
  }
}
