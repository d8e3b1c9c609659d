import Core
import Glibc

/// Writing the append-only file anew: a child writes the data set as a base, and what is done
/// meanwhile goes into a new increment.
///
///     stream handed over ─► next increment, in the manifest ─► writer changes to it ─► fork
///     child: base under a temporary name ─► parent: base's own name, manifest ─► history deleted
///
/// The log is cut where the child is forked, between two commands: what is in the base is not in
/// the increment, and what is not is.
extension Server {
  // MARK: The beginning

  /// Forks a child that writes the base. False if it cannot be, with the reason in the log.
  /// REQUIRES: no child, and no transaction under way.
  mutating func rewriteInBackground() -> Bool {
    do throws(AOFFailure) {
      try appendOnlyDirectory.make()
      try cutLog()
    } catch {
      logFailure(error)
      appendOnly.rewrites.didFail()
      abandonWaiting()
      return false
    }
    // Libraries of functions can only be kept in an RDB file.
    appendOnly.rewrites.isRDB =
      configuration.boolean(.aofUseRdbPreamble) || !saves.libraries.isEmpty
    appendOnly.rewrites.count += 1
    guard forkRewrite(), let child = saves.child else {
      appendOnly.rewrites.didFail()
      abandonWaiting()
      return false
    }
    appendOnly.rewrites.isScheduled = false
    log.notice("Background append only file rewriting started by pid \(child.pid)")
    return true
  }

  /// What is done from now on goes into another file.
  private mutating func cutLog() throws(AOFFailure) {
    switch appendOnly.rewrites.state {
    case .off: return
    case .waiting: try beginTemporaryIncrement()
    case .on:
      _ = appendOnly.handOver(&keyspace.state.pointee.stream)
      var file = try appendOnlyDirectory.openNextIncrement(
        &appendOnly.rewrites.manifest, startOffset: nil, appendOnlyReport)
      file.sequence = journaledSequence(file.sequence)
      let byteCount = appendOnly.byteCount
      appendOnly.rewrites.fileStartOffset = appendOnly.writer?.changeFile(to: file) ?? 0
      appendOnly.rewrites.settledByteCount = byteCount
      appendOnly.didBeginFile()
      keyspace.state.pointee.stream.forgetDatabase()
    }
  }

  /// The log begins, but is none before its base is there.
  private mutating func beginTemporaryIncrement() throws(AOFFailure) {
    endWriting()
    let directory = appendOnlyDirectory
    let name = directory.naming.temporaryIncrement
    let descriptor: Int32
    do throws(SystemFailure) {
      descriptor = try files.openFile(
        directory.path(name), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND)
    } catch {
      throw AOFFailure("Can't open the append-only file \(name): \(error.reason)")
    }
    log.notice("Creating AOF incr file \(name) on background rewrite")
    try beginWriting(AOFOpenFile(name: name, descriptor: descriptor, byteCount: 0))
    appendOnly.rewrites.settledByteCount = 0
  }

  private mutating func forkRewrite() -> Bool {
    let isRDB = appendOnly.rewrites.isRDB
    let server = address
    let log = log
    return fork(.rewrite) { report in
      let name = AOFNaming.temporaryRewrite(getpid())
      do throws(SystemFailure) {
        try server.pointee.writeBase(to: name, isRDB: isRDB, report)
      } catch {
        log.warning("Write error writing append only file on disk: \(error.reason)")
        return 1
      }
      log.notice("Successfully created the temporary AOF base file \(name)")
      if let report {
        log.notice(
          "Fork CoW for AOF rewrite: current \(report.cowByteCount >> 20) MB, "
            + "peak \(report.cowPeakByteCount >> 20) MB")
      }
      return 0
    }
  }

  /// Writes the data set to a new file, to the disk.
  mutating func writeBase(
    to path: String, isRDB: Bool, _ report: ChildReport?
  ) throws(SystemFailure) {
    let writesBackEarly = configuration.boolean(.aofRewriteIncrementalFsync)
    if isRDB {
      let file = RDBFile(
        path: path, files: files, compresses: configuration.boolean(.rdbcompression),
        checksums: configuration.boolean(.rdbchecksum), writesBackEarly: writesBackEarly)
      let progress = report.map { RDBSnapshot.Progress($0) }
      return try file.write(snapshot(isAppendOnlyBase: true), to: path, progress)
    }
    let commands = CommandSnapshot(
      keyspace: keyspace, files: files, writesBackEarly: writesBackEarly,
      annotationSecond: settings.annotatesLog ? clock.wallMilliseconds / 1000 : nil,
      delayMicroseconds: configuration.integer(.rdbKeySaveDelay))
    try commands.write(to: path, report)
  }

  // MARK: The end

  /// The child that wrote the base has ended.
  mutating func didRewriteInBackground(_ child: ChildProcess, _ end: ChildProcess.End) {
    appendOnly.rewrites.lastCowByteCount = child.report.cowByteCount
    appendOnly.rewrites.lastDurationSeconds = seconds(of: child)
    switch end {
    case .code(0):
      log.notice("Background AOF rewrite terminated with success")
      finishRewriting(child)
    case .code:
      log.warning("Background AOF rewrite terminated with error")
      appendOnly.rewrites.didFail()
    case .signal(let number):
      // It was we who ended it: no failure.
      if number != SIGUSR1 { appendOnly.rewrites.didFail() }
      log.warning("Background AOF rewrite terminated by signal \(number)")
    }
    removeTemporaryBase(child)
    if appendOnly.rewrites.state == .waiting {
      abandonWaiting()
      appendOnly.rewrites.isScheduled = true
    }
  }

