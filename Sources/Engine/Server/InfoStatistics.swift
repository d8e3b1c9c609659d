import Core

/// INFO's sections of counters.
extension Server {
  func writeStats(_ text: inout InfoText) {
    text.section("Stats")
    writeTraffic(&text)
    writeKeys(&text)
    writeUnused(&text)
    text.field("unexpected_error_replies", 0)
    text.field("total_error_replies", statistics.errorReplyCount)
    text.field("dump_payload_sanitizations", 0)
    text.field("total_reads_processed", statistics.readCount)
    text.field("total_writes_processed", statistics.writeCount)
    text.fields(["io_threaded_reads_processed": "0", "io_threaded_writes_processed": "0"])
    text.field("client_query_buffer_limit_disconnections", statistics.queryLimitDisconnectionCount)
    text.field(
      "client_output_buffer_limit_disconnections", statistics.outputLimitDisconnectionCount)
    text.fields(["reply_buffer_shrinks": "0", "reply_buffer_expands": "0"])
    writeTurns(&text)
    text.field("acl_access_denied_auth", statistics.deniedAuthenticationCount)
    text.fields([
      "acl_access_denied_cmd": "0", "acl_access_denied_key": "0", "acl_access_denied_channel": "0",
    ])
  }

  private func writeTraffic(_ text: inout InfoText) {
    text.field("total_connections_received", statistics.connectionCount)
    text.field("total_commands_processed", statistics.commandCount)
    text.field("instantaneous_ops_per_sec", whole(statistics.commandRate.perSecond))
    text.field("total_net_input_bytes", statistics.netInputByteCount)
    text.field("total_net_output_bytes", statistics.netOutputByteCount)
    text.fields(["total_net_repl_input_bytes": "0", "total_net_repl_output_bytes": "0"])
    text.field("instantaneous_input_kbps", kilobytes(statistics.netInputRate))
    text.field("instantaneous_output_kbps", kilobytes(statistics.netOutputRate))
    text.fields([
      "instantaneous_input_repl_kbps": "0.00", "instantaneous_output_repl_kbps": "0.00",
    ])
    text.field("rejected_connections", statistics.rejectedConnectionCount)
    text.fields(["sync_full": "0", "sync_partial_ok": "0", "sync_partial_err": "0"])
  }

  private func writeKeys(_ text: inout InfoText) {
    let state = keyspace.state
    text.field("expired_keys", state.pointee.expiredCount)
    text.field("expired_subkeys", state.pointee.expiredFieldCount)
    let expiry = state.pointee.activeExpiry
    text.field("expired_stale_perc", NumberText.fixed(expiry.stalePercentage, 2))
    text.field("expired_time_cap_reached_count", expiry.timeCapReachedCount)
    text.field("expire_cycle_cpu_milliseconds", expiry.nanosecondCount / 1_000_000)
    text.field("evicted_keys", statistics.evictedKeyCount)
    text.field("evicted_clients", statistics.evictedClientCount)
    text.fields(["total_eviction_exceeded_time": "0", "current_eviction_exceeded_time": "0"])
    text.field("keyspace_hits", state.pointee.hits)
    text.field("keyspace_misses", state.pointee.misses)
  }

  /// What is counted by parts that are not there.
  private func writeUnused(_ text: inout InfoText) {
    text.fields([
      "pubsub_channels": "0", "pubsub_patterns": "0", "pubsubshard_channels": "0",
    ])
    text.field("latest_fork_usec", saves.lastForkMicroseconds)
    text.field("total_forks", saves.forkCount)
    text.fields([
      "migrate_cached_sockets": "0",
      "slave_expires_tracked_keys": "0", "active_defrag_hits": "0", "active_defrag_misses": "0",
      "active_defrag_key_hits": "0", "active_defrag_key_misses": "0",
      "total_active_defrag_time": "0", "current_active_defrag_time": "0",
      "tracking_total_keys": "0", "tracking_total_items": "0", "tracking_total_prefixes": "0",
    ])
  }

