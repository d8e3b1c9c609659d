import Core
import Glibc

/// The append-only file in the server: its beginning, its end, and what goes wrong between.
///
///     start ─► manifest, replay ─► openAtStart ─► on ─► CONFIG SET no, SHUTDOWN ─► off
///              CONFIG SET yes ─► waiting ─► first rewrite ─► on
extension Server {
  var appendOnlyDirectory: AOFDirectory {
    AOFDirectory(
      files: files, directoryName: configuration.text(.appenddirname),
      name: configuration.text(.appendfilename))
  }

  /// Where it is stays where it is, whatever CONFIG SET dir says later.
  private var journalPlace: AOFJournal.Place? {
    let byteCount = configuration.integer(.aofJournalSize)
    if byteCount == 0 { return nil }
    let directory = AOFDirectory(
      files: files, parent: configuration.text(.dir),
      directoryName: configuration.text(.appenddirname), name: configuration.text(.appendfilename))
    return AOFJournal.Place(directory: directory, byteCount: Int(byteCount))
  }

  /// The number of a file by which the journal knows it; 0 if they are not in the same folder.
  func journaledSequence(_ sequence: Int64) -> Int64 {
    appendOnly.journalParent == configuration.text(.dir) ? sequence : 0
  }

  /// Writes lines of the log's files to the server's log.
  var appendOnlyReport: AOFReport {
    let log = log
    return { log.write($0, $1) }
  }

  func logFailure(_ failure: AOFFailure) {
    for message in failure.messages { log.warning(message) }
  }

  // MARK: At start

  /// Reads the manifest, and with `appendonly yes` opens the log: `continueLoading` loads it, and
  /// then it is written on. Without, the data set is in the snapshot. Returns false if the server
  /// must not start, with the reason in the log.
  package mutating func startPersistence() -> Bool {
    do throws(AOFFailure) {
      let manifest = try appendOnlyDirectory.loadManifest(appendOnlyReport)
      appendOnly.rewrites.manifest = manifest
      guard configuration.boolean(.appendonly) else {
        deleteHistory()
        return beginLoading()
      }
      try AOFJournalRecovery(appendOnlyDirectory, .start, appendOnlyReport).run(manifest)
      guard let load = try openLog() else {
        try beginAppending()
        return true
      }
      beginLoading(Loading(.log(load), byteCount: load.plan.totalByteCount, at: clock))
    } catch {
      logFailure(error)
      return false
    }
    return true
  }

  var isAppendOnlyOn: Bool { appendOnly.rewrites.state == .on }

  /// Goes on writing the log, of which everything has been loaded.
  mutating func beginAppending() throws(AOFFailure) {
    try openAppendOnly()
    deleteHistory()
  }

  private mutating func openAppendOnly() throws(AOFFailure) {
    let directory = appendOnlyDirectory
    var manifest = appendOnly.rewrites.manifest
    try directory.makeDurable(manifest)
    var baseByteCount = appendOnly.rewrites.baseByteCount
    let usesRDB = configuration.boolean(.aofUseRdbPreamble)
    let file = try directory.openAtStart(&manifest, usesRDB: usesRDB, appendOnlyReport) {
      (path) throws(AOFFailure) in
      do throws(SystemFailure) {
        try writeBase(to: path, isRDB: usesRDB, nil)
      } catch {
        throw AOFFailure("Write error writing append only file on disk: \(error.reason)")
      }
      baseByteCount = max(files.byteCount(path), 0)
    }
    appendOnly.rewrites.manifest = manifest
    appendOnly.rewrites.baseByteCount = baseByteCount
    try beginWriting(file)
    appendOnly.rewrites.settledByteCount = manifest.files.reduce(0) {
      $0 + max(files.byteCount(directory.path($1.name)), 0)
    }
    appendOnly.rewrites.state = .on
  }

  /// Starts the writer at the end of the file, and the stream with it.
  mutating func beginWriting(_ file: AOFOpenFile) throws(AOFFailure) {
    do throws(SystemFailure) {
      appendOnly.writer = try AOFWriter(
        file, synchronization: AOFSynchronization(named: configuration.choice(.appendfsync)),
        journal: journalPlace, files: files, wakeUp: host.wakeUp, context: host.wakeUpContext)
    } catch {
      _ = files.close(file.descriptor)
      throw AOFFailure("Can't start the thread that writes the AOF: \(error.reason)")
    }
    appendOnly.journalParent = configuration.text(.dir)
    appendOnly.rewrites.fileStartOffset = 0
    appendOnly.didBeginFile()
    appendOnly.didBeginWriting(keyspace.state.pointee.stream)
    keyspace.state.pointee.stream.turnOn()
    keyspace.state.pointee.changes.turnOn(
      streamEnd: keyspace.state.pointee.stream.endOffset)
    suspendSynchronizationIfWanted()
  }

  /// Deletes what a finished rewrite has replaced.
  mutating func deleteHistory() {
    if configuration.boolean(.aofDisableAutoGc) { return }
    let files = files
    do throws(AOFFailure) {
      try appendOnlyDirectory.deleteHistory(&appendOnly.rewrites.manifest, appendOnlyReport) {
        BackgroundUnlinking.unlink($0, files)
      }
    } catch {
      logFailure(error)
    }
  }

  // MARK: The end