  private mutating func finishRewriting(_ child: ChildProcess) {
    do throws(AOFFailure) {
      try installBase(AOFNaming.temporaryRewrite(child.pid))
    } catch {
      logFailure(error)
      return appendOnly.rewrites.didFail()
    }
    appendOnly.writer?.didCompleteGeneration(from: appendOnly.rewrites.fileStartOffset)
    if appendOnly.rewrites.state == .waiting {
      appendOnly.rewrites.state = .on
      appendOnly.writer?.didNameFile(
        sequence: journaledSequence(
          appendOnly.rewrites.manifest.increments.last?.sequence ?? 0))
    }
    deleteHistory()
    appendOnly.rewrites.didSucceed()
    didChangeLogStatus()
    log.notice("Background AOF rewrite finished successfully")
  }

  /// Gives the files their names, and the manifest the files.
  private mutating func installBase(_ temporary: String) throws(AOFFailure) {
    let directory = appendOnlyDirectory
    let isWaiting = appendOnly.rewrites.state == .waiting
    var manifest = appendOnly.rewrites.manifest
    let base = manifest.replaceBase(directory.naming, isRDB: appendOnly.rewrites.isRDB).name
    var made: [String] = []
    do throws(AOFFailure) {
      try rename(temporary, base, "base")
      made.append(base)
      if isWaiting {
        let name = manifest.addIncrement(directory.naming).name
        try rename(directory.path(directory.naming.temporaryIncrement), name, "incr")
        made.append(name)
      }
      let result = files.synchronizeDirectory(directory.path)
      if result < 0 {
        throw AOFFailure(
          "Fail to fsync AOF directory \(directory.path): \(SystemFailure(-result).reason).")
      }
      manifest.retireIncrements(keepingLast: appendOnly.isOn)
      try directory.saveManifest(manifest)
    } catch {
      // The manifest may be the new one if the last step failed: then the files have to stay.
      if !isNamed(base, directory) { for name in made { _ = files.unlink(directory.path(name)) } }
      throw error
    }
    appendOnly.rewrites.manifest = manifest
    let byteCount = max(files.byteCount(directory.path(base)), 0)
    appendOnly.rewrites.settledByteCount = byteCount
    appendOnly.rewrites.baseByteCount = max(appendOnly.byteCount, 0)
  }

  /// Whether the manifest on the disk has the name, or cannot be asked.
  private func isNamed(_ name: String, _ directory: AOFDirectory) -> Bool {
    do throws(AOFFailure) {
      return try directory.loadManifest { _, _ in }.base?.name == name
    } catch {
      return true
    }
  }

  private func rename(
    _ from: String, _ name: String, _ kind: String
  ) throws(AOFFailure) {
    let shown = from.lastIndex(of: "/").map { String(from[from.index(after: $0)...]) } ?? from
    let result = files.rename(from, appendOnlyDirectory.path(name))
    if result < 0 {
      throw AOFFailure(
        "Error trying to rename the temporary AOF \(kind) file \(shown) into \(name): "
          + SystemFailure(-result).reason)
    }
    log.notice("Successfully renamed the temporary AOF \(kind) file \(shown) into \(name)")
  }

  /// The log that was to be has no base: what was written for it is thrown away.
  private mutating func abandonWaiting() {
    guard appendOnly.rewrites.state == .waiting else { return }
    endWriting()
    removeTemporaryIncrement()
  }

  func removeTemporaryIncrement() {
    let directory = appendOnlyDirectory
    _ = files.unlink(directory.path(directory.naming.temporaryIncrement))
  }

  private func removeTemporaryBase(_ child: ChildProcess) {
    let name = AOFNaming.temporaryRewrite(child.pid)
    if files.byteCount(name) >= 0 { BackgroundUnlinking.unlink(name, files) }
  }

  /// Ends the child that rewrites, if there is one, and forgets what it did.
  mutating func endRewriting() {
    guard let child = saves.child, saves.isRewriting else { return }
    log.notice("Killing running AOF rewrite child: \(child.pid)")
    child.kill()
    var waitedMilliseconds = 0
    while child.reap() == nil {
      usleep(1000)
      waitedMilliseconds += 1
      // One that was stopped takes no other signal.
      if waitedMilliseconds % 1000 == 0 { _ = Glibc.kill(child.pid, SIGKILL) }
    }
    saves.child = nil
    didChangeChild()
    removeTemporaryBase(child)
  }

  // MARK: By itself

  /// Whether rewrites have failed so often that the next has to wait.
  mutating func isRewritingLimited() -> Bool {
    if saves.child != nil { return true }
    let log = log
    return appendOnly.rewrites.isLimited(atSecond: clock.wallMilliseconds / 1000) {
      log.warning(
        "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in "
          + "\($0) minutes")
    }
  }

  /// Whether the log has grown so much that it is to be written anew.
  mutating func isGrowthReached() -> Bool {
    let percentage = configuration.integer(.autoAofRewritePercentage)
    guard isAppendOnlyOn, percentage > 0 else { return false }
    let byteCount = appendOnly.byteCount
    guard byteCount > configuration.integer(.autoAofRewriteMinSize) else { return false }
    let growth = appendOnly.rewrites.growth(to: byteCount)
    guard growth >= percentage, !isRewritingLimited() else { return false }
    log.notice("Starting automatic rewriting of AOF on \(growth)% growth")
    return true
  }
}