  private func writeTurns(_ text: inout InfoText) {
    text.field("eventloop_cycles", statistics.turnCount)
    text.field("eventloop_duration_sum", statistics.turnNanoseconds / 1000)
    text.field("eventloop_duration_cmd_sum", commandNanoseconds / 1000)
    let cycles = statistics.turnRate.perSecond
    let microseconds = cycles > 0 ? statistics.turnDurationRate.perSecond / 1000 / cycles : 0
    text.field("instantaneous_eventloop_cycles_per_sec", whole(cycles))
    text.field("instantaneous_eventloop_duration_usec", whole(microseconds))
  }

  private func whole(_ value: Double) -> String { NumberText.fixed(value.rounded(.down), 0) }

  private func kilobytes(_ rate: InstantaneousRate) -> String {
    NumberText.fixed(rate.perSecond / 1024, 2)
  }

  private var commandNanoseconds: UInt64 {
    (0..<commands.count).reduce(0) { $0 &+ commands.commands[$1].nanoseconds }
  }

  func writeDebug(_ text: inout InfoText) {
    text.section("Debug")
    text.field("eventloop_duration_aof_sum", 0)
    text.field("eventloop_duration_cron_sum", statistics.tickNanoseconds / 1000)
    text.field("eventloop_duration_max", statistics.longestTurnNanoseconds / 1000)
    text.field("eventloop_cmd_per_cycle_max", statistics.commandCountMaxPerTurn)
  }

  // MARK: By command, by error, by database

  func writeCommandStatistics(_ text: inout InfoText) {
    text.section("Commandstats")
    for index in 0..<commands.count {
      let command = commands.commands[index]
      guard command.calls | command.rejectedCalls | command.failedCalls != 0 else { continue }
      let microseconds = command.nanoseconds / 1000
      let mean = command.calls == 0 ? 0 : Double(command.nanoseconds) / 1000 / Double(command.calls)
      text.field(
        "cmdstat_\(commands.fullName(index))",
        "calls=\(command.calls),usec=\(microseconds),usec_per_call=\(NumberText.fixed(mean, 2)),"
          + "rejected_calls=\(command.rejectedCalls),failed_calls=\(command.failedCalls)")
    }
  }

  func writeErrorStatistics(_ text: inout InfoText) {
    text.section("Errorstats")
    for (code, count) in statistics.errorCounts {
      text.field("errorstat_\(String(decoding: code, as: UTF8.self))", "count=\(count)")
    }
  }

  func writeLatencyStatistics(_ text: inout InfoText) {
    text.section("Latencystats")
    guard latency.isTracking else { return }
    for index in 0..<commands.count {
      guard let histogram = commands.commands[index].histogram else { continue }
      text.field(
        "latency_percentiles_usec_\(commands.fullName(index))", percentiles(histogram.pointee))
    }
  }

  /// As `latency-tracking-info-percentiles` says: p50=1.003,p99=2.007
  func percentiles(_ histogram: LatencyHistogram) -> String {
    let shares = latency.percentiles.map { percentile in
      let nanoseconds = histogram.nanoseconds(atPercentile: percentile)
      let microseconds = NumberText.fixed(Double(nanoseconds) / 1000, 3)
      return "p\(NumberText.shortest(percentile))=\(microseconds)"
    }
    return shares.joined(separator: ",")
  }

  func writeKeyspace(_ text: inout InfoText) {
    text.section("Keyspace")
    for index in 0..<keyspace.databaseCount where keyspace[index].count > 0 {
      let database = keyspace[index]
      let average = database.averageTimeToLive(at: keyspace.state.pointee.now)
      text.field(
        "db\(index)",
        "keys=\(database.count),expires=\(database.volatileCount),avg_ttl=\(average)")
    }
  }
}
