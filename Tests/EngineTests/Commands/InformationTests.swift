import Core
import Glibc
import Testing

@testable import Engine

@Suite struct InformationTests {
  private func resp3(_ server: InProcessServer = InProcessServer()) -> InProcessClient {
    let client = server.connect()
    client.client.pointee.reply.protocolVersion = 3
    return client
  }

  // MARK: INFO

  /// The fields of a Redis 7.2 that is a master, saves nothing and is not going down.
  private static let redisFields: KeyValuePairs<String, String> = [
    "stats": """
      acl_access_denied_auth acl_access_denied_cmd acl_access_denied_key \
      acl_access_denied_channel total_connections_received total_commands_processed \
      instantaneous_ops_per_sec total_net_input_bytes total_net_output_bytes \
      total_net_repl_input_bytes total_net_repl_output_bytes instantaneous_input_kbps \
      instantaneous_output_kbps instantaneous_input_repl_kbps instantaneous_output_repl_kbps \
      rejected_connections sync_full sync_partial_ok sync_partial_err expired_keys \
      expired_stale_perc expired_time_cap_reached_count expire_cycle_cpu_milliseconds \
      evicted_keys evicted_clients total_eviction_exceeded_time current_eviction_exceeded_time \
      keyspace_hits keyspace_misses pubsub_channels pubsub_patterns pubsubshard_channels \
      latest_fork_usec total_forks migrate_cached_sockets slave_expires_tracked_keys \
      active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses \
      total_active_defrag_time current_active_defrag_time tracking_total_keys \
      tracking_total_items tracking_total_prefixes unexpected_error_replies total_error_replies \
      dump_payload_sanitizations total_reads_processed total_writes_processed \
      io_threaded_reads_processed io_threaded_writes_processed reply_buffer_shrinks \
      reply_buffer_expands eventloop_cycles eventloop_duration_sum eventloop_duration_cmd_sum \
      instantaneous_eventloop_cycles_per_sec instantaneous_eventloop_duration_usec
      """,
    "server": """
      redis_version redis_git_sha1 redis_git_dirty redis_build_id redis_mode os arch_bits \
      monotonic_clock multiplexing_api atomicvar_api gcc_version process_id process_supervised \
      run_id tcp_port server_time_usec uptime_in_seconds uptime_in_days hz configured_hz \
      lru_clock executable config_file io_threads_active
      """,
    "clients": """
      connected_clients cluster_connections maxclients client_recent_max_input_buffer \
      client_recent_max_output_buffer blocked_clients tracking_clients clients_in_timeout_table \
      total_blocking_keys total_blocking_keys_on_nokey
      """,
    "memory": """
      used_memory used_memory_human used_memory_rss used_memory_rss_human used_memory_peak \
      used_memory_peak_human used_memory_peak_perc used_memory_overhead used_memory_startup \
      used_memory_dataset used_memory_dataset_perc allocator_allocated allocator_active \
      allocator_resident total_system_memory total_system_memory_human used_memory_lua \
      used_memory_vm_eval used_memory_lua_human used_memory_scripts_eval \
      number_of_cached_scripts number_of_functions number_of_libraries used_memory_vm_functions \
      used_memory_vm_total used_memory_vm_total_human used_memory_functions used_memory_scripts \
      used_memory_scripts_human maxmemory maxmemory_human maxmemory_policy allocator_frag_ratio \
      allocator_frag_bytes allocator_rss_ratio allocator_rss_bytes rss_overhead_ratio \
      rss_overhead_bytes mem_fragmentation_ratio mem_fragmentation_bytes \
      mem_not_counted_for_evict mem_replication_backlog mem_total_replication_buffers \
      mem_clients_slaves mem_clients_normal mem_cluster_links mem_aof_buffer mem_allocator \
      active_defrag_running lazyfree_pending_objects lazyfreed_objects
      """,
    "persistence": """
      loading async_loading current_cow_peak current_cow_size current_cow_size_age \
      current_fork_perc current_save_keys_processed current_save_keys_total \
      rdb_changes_since_last_save rdb_bgsave_in_progress rdb_last_save_time \
      rdb_last_bgsave_status rdb_last_bgsave_time_sec rdb_current_bgsave_time_sec rdb_saves \
      rdb_last_cow_size rdb_last_load_keys_expired rdb_last_load_keys_loaded aof_enabled \
      aof_rewrite_in_progress aof_rewrite_scheduled aof_last_rewrite_time_sec \
      aof_current_rewrite_time_sec aof_last_bgrewrite_status aof_rewrites \
      aof_rewrites_consecutive_failures aof_last_write_status aof_last_cow_size \
      module_fork_in_progress module_fork_last_cow_size
      """,
    "replication": """
      role connected_slaves master_failover_state master_replid master_replid2 \
      master_repl_offset second_repl_offset repl_backlog_active repl_backlog_size \
      repl_backlog_first_byte_offset repl_backlog_histlen
      """,
    "cpu": """
      used_cpu_sys used_cpu_user used_cpu_sys_children used_cpu_user_children \
      used_cpu_sys_main_thread used_cpu_user_main_thread
      """,
    "cluster": """
      cluster_enabled
      """,
    "debug": """
      eventloop_duration_aof_sum eventloop_duration_cron_sum eventloop_duration_max \
      eventloop_cmd_per_cycle_max
      """,
  ]

