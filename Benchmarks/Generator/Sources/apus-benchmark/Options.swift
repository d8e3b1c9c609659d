import ArgumentParser
import LoadGenerator

/// What is asked for on the command line. Letters mean what they mean in redis-benchmark.
struct ServerOptions: ParsableArguments {
  @Option(name: .customShort("h"), help: "Server hostname.")
  var host = "127.0.0.1"
  @Option(name: .customShort("p", allowingJoined: true), help: "Server port.")
  var port = 6379
  @Option(name: .customShort("s"), help: "Server socket (overrides host and port).")
  var socket: String?
  @Option(name: .customShort("a"), help: "Password.")
  var password: String?
  @Option(help: "User name; needs -a.")
  var user: String?
  @Option(help: "Database number.")
  var dbnum = 0
  @Flag(name: .customShort("3"), help: "Speak RESP3.")
  var usesRESP3 = false

  func validate() throws {
    guard (1...65535).contains(port) else { throw ValidationError("-p: 1 to 65535") }
    guard user == nil || password != nil else { throw ValidationError("--user needs -a") }
    guard dbnum >= 0 else { throw ValidationError("--dbnum: 0 or more") }
  }

  var address: ServerAddress {
    socket.map { .unix(path: $0) } ?? .tcp(host: host, port: port)
  }

  /// What each connection sends first.
  var setup: [[String]] {
    var commands: [[String]] = []
    if let password { commands.append(["AUTH"] + (user.map { [$0] } ?? []) + [password]) }
    if usesRESP3 { commands.append(["HELLO", "3"]) }
    if dbnum > 0 { commands.append(["SELECT", String(dbnum)]) }
    return commands
  }
}

struct LoadOptions: ParsableArguments {
  @Option(
    name: .customShort("c", allowingJoined: true), help: "Number of parallel connections.")
  var connections = 50
  @Option(
    name: .customShort("P", allowingJoined: true), help: "Requests that are sent together.")
  var pipeline = 1
  @Option(
    name: .customShort("n", allowingJoined: true),
    help: "Number of requests (default: 100000); an open loop sends whole pipelines.")
  var requests: Int?
  @Option(help: "Seconds to measure, instead of -n.")
  var duration: Double?
  @Option(help: "Seconds of load before, which are not measured.")
  var warmup = 0.0
  @Option(
    name: .customShort("r", allowingJoined: true),
    help: "Key space: __rand_int__ becomes 12 digits below it; without it, zeros.")
  var keySpace = 1
  @Option(name: .customShort("d", allowingJoined: true), help: "Bytes of a value.")
  var dataByteCount = 3
  @Option(
    name: .customLong("data"),
    help: "What values hold: same, or another one each time of random bytes or of words.")
  var dataKind = DataKind.same
  @Option(help: "How keys are chosen: uniform, sequential, zipfian.")
  var keys = KeyDistribution.uniform
  @Option(help: "Exponent of the zipfian choice.")
  var zipfExponent = 0.99
  @Option(help: "For the choice of keys.")
  var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Open loop: so many requests per second, at planned times.",
      discussion: "Latency then counts from the planned time. Takes a whole core."))
  var rate: Double?
  @Option(
    help: ArgumentHelp(
      "An open loop sleeps between requests, at most so many microseconds.",
      discussion: "Leaves the core to others; latencies may be longer by as much."))
  var nap = 0
  @Option(help: "Seconds without any reply after which the server counts as failed.")
  var timeout = 30.0

  func validate() throws {
    guard requests == nil || duration == nil else {
      throw ValidationError("-n and --duration: one of them")
    }
    guard (0...512 << 20).contains(dataByteCount) else {
      throw ValidationError("-d: 0 to 512 MiB")
    }
  }

  /// What `__data__` becomes.
  func payload() -> Payload {
    Payload(
      bytes: Array(repeating: UInt8(ascii: "x"), count: dataByteCount),
      pool: DataPool(dataKind, valueByteCount: dataByteCount, seed: seed))
  }

  var extent: LoadPlan.Extent {
    duration.map { .seconds($0) } ?? .requests(requests ?? 100_000)
  }

  func plan(_ mix: Mix, _ server: ServerOptions) throws -> LoadPlan {
    let source = try KeySource(keys, keyCount: keySpace, exponent: zipfExponent, seed: seed)
    var plan = LoadPlan(server: server.address, mix: mix, keys: source)
    plan.setup = server.setup
    plan.connectionCount = connections
    plan.pipeline = pipeline
    plan.extent = extent
    plan.warmUpSeconds = warmup
    plan.requestsPerSecond = rate
    plan.napMicroseconds = nap
    plan.timeoutSeconds = timeout
    return plan
  }
}

extension KeyDistribution: ExpressibleByArgument {}
extension DataKind: ExpressibleByArgument {}

struct OutputOptions: ParsableArguments {
  @Flag(name: .customShort("q"), help: "One line for each test.")
  var isQuiet = false
  @Flag(help: "Comma-separated values, columns as redis-benchmark has them.")
  var csv = false
  @Option(help: "Write the results as JSON to this file; - for standard output.")
  var json: String?
}
