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
      let (load, descriptor) = try open(path, byteCount, RDBLoad.Options())
      loading = Loading(
        load: load, path: path, descriptor: descriptor, byteCount: byteCount,
        startSecond: clock.wallMilliseconds / 1000, startedAt: clock.nanoseconds)
    } catch {
      logFailure(error, path)
      return false
    }
    attention.insert(.loading)
    keyspace.state.pointee.isExpiryPaused = false
    return true
  }

  mutating func open(
    _ path: String, _ byteCount: Int, _ options: RDBLoad.Options
  ) throws(RDBFailure) -> (RDBLoad, Int32) {
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
      return (
        try RDBLoad(RDBReader(files, descriptor, byteCount), into: keyspace, options), descriptor
      )
    } catch {
      _ = files.close(descriptor)
      throw error
    }
  }

  /// Loads a slice, if anything is being loaded. When all is there, or nothing more can be, `host`
  /// is told.
  package mutating func continueLoading() {
    guard var loading else { return }
    keyspace.state.pointee.now = clock.wallMilliseconds
    do throws(RDBFailure) {
      let isWhole = try loading.load.load(
        byteCount: configuration.integer(.loadingProcessEventsIntervalBytes))
      guard isWhole else {
        logProgress(&loading)
        self.loading = loading
        return
      }
    } catch {
      logFailure(error, loading.path)
      endLoading()
      return host.didLoad(false)
    }
    didLoad(loading.load.notes)
    endLoading()
    _ = clock.advance()
    let nanoseconds = Double(clock.nanoseconds &- loading.startedAt)
    log.notice("DB loaded from disk: \(NumberText.fixed(nanoseconds / 1e9, 3)) seconds")
    host.didLoad(true)
  }

  private mutating func endLoading() {
    if let loading { _ = files.close(loading.descriptor) }
    loading = nil
    attention.remove(.loading)
  }

  private func logProgress(_ loading: inout Loading) {
    let percentage = Int(loading.fraction * 100)
    guard percentage >= loading.loggedPercentage + 10 else { return }
    loading.loggedPercentage = percentage
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
      let (load, descriptor) = try open(path, byteCount, options)
      defer { _ = files.close(descriptor) }
      _ = try load.load(byteCount: .max)
      didLoad(load.notes)
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