  /// Puts everything on the disk and ends the writer. Returns the error number, or 0.
  @discardableResult
  mutating func endWriting() -> Int32 {
    _ = appendOnly.handOver(&keyspace.state.pointee.stream)
    keyspace.state.pointee.stream.turnOff()
    // A unit that was under way has been ended by its EXEC.
    _ = appendOnly.handOver(&keyspace.state.pointee.stream)
    keyspace.state.pointee.changes.turnOff()
    guard var writer = appendOnly.writer else { return 0 }
    appendOnly.rewrites.settledByteCount = appendOnly.byteCount
    appendOnly.writer = nil
    checkForRoomInLog()
    let (ending, messages) = writer.stop()
    for message in messages { log.write(message.level, message.text) }
    didChangeLogStatus()
    // Replies wait for offsets of this writer, which mean nothing to the next.
    releaseHeld()
    return ending.error
  }

  /// CONFIG SET appendonly no
  mutating func turnAppendOnlyOff() {
    let isWaiting = appendOnly.rewrites.state == .waiting
    endRewriting()
    let error = endWriting()
    if error != 0 {
      log.warning("Fail to fsync the AOF file: \(SystemFailure(error).reason)")
    }
    if isWaiting { removeTemporaryIncrement() }
    appendOnly.rewrites.state = .off
    appendOnly.rewrites.isScheduled = false
  }

  /// CONFIG SET appendonly yes: the data set is written first, and meanwhile what is done. Nil, or
  /// why it cannot be.
  mutating func turnAppendOnlyOn() -> String? {
    appendOnly.rewrites.state = .waiting
    appendOnly.rewrites.consecutiveFailureCount = 0
    if saves.isSaving {
      appendOnly.rewrites.isScheduled = true
      log.notice(
        "AOF was enabled but there is already another background operation. An AOF background was "
          + "scheduled to start when possible.")
    } else if currentClient?.pointee.flags.contains(.executing) == true {
      appendOnly.rewrites.isScheduled = true
      log.notice(
        "AOF was enabled during a transaction. An AOF background was scheduled to start when "
          + "possible.")
    } else {
      if saves.child != nil {
        log.notice(
          "AOF was enabled but there is already an AOF rewriting in background. Stopping "
            + "background AOF and starting a rewrite now.")
        endRewriting()
      }
      if !rewriteInBackground() {
        appendOnly.rewrites.state = .off
        log.warning(
          "Redis needs to enable the AOF but can't trigger a background AOF rewrite operation. "
            + "Check the above logs for more info about the error.")
        return "Unable to turn on AOF. Check server logs."
      }
    }
    return nil
  }

  /// Before the process ends: everything is put on the disk. Returns whether it may end.
  mutating func canEndAppendOnly(_ options: ShutdownOptions) -> Bool {
    guard appendOnly.rewrites.state != .off else {
      endRewriting()
      return true
    }
    let isForced = options.contains(.force)
    if saves.isRewriting {
      if appendOnly.rewrites.state == .waiting {
        log.warning("Writing initial AOF\(isForced ? ". Exit anyway." : ", can't exit.")")
        if !isForced { return false }
      }
      log.warning("There is a child rewriting the AOF. Killing it!")
      endRewriting()
    }
    guard appendOnly.writer != nil else { return true }
    log.notice("Calling fsync() on the AOF file.")
    _ = appendOnly.handOver(&keyspace.state.pointee.stream)
    let error = appendOnly.writer?.flush() ?? 0
    takeLogNews()
    if error == 0 { return true }
    log.warning("Fail to fsync the AOF file: \(SystemFailure(error).reason).")
    if isForced { return true }
    log.warning("Error trying to save the AOF, can't exit.")
    return false
  }

  // MARK: How the writer fares

  /// For every turn: looks whether the writer has something to say.
  @inline(__always)
  mutating func careForLog() {
    if appendOnly.isOn { careForWriter() }
  }

  @inline(never)
  private mutating func careForWriter() {
    if settings.annotatesLog { appendOnly.annotationSecond = clock.wallMilliseconds / 1000 }
    if appendOnly.writer?.takeNews() == true { takeLogNews() }
    checkForRoomInLog()
  }

  @inline(never)
  private mutating func takeLogNews() {
    for message in appendOnly.writer?.takeMessages() ?? [] {
      log.write(message.level, message.text)
    }
    didChangeLogStatus()
  }

  /// Writes are refused while the log cannot be written. After an fsync that failed nothing but a
  /// new generation of the log helps.
  mutating func didChangeLogStatus() {
    let status = appendOnly.writer?.status
    if status?.isHealthy ?? true {
      attention.remove(.logFails)
    } else {
      attention.insert(.logFails)
    }
    if let status, status.synchronizationError != 0, appendOnly.rewrites.state == .on,
      !saves.isRewriting, !appendOnly.rewrites.isScheduled,
      appendOnly.rewrites.mayMend(atSecond: clock.wallMilliseconds / 1000)
    {
      log.warning("The AOF is written anew, because what failed to reach the disk may be lost.")
      appendOnly.rewrites.isScheduled = true
    }
  }

  /// `no-appendfsync-on-rewrite`: while a child writes, the disk is its own. Not with `always`,
  /// which promises that nothing is replied before it is on the disk.
  mutating func suspendSynchronizationIfWanted() {
    let isSuspended =
      saves.child != nil && configuration.boolean(.noAppendfsyncOnRewrite)
      && configuration.choice(.appendfsync) != "always"
    appendOnly.writer?.suspendSynchronization(isSuspended)
  }
}
