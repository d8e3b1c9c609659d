import CPrimitives
import Core
import Glibc

/// INFO's sections about the process and its surroundings.
extension Server {
  func writeServer(_ text: inout InfoText) {
    text.section("Server")
    // Clients switch features by the first line that ends in `version`.
    text.field("redis_version", Version.redis)
    text.field("redis_git_sha1", Version.commit)
    text.field("redis_git_dirty", 0)
    text.field("redis_build_id", Version.build)
    text.field("server_name", "apus")
    text.field("apus_version", Version.apus)
    text.field("redis_mode", "standalone")
    text.field("os", ProcessMeasures.operatingSystem)
    text.field("arch_bits", Int.bitWidth)
    text.field(
      "monotonic_clock",
      apus_ticks_are_trusted() ? "processor's counter" : "POSIX clock_gettime")
    text.field("multiplexing_api", "epoll")
    text.field("atomicvar_api", "c11-builtin")
    text.field("gcc_version", Version.compiler)
    text.field("process_id", getpid())
    text.field("process_supervised", configuration.choice(.supervised))
    text.field("run_id", runID)
    text.field("tcp_port", configuration.integer(.port))
    writeTimes(&text)
    text.field("executable", ProcessMeasures.executable)
    text.field("config_file", configuration.file ?? "")
    text.field("io_threads_active", 0)
    writeListeners(&text)
  }

  private func writeListeners(_ text: inout InfoText) {
    let port = configuration.integer(.port)
    if port != 0 {
      let addresses = configuration.bindAddresses.map { "bind=\($0)," }.joined()
      text.field("listener0", "name=tcp,\(addresses)port=\(port)")
    }
    let path = configuration.text(.unixsocket)
    if !path.isEmpty { text.field("listener1", "name=unix,bind=\(path)") }
  }

  private func writeTimes(_ text: inout InfoText) {
    let uptimeSeconds = (clock.nanoseconds &- statistics.startedAt) / 1_000_000_000
    text.field("server_time_usec", apus_wall_nanoseconds() / 1000)
    text.field("uptime_in_seconds", uptimeSeconds)
    text.field("uptime_in_days", uptimeSeconds / 86_400)
    text.field("hz", settings.tickFrequency)
    text.field("configured_hz", settings.tickFrequency)
    text.field("lru_clock", keyspace.state.pointee.accessClock)
  }

  func writeClients(_ text: inout InfoText) {
    text.section("Clients")
    let measures = clients.measures
    text.field("connected_clients", clients.count)
    text.field("cluster_connections", 0)
    text.field("maxclients", settings.maxClients)
    text.field("client_recent_max_input_buffer", measures.inputByteCountMax)
    text.field("client_recent_max_output_buffer", measures.outputByteCountMax)
    text.field("blocked_clients", measures.blockedCount)
    text.fields([
      "tracking_clients": "0", "pubsub_clients": "0",
    ])
    text.field("watching_clients", measures.watchingCount)
    text.field("clients_in_timeout_table", measures.timedCount)
    text.field("total_watched_keys", keyspace.state.pointee.watchCount)
    text.field("total_blocking_keys", keyspace.state.pointee.waited.count)
    text.field("total_blocking_keys_on_nokey", 0)
  }

  func writeReplication(_ text: inout InfoText) {
    text.section("Replication")
    text.fields([
      "role": "master", "connected_slaves": "0", "master_failover_state": "no-failover",
    ])
    text.field("master_replid", replicationID)
    text.field("master_replid2", String(repeating: "0", count: 40))
    text.fields([
      "master_repl_offset": "0", "second_repl_offset": "-1", "repl_backlog_active": "0",
    ])
    text.field("repl_backlog_size", configuration.integer(.replBacklogSize))
    text.fields(["repl_backlog_first_byte_offset": "0", "repl_backlog_histlen": "0"])
  }

  func writeProcessor(_ text: inout InfoText) {
    text.section("CPU")
    let kinds = [
      ("", ProcessMeasures.ownTimes), ("_children", ProcessMeasures.childrenTimes),
      ("_main_thread", ProcessMeasures.threadTimes),
    ]
    for (suffix, times) in kinds {
      text.field("used_cpu_sys\(suffix)", seconds(times.systemMicroseconds))
      text.field("used_cpu_user\(suffix)", seconds(times.userMicroseconds))
    }
  }

  private func seconds(_ microseconds: Int64) -> String {
    NumberText.fixed(Double(microseconds) / 1e6, 6)
  }
}

extension ClientTable {
  /// What INFO adds up over all clients.
  struct Measures {
    var inputByteCountMax = 0
    var outputByteCountMax = 0
    var blockedCount = 0
    /// Blocked clients whose time will be over.
    var timedCount = 0
    var watchingCount = 0
    var memoryByteCount = 0
  }

  var measures: Measures {
    var measures = Measures()
    for client in all.values {
      measures.inputByteCountMax = max(
        measures.inputByteCountMax, client.pointee.query.capacity)
      measures.outputByteCountMax = max(
        measures.outputByteCountMax, client.pointee.reply.byteCount)
      let flags = client.pointee.flags
      if flags.contains(.blocked), !flags.contains(.resuming) { measures.blockedCount += 1 }
      if let call = client.pointee.blockedCall, call.deadline != .max { measures.timedCount += 1 }
      if !client.pointee.watchedHashes.isEmpty { measures.watchingCount += 1 }
      measures.memoryByteCount += client.pointee.byteCount
    }
    return measures
  }
}
