/// INFO's section about snapshots and the append-only file.
extension Server {
  func writePersistence(_ text: inout InfoText) {
    text.section("Persistence")
    text.field("loading", isLoading ? 1 : 0)
    text.field("async_loading", 0)
    writeChild(&text)
    writeSaves(&text)
    writeRewrites(&text)
    text.fields(["module_fork_in_progress": "0", "module_fork_last_cow_size": "0"])
    writeAppendOnly(&text)
    if let loading { write(loading, &text) }
  }

  private func writeChild(_ text: inout InfoText) {
    let report = saves.child?.report
    let keyCount = report?.keyCount ?? 0
    let total = (0..<keyspace.databaseCount).reduce(0) { $0 + keyspace[$1].count }
    let age = report.map { $0.measuredAtSecond == 0 ? 0 : now() - $0.measuredAtSecond } ?? 0
    text.field("current_cow_peak", report?.cowPeakByteCount ?? 0)
    text.field("current_cow_size", report?.cowByteCount ?? 0)
    text.field("current_cow_size_age", max(0, age))
    let share = report == nil ? 0 : min(100, 100 * NumberText.ratio(keyCount, total))
    text.field("current_fork_perc", NumberText.fixed(share, 2))
    text.field("current_save_keys_processed", keyCount)
    text.field("current_save_keys_total", report == nil ? 0 : total)
  }

  private func now() -> Int { Int(clock.wallMilliseconds / 1000) }

  private func writeSaves(_ text: inout InfoText) {
    text.field("rdb_changes_since_last_save", keyspace.state.pointee.dirty)
    text.field("rdb_bgsave_in_progress", saves.isSaving ? 1 : 0)
    text.field("rdb_last_save_time", saves.lastSuccessSecond)
    text.field("rdb_last_bgsave_status", saves.lastStatus.rawValue)
    text.field("rdb_last_bgsave_time_sec", saves.lastDurationSeconds)
    let current = saves.child.map { saves.isSaving ? seconds(of: $0) : -1 } ?? -1
    text.field("rdb_current_bgsave_time_sec", current)
    text.field("rdb_saves", saves.count)
    text.field("rdb_last_cow_size", saves.lastCowByteCount)
    text.field("rdb_last_load_keys_expired", lastLoad.expiredCount)
    text.field("rdb_last_load_keys_loaded", lastLoad.loadedCount)
  }

  private func writeRewrites(_ text: inout InfoText) {
    let rewrites = appendOnly.rewrites
    let current = saves.isRewriting ? saves.child.map { seconds(of: $0) } ?? -1 : -1
    text.field("aof_enabled", isLogWanted ? 1 : 0)
    text.field("aof_rewrite_in_progress", saves.isRewriting ? 1 : 0)
    text.field("aof_rewrite_scheduled", rewrites.isScheduled ? 1 : 0)
    text.field("aof_last_rewrite_time_sec", rewrites.lastDurationSeconds)
    text.field("aof_current_rewrite_time_sec", current)
    text.field("aof_last_bgrewrite_status", rewrites.lastStatus.rawValue)
    text.field("aof_rewrites", rewrites.count)
    text.field("aof_rewrites_consecutive_failures", rewrites.consecutiveFailureCount)
    text.field("aof_last_write_status", appendOnly.errorNumber == 0 ? "ok" : "err")
    text.field("aof_last_cow_size", rewrites.lastCowByteCount)
  }

  /// While the log is loaded it is not written yet.
  private var isLogWanted: Bool {
    appendOnly.rewrites.state != .off || (isLoading && configuration.boolean(.appendonly))
  }

  private func writeAppendOnly(_ text: inout InfoText) {
    guard isLogWanted else { return }
    let stream = keyspace.state.pointee.stream
    let backlog = appendOnly.backlogByteCount
    text.field("aof_current_size", appendOnly.byteCount)
    text.field("aof_base_size", appendOnly.rewrites.baseByteCount)
    text.field("aof_pending_rewrite", appendOnly.rewrites.isScheduled ? 1 : 0)
    text.field("aof_buffer_length", stream.byteCount)
    text.field("aof_pending_bio_fsync", appendOnly.writer?.pendingSynchronizationCount ?? 0)
    text.field("aof_delayed_fsync", appendOnly.writer?.status.delayedSynchronizationCount ?? 0)
    // Not in Redis: who waits for the log, what the writer has not written yet, whom that stops,
    // and how long the disk takes.
    text.field("aof_held_clients", clients.held.count)
    text.field("aof_backlog_bytes", backlog)
    text.field("aof_backlog_limit_hits", Int(clamping: statistics.logStallCount))
    text.field("aof_backlog_stopped_clients", clients.stoppedByLogCount)
    appendOnly.writer?.withDurations { writing, synchronizing in
      if let writing { text.field("aof_write_percentiles_usec", percentiles(writing)) }
      if let synchronizing {
        text.field("aof_fsync_percentiles_usec", percentiles(synchronizing))
      }
    }
  }

  private func write(_ loading: Loading, _ text: inout InfoText) {
    text.field("loading_start_time", loading.startSecond)
    text.field("loading_total_bytes", loading.byteCount)
    text.field("loading_rdb_used_mem", loading.usedMemory)
    text.field("loading_loaded_bytes", loading.loadedByteCount)
    text.field("loading_loaded_perc", NumberText.fixed(100 * loading.fraction, 2))
    let elapsed = Double(clock.nanoseconds &- loading.startedAt) / 1e9
    let left = loading.fraction > 0 ? elapsed / loading.fraction - elapsed : 1
    text.field("loading_eta_seconds", Int(min(left, 1e9)))
  }
}
