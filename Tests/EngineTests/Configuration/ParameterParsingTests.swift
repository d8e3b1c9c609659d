import Testing

@testable import Engine

@Suite("Configuration values") struct ParameterParsingTests {
  /// Lines with the reason that Redis prints for them.
  @Test(arguments: [
    ("bogus 1", "Bad directive or wrong number of arguments"),
    ("port abc", "argument couldn't be parsed into an integer"),
    ("port 05", "argument couldn't be parsed into an integer"),
    ("port 70000", "argument must be between 0 and 65535 inclusive"),
    ("port 1 2", "wrong number of arguments"),
    ("port", "wrong number of arguments"),
    ("daemonize maybe", "argument must be 'yes' or 'no'"),
    ("appendfsync q", "argument(s) must be one of the following: everysec, always, no"),
    ("client-query-buffer-limit 1x", "argument must be a memory value"),
    ("client-query-buffer-limit -1", "argument must be a memory value"),
    ("maxclients 0", "argument must be between 1 and 4294967295 inclusive"),
    ("unixsocketperm 999", "argument couldn't be parsed as an octal number"),
    ("unixsocketperm 1777", "argument must be between 0 and 777 inclusive"),
    ("maxmemory-clients 101%", "percentage argument must be less or equal to 100"),
    ("maxmemory-clients -5", "argument must be a memory or percent value"),
    ("save 1", "Invalid save parameters"),
    ("save 0 1", "Invalid save parameters"),
    ("client-output-buffer-limit normal 0 0",
      "Wrong number of arguments in buffer limit configuration."),
    ("client-output-buffer-limit foo 0 0 0",
      "Invalid client class specified in buffer limit configuration."),
    ("client-output-buffer-limit normal a 0 0",
      "Error in hard, soft or soft_seconds setting in buffer limit configuration."),
    ("bind 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified."),
    ("notify-keyspace-events Q", "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."),
    ("oom-score-adj-values 1 2", "wrong number of arguments"),
    ("oom-score-adj-values 1 2 3000",
      "Invalid oom-score-adj-values, elements must be between -2000 and 2000."),
    ("latency-tracking-info-percentiles a",
      "Invalid latency-tracking-info-percentiles parameters"),
    ("latency-tracking-info-percentiles 101",
      "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"),
    ("shutdown-on-sigterm save nosave",
      "shutdown options SAVE and NOSAVE can't be used simultaneously"),
    ("proc-title-template {foo}", "template format is invalid or contains unknown variables"),
    ("dbfilename a/b", "dbfilename can't be a path, just a filename"),
    ("appendfilename \"\"", "appendfilename can't be empty"),
    ("appenddirname a/b", "appenddirname can't be a path, just a dirname"),
    ("cluster-announce-hostname a$b",
      "Hostnames may only contain alphanumeric characters, hyphens or dots"),
    ("replicaof a 99999", "Invalid master port"),
    ("sentinel monitor", "sentinel directive while not in sentinel mode"),
    ("logfile \"abc", "Unbalanced quotes in configuration line"),
  ])
  func reasonsAreThoseOfRedis(line: String, reason: String) {
    #expect(testConfiguration().refusal(of: line) == reason)
  }

  /// Promises that are not kept yet must not be made.
  @Test(arguments: [
    ("maxmemory 100mb", "maxmemory 104857600"),
    ("tls-port 1", "tls-port 1"),
    ("replicaof host 1", "replicaof host 1"), ("user alice on", "user"),
    ("rename-command FLUSHALL \"\"", "rename-command"), ("loadmodule x.so", "loadmodule"),
    ("cluster-enabled yes", "cluster-enabled yes"), ("aclfile x", "aclfile x"),
    ("min-slaves-to-write 1", "min-replicas-to-write 1"),
  ])
  func promisesAreRefused(line: String, shown: String) {
    let reason = "\(shown) is not supported yet by this version of Apus"
    #expect(testConfiguration().refusal(of: line) == reason)
  }

  @Test func aPasswordOfADefaultUserIsRequirepass() {
    let reason =
      "user is not supported yet by this version of Apus; delete the line, and give the password "
      + "with requirepass"
    let line = "user default on sanitize-payload #2c26b46b68ffc68f ~* &* +@all"
    #expect(testConfiguration().refusal(of: line) == reason)
  }

  @Test(arguments: [
    "appendonly no", "maxmemory 0", "replicaof no one", "aclfile ''",
    "user default on nopass ~* &* +@all", "user default on nopass sanitize-payload ~* &* +@all",
    "list-max-ziplist-entries 5",
  ])
  func whatPromisesNothingIsTaken(line: String) {
    #expect(testConfiguration().load(line) == nil)
  }

  @Test(arguments: [
    ("client-query-buffer-limit 1gB", "client-query-buffer-limit", "1073741824"),
    ("client-query-buffer-limit 2m", "client-query-buffer-limit", "2000000"),
    ("maxmemory-clients 5%", "maxmemory-clients", "5%"),
    ("unixsocketperm 0700", "unixsocketperm", "700"),
    ("appendfsync ALWAYS", "appendfsync", "always"),
    ("shutdown-on-sigterm now nosave", "shutdown-on-sigterm", "nosave now"),
    ("shutdown-on-sigterm default now", "shutdown-on-sigterm", "now"),
    ("notify-keyspace-events KEA", "notify-keyspace-events", "AKE"),
    ("notify-keyspace-events KEx$", "notify-keyspace-events", "$xKE"),
    ("latency-tracking-info-percentiles 50 99.0 0.123456789",
      "latency-tracking-info-percentiles", "50 99 0.123457"),
    ("client-output-buffer-limit replica 1kb 2kb 3", "client-output-buffer-limit",
      "normal 0 0 0 slave 1024 2048 3 pubsub 33554432 8388608 60"),
    ("hz 0", "hz", "1"), ("hz 501", "hz", "500"), ("bind \"\"", "bind", ""),
    ("slave-priority 3", "replica-priority", "3"),
  ])
  func valuesAreShownAsRedisShowsThem(line: String, name: String, shown: String) {
    let configuration = testConfiguration()
    #expect(configuration.load(line) == nil)
    #expect(configuration.shown(name) == shown)
  }

  @Test func memoryBeyond64BitsIsNoNumber() {
    let huge = "maxmemory 18446744073709551615k"
    #expect(testConfiguration().refusal(of: huge) == "argument must be a memory value")
  }
}
