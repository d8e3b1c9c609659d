import CProcess
import Core
import Glibc

/// Snapshots: in the foreground, in a child, when a save point is reached, at the end.
extension Server {
  /// The file that snapshots are written to and loaded from.
  private var snapshotFile: RDBFile {
    RDBFile(
      path: configuration.text(.dbfilename), files: files,
      compresses: configuration.boolean(.rdbcompression),
      checksums: configuration.boolean(.rdbchecksum),
      writesBackEarly: configuration.boolean(.rdbSaveIncrementalFsync))
  }

  /// The data set as it is now, ready to be written.
  func snapshot(isAppendOnlyBase: Bool = false) -> RDBSnapshot {
    RDBSnapshot(
      keyspace: keyspace, dialect: settings.rdbDialect, now: clock.wallMilliseconds,
      usedByteCount: usedByteCount, isAppendOnlyBase: isAppendOnlyBase,
      libraries: saves.libraries,
      delayMicroseconds: configuration.integer(.rdbKeySaveDelay))
  }

  // MARK: In the foreground

  /// Writes the snapshot while everybody waits. Returns whether it is on disk.
  mutating func save() -> Bool {
    let file = snapshotFile
    do throws(SystemFailure) {
      try file.save(snapshot())
    } catch {
      log.warning("Error trying to save the DB to '\(file.path)': \(error.reason)")
      return false
    }
    log.notice("DB saved on disk")
    keyspace.state.pointee.dirty = 0
    saves.lastSuccessSecond = clock.wallMilliseconds / 1000
    saves.lastStatus = .ok
    saves.count += 1
    didChangeSaveStatus()
    return true
  }

  // MARK: In a child

  /// Forks a child that writes the snapshot. False if the system refuses. REQUIRES: no child.
  mutating func saveInBackground() -> Bool {
    saves.dirtyAtFork = keyspace.state.pointee.dirty
    saves.lastAttemptSecond = clock.wallMilliseconds / 1000
    saves.isScheduled = false
    let file = snapshotFile
    let snapshot = snapshot()
    let log = log
    let isForked = fork(.snapshot) { report in
      do throws(SystemFailure) {
        try file.save(snapshot, report.map { RDBSnapshot.Progress($0) })
      } catch {
        log.warning("Error trying to save the DB to '\(file.path)': \(error.reason)")
        return 1
      }
      log.notice("DB saved on disk")
      if let report {
        log.notice(
          "Fork CoW for RDB: current \(report.cowByteCount >> 20) MB, "
            + "peak \(report.cowPeakByteCount >> 20) MB")
      }
      return 0
    }
    guard isForked, let child = saves.child else {
      saves.lastStatus = .err
      didChangeSaveStatus()
      return false
    }
    saves.count += 1
    log.notice("Background saving started by pid \(child.pid)")
    return true
  }

  private mutating func didSaveInBackground(_ child: ChildProcess, _ end: ChildProcess.End) {
    switch end {
    case .code(0):
      log.notice("Background saving terminated with success")
      keyspace.state.pointee.dirty &-= min(saves.dirtyAtFork, keyspace.state.pointee.dirty)
      saves.lastSuccessSecond = clock.wallMilliseconds / 1000
      saves.lastStatus = .ok
    case .code:
      log.warning("Background saving error")
      saves.lastStatus = .err
    case .signal(let number):
      log.warning("Background saving terminated by signal \(number)")
      _ = files.unlink(temporaryPath(of: child))
      // It was we who ended it: no failure.
      if number != SIGUSR1 { saves.lastStatus = .err }
    }
    saves.lastDurationSeconds = seconds(of: child)
    didChangeSaveStatus()
  }

  private func temporaryPath(of child: ChildProcess) -> String { "temp-\(child.pid).rdb" }

  /// Whole seconds that the child has run.
  func seconds(of child: ChildProcess) -> Int {
    Int((clock.nanoseconds &- child.startedAt) / 1_000_000_000)
  }

  /// After FLUSHALL nobody wants the snapshot that a child is writing, nor the last one.
  mutating func didFlushAll() {
    if saves.isSaving { saves.child?.kill() }
    if settings.savePoints.isEmpty || isLoading || isReplaying { return }
    let dirty = keyspace.state.pointee.dirty
    _ = save()
    // FLUSHALL itself is still to be told to who follows.
    keyspace.state.pointee.dirty = dirty
  }