  @Test func infoHasRedisFields() {
    let server = InProcessServer()
    for (section, names) in Self.redisFields {
      let lines = server.run("INFO", section).split(separator: "\r\n")
      for name in names.split(separator: " ") {
        #expect(lines.contains { $0.hasPrefix("\(name):") }, "\(section): \(name)")
      }
    }
  }

  /// The number behind `name` in INFO.
  private func number(_ server: InProcessServer, _ name: String) -> Double? {
    let line = server.run("INFO", "everything").split(separator: "\r\n")
      .first { $0.hasPrefix("\(name):") }
    return line.flatMap { Double($0.dropFirst(name.utf8.count + 1)) }
  }

  @Test func infoTellsWhatWasCounted() {
    let server = InProcessServer()
    let state = server.server.pointee.keyspace.state
    let client = server.connect()
    server.server.pointee.isActiveExpiryOn = false
    let requests = (0..<3000).map { "SET key\($0) v PX 1\r\n" }.joined()
    _ = client.exchange(Array(requests.utf8))
    usleep(3000)
    server.server.pointee.isActiveExpiryOn = true
    server.server.pointee.beginTurn()
    server.server.pointee.expireCycle(budgetNanoseconds: 0)
    server.server.pointee.isActiveExpiryOn = false
    #expect(state.pointee.activeExpiry.timeCapReachedCount == 1)
    #expect(number(server, "expired_stale_perc") == 5)
    #expect(number(server, "expired_time_cap_reached_count") == 1)
    _ = client.send("WATCH", "a")
    #expect(number(server, "watching_clients") == 1)
    _ = server.run("CONFIG", "SET", "requirepass", "secret")
    _ = client.send("AUTH", "wrong")
    _ = client.send("HELLO", "3", "AUTH", "default", "wrong")
    _ = client.send("AUTH", "nobody", "secret")
    _ = client.send("CONFIG", "SET", "requirepass", "")
    #expect(number(server, "acl_access_denied_auth") == 3)
    server.server.pointee.statistics.evictedClientCount = 4
    server.server.pointee.statistics.queryLimitDisconnectionCount = 5
    server.server.pointee.statistics.outputLimitDisconnectionCount = 6
    #expect(number(server, "evicted_clients") == 4)
    #expect(number(server, "client_query_buffer_limit_disconnections") == 5)
    #expect(number(server, "client_output_buffer_limit_disconnections") == 6)
    _ = client.send("CONFIG", "RESETSTAT")
    #expect(number(server, "expired_stale_perc") == 0)
    #expect(number(server, "expired_time_cap_reached_count") == 0)
    #expect(number(server, "acl_access_denied_auth") == 3, "as in Redis")
  }

  private func sections(_ reply: String) -> [String] {
    reply.split(separator: "\r\n").filter { $0.hasPrefix("# ") }.map { String($0.dropFirst(2)) }
  }

  @Test func infoSections() {
    let server = InProcessServer()
    let byDefault = [
      "Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
      "Errorstats", "Cluster", "Keyspace",
    ]
    #expect(sections(server.run("INFO")) == byDefault)
    #expect(sections(server.run("INFO", "default")) == byDefault)
    let all = [
      "Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
      "Commandstats", "Errorstats", "Latencystats", "Cluster", "Keyspace",
    ]
    #expect(sections(server.run("INFO", "all")) == all)
    #expect(sections(server.run("INFO", "everything")) == all)
    #expect(sections(server.run("INFO", "KEYSPACE", "nosuch", "cpu")) == ["CPU", "Keyspace"])
    #expect(server.run("INFO", "nosuch") == "$0\r\n\r\n")
    #expect(resp3().send("INFO", "nosuch") == "=4\r\ntxt:\r\n")
  }

  @Test func versionOfRedisComesFirst() {
    let lines = InProcessServer().run("INFO").split(separator: "\r\n")
    let versions = lines.filter { $0.contains("version:") }
    #expect(versions.first == "redis_version:7.2.4")
    #expect(lines.contains("server_name:apus"))
    #expect(lines.contains { $0.hasPrefix("mem_allocator:jemalloc-") })
  }

