/// Every parameter of the configuration; its raw value is its name in `redis.conf`.
///
/// Code asks by case (`configuration.integer(.maxclients)`), so that a misspelt name does not
/// compile and the set of changed parameters can be switched over.
package enum ParameterID: String, CaseIterable, Sendable {
  // Network
  case port
  case bind
  case unixsocket
  case unixsocketperm
  case tcpBacklog = "tcp-backlog"
  case tcpKeepalive = "tcp-keepalive"
  case timeout
  case protectedMode = "protected-mode"
  case bindSourceAddr = "bind-source-addr"
  case socketMarkId = "socket-mark-id"
  case ioThreads = "io-threads"
  case ioThreadsDoReads = "io-threads-do-reads"
  case clientDefaultResp = "client-default-resp"
  // Client
  case maxclients
  case clientQueryBufferLimit = "client-query-buffer-limit"
  case clientOutputBufferLimit = "client-output-buffer-limit"
  case maxmemoryClients = "maxmemory-clients"
  case protoMaxBulkLen = "proto-max-bulk-len"
  case trackingTableMaxKeys = "tracking-table-max-keys"
  case notifyKeyspaceEvents = "notify-keyspace-events"
  case busyReplyThreshold = "busy-reply-threshold"
  // Process
  case daemonize
  case pidfile
  case supervised
  case setProcTitle = "set-proc-title"
  case procTitleTemplate = "proc-title-template"
  case alwaysShowLogo = "always-show-logo"
  case localeCollate = "locale-collate"
  case disableThp = "disable-thp"
  case oomScoreAdj = "oom-score-adj"
  case oomScoreAdjValues = "oom-score-adj-values"
  case serverCpulist = "server_cpulist"
  case bioCpulist = "bio_cpulist"
  case aofRewriteCpulist = "aof_rewrite_cpulist"
  case bgsaveCpulist = "bgsave_cpulist"
  case databases
  case hz
  case dynamicHz = "dynamic-hz"
  case shutdownOnSigint = "shutdown-on-sigint"
  case shutdownOnSigterm = "shutdown-on-sigterm"
  case shutdownTimeout = "shutdown-timeout"
  case ignoreWarnings = "ignore-warnings"
  // Observability
  case loglevel
  case logfile
  case syslogEnabled = "syslog-enabled"
  case syslogIdent = "syslog-ident"
  case syslogFacility = "syslog-facility"
  case crashLogEnabled = "crash-log-enabled"
  case crashMemcheckEnabled = "crash-memcheck-enabled"
  case useExitOnPanic = "use-exit-on-panic"
  case watchdogPeriod = "watchdog-period"
  case slowlogLogSlowerThan = "slowlog-log-slower-than"
  case slowlogMaxLen = "slowlog-max-len"
  case latencyMonitorThreshold = "latency-monitor-threshold"
  case latencyTracking = "latency-tracking"
  case latencyTrackingInfoPercentiles = "latency-tracking-info-percentiles"
  case reqResLogfile = "req-res-logfile"
  // Security
  case requirepass
  case aclfile
  case acllogMaxLen = "acllog-max-len"
  case aclPubsubDefault = "acl-pubsub-default"
  case enableDebugCommand = "enable-debug-command"
  case enableModuleCommand = "enable-module-command"
  case enableProtectedConfigs = "enable-protected-configs"
  case sanitizeDumpPayload = "sanitize-dump-payload"
  // Memory
  case maxmemory
  case maxmemoryPolicy = "maxmemory-policy"
  case maxmemorySamples = "maxmemory-samples"
  case maxmemoryEvictionTenacity = "maxmemory-eviction-tenacity"
  case lfuLogFactor = "lfu-log-factor"
  case lfuDecayTime = "lfu-decay-time"
  case activeExpireEffort = "active-expire-effort"
  case activerehashing
  case jemallocBgThread = "jemalloc-bg-thread"
  case lazyfreeLazyEviction = "lazyfree-lazy-eviction"
  case lazyfreeLazyExpire = "lazyfree-lazy-expire"
  case lazyfreeLazyServerDel = "lazyfree-lazy-server-del"
  case lazyfreeLazyUserDel = "lazyfree-lazy-user-del"
  case lazyfreeLazyUserFlush = "lazyfree-lazy-user-flush"
  case activedefrag
  case activeDefragCycleMin = "active-defrag-cycle-min"
  case activeDefragCycleMax = "active-defrag-cycle-max"
  case activeDefragThresholdLower = "active-defrag-threshold-lower"
  case activeDefragThresholdUpper = "active-defrag-threshold-upper"
  case activeDefragIgnoreBytes = "active-defrag-ignore-bytes"
  case activeDefragMaxScanFields = "active-defrag-max-scan-fields"
  // Data structures
  case hashMaxListpackEntries = "hash-max-listpack-entries"
  case hashMaxListpackValue = "hash-max-listpack-value"
  case setMaxIntsetEntries = "set-max-intset-entries"
  case setMaxListpackEntries = "set-max-listpack-entries"
  case setMaxListpackValue = "set-max-listpack-value"
  case zsetMaxListpackEntries = "zset-max-listpack-entries"
  case zsetMaxListpackValue = "zset-max-listpack-value"
  case listMaxListpackSize = "list-max-listpack-size"
  case listCompressDepth = "list-compress-depth"
  case hllSparseMaxBytes = "hll-sparse-max-bytes"
  case streamNodeMaxBytes = "stream-node-max-bytes"
  case streamNodeMaxEntries = "stream-node-max-entries"
  // Persistence
  case dir
  case dbfilename
  case save
  case stopWritesOnBgsaveError = "stop-writes-on-bgsave-error"
  case rdbcompression
  case rdbchecksum
  case rdbDelSyncFiles = "rdb-del-sync-files"
  case rdbSaveIncrementalFsync = "rdb-save-incremental-fsync"
  case rdbKeySaveDelay = "rdb-key-save-delay"
  case keyLoadDelay = "key-load-delay"
  case loadingProcessEventsIntervalBytes = "loading-process-events-interval-bytes"
  case appendonly
  case appendfilename
  case appenddirname
  case appendfsync
  case noAppendfsyncOnRewrite = "no-appendfsync-on-rewrite"
  case autoAofRewritePercentage = "auto-aof-rewrite-percentage"
  case autoAofRewriteMinSize = "auto-aof-rewrite-min-size"
  case aofLoadTruncated = "aof-load-truncated"
  case aofUseRdbPreamble = "aof-use-rdb-preamble"
  case aofTimestampEnabled = "aof-timestamp-enabled"
  case aofRewriteIncrementalFsync = "aof-rewrite-incremental-fsync"
  case aofDisableAutoGc = "aof-disable-auto-gc"
  case aofBacklogLimit = "aof-backlog-limit"
  case aofJournalSize = "aof-journal-size"
  case rdbDialect = "rdb-dialect"
  // Replication
  case replicaof
  case masterauth
  case masteruser
  case replicaServeStaleData = "replica-serve-stale-data"
  case replicaReadOnly = "replica-read-only"
  case replicaPriority = "replica-priority"
  case replicaAnnounced = "replica-announced"
  case replicaAnnounceIp = "replica-announce-ip"
  case replicaAnnouncePort = "replica-announce-port"
  case replicaIgnoreMaxmemory = "replica-ignore-maxmemory"
  case replicaIgnoreDiskWriteErrors = "replica-ignore-disk-write-errors"
  case replicaLazyFlush = "replica-lazy-flush"
  case replDisklessSync = "repl-diskless-sync"
  case replDisklessSyncDelay = "repl-diskless-sync-delay"
  case replDisklessSyncMaxReplicas = "repl-diskless-sync-max-replicas"
  case replDisklessLoad = "repl-diskless-load"
  case replPingReplicaPeriod = "repl-ping-replica-period"
  case replTimeout = "repl-timeout"
  case replDisableTcpNodelay = "repl-disable-tcp-nodelay"
  case replBacklogSize = "repl-backlog-size"
  case replBacklogTtl = "repl-backlog-ttl"
  case minReplicasToWrite = "min-replicas-to-write"
  case minReplicasMaxLag = "min-replicas-max-lag"
  case propagationErrorBehavior = "propagation-error-behavior"
  // Cluster
  case clusterEnabled = "cluster-enabled"
  case clusterAllowPubsubshardWhenDown = "cluster-allow-pubsubshard-when-down"
  case clusterAllowReadsWhenDown = "cluster-allow-reads-when-down"
  case clusterAllowReplicaMigration = "cluster-allow-replica-migration"
  case clusterAnnounceBusPort = "cluster-announce-bus-port"
  case clusterAnnounceHostname = "cluster-announce-hostname"
  case clusterAnnounceHumanNodename = "cluster-announce-human-nodename"
  case clusterAnnounceIp = "cluster-announce-ip"
  case clusterAnnouncePort = "cluster-announce-port"
  case clusterAnnounceTlsPort = "cluster-announce-tls-port"
  case clusterConfigFile = "cluster-config-file"
  case clusterLinkSendbufLimit = "cluster-link-sendbuf-limit"
  case clusterMigrationBarrier = "cluster-migration-barrier"
  case clusterNodeTimeout = "cluster-node-timeout"
  case clusterPingInterval = "cluster-ping-interval"
  case clusterPort = "cluster-port"
  case clusterPreferredEndpointType = "cluster-preferred-endpoint-type"
  case clusterReplicaNoFailover = "cluster-replica-no-failover"
  case clusterReplicaValidityFactor = "cluster-replica-validity-factor"
  case clusterRequireFullCoverage = "cluster-require-full-coverage"
  // TLS
  case tlsPort = "tls-port"
  case tlsAuthClients = "tls-auth-clients"
  case tlsCaCertDir = "tls-ca-cert-dir"
  case tlsCaCertFile = "tls-ca-cert-file"
  case tlsCertFile = "tls-cert-file"
  case tlsCiphers = "tls-ciphers"
  case tlsCiphersuites = "tls-ciphersuites"
  case tlsClientCertFile = "tls-client-cert-file"
  case tlsClientKeyFile = "tls-client-key-file"
  case tlsClientKeyFilePass = "tls-client-key-file-pass"
  case tlsCluster = "tls-cluster"
  case tlsDhParamsFile = "tls-dh-params-file"
  case tlsKeyFile = "tls-key-file"
  case tlsKeyFilePass = "tls-key-file-pass"
  case tlsPreferServerCiphers = "tls-prefer-server-ciphers"
  case tlsProtocols = "tls-protocols"
  case tlsReplication = "tls-replication"
  case tlsSessionCacheSize = "tls-session-cache-size"
  case tlsSessionCacheTimeout = "tls-session-cache-timeout"
  case tlsSessionCaching = "tls-session-caching"
}