  /// Ends a snapshot that is being written, and one that is to come. Returns whether there was one.
  @discardableResult
  mutating func cancelSaving() -> Bool {
    let wasScheduled = saves.isScheduled
    saves.isScheduled = false
    guard let child = saves.child, saves.isSaving else { return wasScheduled }
    child.kill()
    return true
  }

  // MARK: Children

  /// Forks a child that runs `body` and ends with the code that it returns. False if there is none.
  mutating func fork(
    _ purpose: ChildProcess.Purpose, _ body: (ChildReport?) -> Int32
  ) -> Bool {
    guard let report = saves.report else {
      log.warning("Can't fork: there was no memory to share with a child at start")
      return false
    }
    report.clear()
    let start = Clock.systemNanoseconds
    let pid = host.fork()
    if pid == 0 { becomeChild(purpose, body) }
    if pid < 0 {
      let deed = purpose == .snapshot ? "save" : "rewrite append only file"
      log.warning("Can't \(deed) in background: fork: \(String(cString: strerror(errno)))")
      return false
    }
    noteFork(nanoseconds: Clock.systemNanoseconds - start)
    saves.child = ChildProcess(
      pid: pid, purpose: purpose, startedAt: clock.nanoseconds, report: report)
    didChangeChild()
    return true
  }

  private mutating func becomeChild(
    _ purpose: ChildProcess.Purpose, _ body: (ChildReport?) -> Int32
  ) -> Never {
    log.role = .child
    host.showChildTitle(purpose.title)
    _ = outOfMemoryScore.apply(configuration, as: .child, log)
    apus_process_exit(body(saves.report))
  }

  /// After one was forked, or has ended. While there is one, reads leave no trace: each would have
  /// the system copy a page that both share.
  mutating func didChangeChild() {
    keyspace.state.pointee.isTouching = saves.child == nil
    suspendSynchronizationIfWanted()
  }

  private mutating func noteFork(nanoseconds: UInt64) {
    saves.forkCount += 1
    saves.lastForkMicroseconds = Int(nanoseconds / 1000)
    if nanoseconds >= latency.thresholdNanoseconds {
      latency.note(
        "fork", milliseconds: nanoseconds / 1_000_000, atSecond: clock.wallMilliseconds / 1000)
    }
  }

  // MARK: Housekeeping

  /// Takes note of a child's end, and begins what is due.
  mutating func careForChildren() {
    if let child = saves.child {
      guard let end = child.reap() else { return }
      saves.child = nil
      didChangeChild()
      switch child.purpose {
      case .snapshot:
        saves.lastCowByteCount = child.report.cowByteCount
        didSaveInBackground(child, end)
      case .rewrite: didRewriteInBackground(child, end)
      }
    }
    if appendOnly.rewrites.isScheduled, !isRewritingLimited() { _ = rewriteInBackground() }
    if saves.child == nil, saves.isScheduled || isSavePointReached() { _ = saveInBackground() }
    if saves.child == nil, isGrowthReached() { _ = rewriteInBackground() }
  }

  private func isSavePointReached() -> Bool {
    let now = clock.wallMilliseconds / 1000
    guard saves.lastStatus == .ok || now - saves.lastAttemptSecond > Saves.retrySeconds else {
      return false
    }
    let dirty = keyspace.state.pointee.dirty
    for point in settings.savePoints
    where dirty >= UInt64(point.changes) && now - saves.lastSuccessSecond > point.seconds {
      log.notice("\(point.changes) changes in \(point.seconds) seconds. Saving...")
      return true
    }
    return false
  }

  // MARK: Refusing writes

  /// Whether commands that write are refused because snapshots fail.
  private var refusesWrites: Bool {
    saves.lastStatus == .err && !settings.savePoints.isEmpty
      && configuration.boolean(.stopWritesOnBgsaveError)
  }

  /// To be called when a snapshot has ended and when a parameter has changed.
  mutating func didChangeSaveStatus() {
    if refusesWrites { attention.insert(.savesFail) } else { attention.remove(.savesFail) }
  }
}