  @Test func infoKeyspace() {
    let server = InProcessServer()
    let client = server.connect()
    _ = client.send("SET", "a", "1")
    #expect(client.send("INFO", "keyspace").hasSuffix("db0:keys=1,expires=0,avg_ttl=0\r\n\r\n"))
    #expect(client.send("INFO", "persistence").contains("rdb_changes_since_last_save:1\r\n"))
  }

  @Test func latencyStatisticsFollowThePercentiles() {
    let server = InProcessServer()
    _ = server.run("GET", "a")
    server.server.pointee.latency.percentiles = [0, 99.95, 100]
    let text = server.run("INFO", "latencystats")
    #expect(text.contains("latency_percentiles_usec_get:p0="))
    #expect(text.contains(",p99.95="))
    server.server.pointee.latency.isTracking = false
    #expect(server.run("INFO", "latencystats") == "$16\r\n# Latencystats\r\n\r\n")
  }

  // MARK: Others

  @Test func slowlogEntries() {
    let server = InProcessServer()
    let client = server.connect()
    server.server.pointee.slowlog.thresholdNanoseconds = 0
    _ = client.send("GET", "a")
    server.server.pointee.slowlog.thresholdNanoseconds = .max
    let reply = client.send("SLOWLOG", "GET", "1")
    #expect(reply.hasPrefix("*1\r\n*6\r\n:0\r\n:"))
    #expect(reply.hasSuffix("*2\r\n$3\r\nGET\r\n$1\r\na\r\n$3\r\n?:0\r\n$0\r\n\r\n"))
    #expect(client.send("SLOWLOG", "LEN") == ":1\r\n")
    #expect(client.send("SLOWLOG", "RESET") == "+OK\r\n")
    #expect(client.send("SLOWLOG", "GET", "-1") == "*0\r\n")
    #expect(
      client.send("SLOWLOG", "GET", "-2")
        == "-ERR count should be greater than or equal to -1\r\n")
    #expect(
      client.send("SLOWLOG", "GET", "1", "2")
        == "-ERR unknown subcommand or wrong number of arguments for 'GET'."
        + " Try SLOWLOG HELP.\r\n")
  }

  @Test func latencyReplies() {
    let server = InProcessServer()
    let client = resp3(server)
    server.server.pointee.latency.thresholdNanoseconds = 1
    server.server.pointee.latency.note("command", milliseconds: 7, atSecond: 100)
    // However slow the machine is, the commands below are not noted. Here BITCOUNT is slow.
    server.server.pointee.latency.thresholdNanoseconds = 3_600_000_000_000
    _ = client.send("SETRANGE", "long", "50000000", "x")
    _ = client.send("BITCOUNT", "long")
    #expect(client.send("LATENCY", "LATEST") == "*1\r\n*4\r\n$7\r\ncommand\r\n:100\r\n:7\r\n:7\r\n")
    #expect(client.send("LATENCY", "HISTORY", "command") == "*1\r\n*2\r\n:100\r\n:7\r\n")
    #expect(client.send("LATENCY", "HISTORY", "nosuch") == "*0\r\n")
    #expect(
      client.send("LATENCY", "GRAPH", "x") == "-ERR No samples available for event 'x'\r\n")
    #expect(client.send("LATENCY", "RESET", "x", "command") == ":1\r\n")
    _ = client.send("GET", "a")
    let histogram = client.send("LATENCY", "HISTOGRAM", "get", "nosuch")
    #expect(
      histogram.hasPrefix("%1\r\n$3\r\nget\r\n%2\r\n$5\r\ncalls\r\n:1\r\n$14\r\n"
        + "histogram_usec\r\n%1\r\n:"))
    #expect(client.send("LATENCY", "HISTOGRAM", "nosuch") == "%0\r\n")
  }

  @Test func memoryReplies() {
    let client = resp3()
    _ = client.send("SET", "k", "v")
    #expect(client.send("MEMORY", "USAGE", "k").hasPrefix(":"))
    #expect(client.send("MEMORY", "USAGE", "k", "SAMPLES", "0").hasPrefix(":"))
    #expect(client.send("MEMORY", "USAGE", "nosuch") == "_\r\n")
    for wrong in [["SAMPLES"], ["SAMPLES", "-1"], ["FOO", "1"]] {
      #expect(client.send(["MEMORY", "USAGE", "k"] + wrong) == "-ERR syntax error\r\n")
    }
    #expect(
      client.send("MEMORY", "USAGE", "k", "SAMPLES", "x")
        == "-ERR value is not an integer or out of range\r\n")
    #expect(client.send("MEMORY", "STATS").hasPrefix("%28\r\n$14\r\npeak.allocated\r\n:"))
    #expect(client.send("MEMORY", "PURGE") == "+OK\r\n")
    #expect(client.send("MEMORY", "DOCTOR").hasPrefix("="))
    #expect(client.send("MEMORY", "MALLOC-STATS").contains("jemalloc statistics"))
  }

  @Test func timeAndLolwut() {
    let client = resp3()
    #expect(client.send("TIME").hasPrefix("*2\r\n$10\r\n"))
    #expect(client.send("LOLWUT").hasSuffix("Redis ver. 7.2.4, Apus ver. \(Version.apus)\n\r\n"))
    #expect(client.send("LOLWUT", "VERSION", "5", "1", "1").hasPrefix("="))
    for size in ["0", "-9223372036854775808", "9223372036854775807"] {
      #expect(client.send("LOLWUT", "VERSION", "5", size, size).hasPrefix("="))
    }
    #expect(
      client.send("LOLWUT", "VERSION", "x")
        == "-ERR value is not an integer or out of range\r\n")
  }

  // MARK: COMMAND

  @Test func commandInfo() {
    let expected =
      "*1\r\n*10\r\n$12\r\nmemory|usage\r\n:-3\r\n~1\r\n+readonly\r\n:2\r\n:2\r\n:1\r\n"
      + "~2\r\n+@read\r\n+@slow\r\n~0\r\n~1\r\n%3\r\n$5\r\nflags\r\n~1\r\n+RO\r\n"
      + "$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$5\r\nindex\r\n$4\r\nspec\r\n%1\r\n"
      + "$5\r\nindex\r\n:2\r\n$9\r\nfind_keys\r\n%2\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
      + "%3\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n~0\r\n"
    #expect(resp3().send("COMMAND", "INFO", "Memory|Usage") == expected)
    #expect(resp3().send("COMMAND", "INFO", "nosuch", "get|x") == "*2\r\n_\r\n_\r\n")
  }

  @Test func commandDocs() {
    let expected =
      "%1\r\n$6\r\nlolwut\r\n%4\r\n$7\r\nsummary\r\n$39\r\n"
        + "Draws something, and tells the version.\r\n"
      + "$5\r\nsince\r\n$5\r\n5.0.0\r\n$5\r\ngroup\r\n$6\r\nserver\r\n$9\r\narguments\r\n*1\r\n"
      + "%5\r\n"
      + "$4\r\nname\r\n$7\r\nversion\r\n$4\r\ntype\r\n$7\r\ninteger\r\n"
      + "$12\r\ndisplay_text\r\n$7\r\nversion\r\n$5\r\ntoken\r\n$7\r\n"
      + "VERSION\r\n"
      + "$5\r\nflags\r\n~1\r\n+optional\r\n"
    #expect(resp3().send("COMMAND", "DOCS", "lolwut", "nosuch") == expected)
  }

  @Test func everyCommandIsDescribedWhole() {
    let server = InProcessServer()
    for client in [server.connect(), resp3(server)] {
      for request in [["COMMAND"], ["COMMAND", "DOCS"], ["COMMAND", "INFO"]] {
        #expect(!client.send(request).contains("internal error"))
      }
    }
  }

  @Test func commandList() {
    let server = InProcessServer()
    #expect(server.run("COMMAND", "LIST", "FILTERBY", "MODULE", "x") == "*0\r\n")
    #expect(server.run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch") == "*0\r\n")
    #expect(
      server.run("COMMAND", "LIST", "FILTERBY", "PATTERN", "SLOWLOG|L*")
        == "*1\r\n$11\r\nslowlog|len\r\n")
    let admin = server.run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "Admin")
    #expect(admin.contains("slowlog|get") && !admin.contains("slowlog|help"))
    for wrong in [["FOO"], ["FILTERBY"], ["FILTERBY", "PATTERN"], ["FILTERBY", "X", "y"]] {
      #expect(server.connect().send(["COMMAND", "LIST"] + wrong) == "-ERR syntax error\r\n")
    }
  }

  @Test(arguments: [
    (["get", "a"], "*1\r\n$1\r\na\r\n"),
    (["memory", "usage", "a"], "*1\r\n$1\r\na\r\n"),
    (["memory", "usage"], "-ERR Invalid number of arguments specified for command\r\n"),
    (["memory", "nosuch", "x"], "-ERR Invalid command specified\r\n"),
    (["nosuch", "x"], "-ERR Invalid command specified\r\n"),
    (["ping", "x"], "-ERR The command has no key arguments\r\n"),
    (["get", "a", "b"], "-ERR Invalid number of arguments specified for command\r\n"),
    (["get"], "-ERR wrong number of arguments for 'command|getkeys' command\r\n"),
  ])
  func commandGetkeys(words: [String], reply: String) {
    #expect(InProcessServer().connect().send(["COMMAND", "GETKEYS"] + words) == reply)
  }

  @Test func commandGetkeysandflags() {
    #expect(
      resp3().send("COMMAND", "GETKEYSANDFLAGS", "get", "a")
        == "*1\r\n*2\r\n$1\r\na\r\n~2\r\n+RO\r\n+access\r\n")
  }
}
