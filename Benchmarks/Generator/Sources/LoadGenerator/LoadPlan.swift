/// Where the server is.
public enum ServerAddress: CustomStringConvertible {
  case tcp(host: String, port: Int)
  case unix(path: String)

  public var description: String {
    switch self {
    case .tcp(let host, let port): "\(host):\(port)"
    case .unix(let path): path
    }
  }
}

/// What is sent, how fast, and until when.
public struct LoadPlan {
  public var server: ServerAddress
  /// Sent once by each connection before all else; an error ends the load.
  public var setup: [[String]] = []
  public var connectionCount = 50
  /// Requests that are sent together.
  public var pipeline = 1
  public var mix: Mix
  public var keys: KeySource
  /// When the load ends.
  public var extent: Extent = .requests(100_000)
  /// Load that is not measured, before.
  public var warmUpSeconds = 0.0
  /// Requests per second of an open loop: they leave at planned times, whether or not replies came,
  /// and are timed from the planned time. Without it, a connection sends when all its replies came.
  public var requestsPerSecond: Double?
  /// An open loop sleeps at most so long before it looks for replies, and spins if this is zero.
  public var napMicroseconds = 0
  /// A server that is owed replies and gives none for so long has failed.
  public var timeoutSeconds = 30.0

  public enum Extent {
    case requests(Int)
    case seconds(Double)
  }

  public init(server: ServerAddress, mix: Mix, keys: KeySource) {
    self.server = server
    self.mix = mix
    self.keys = keys
  }

  static let connectionCountMax = 100_000
  static let batchByteCountMax = 1 << 30
  /// What a server that does not read, or does not end its replies, may make us keep in all.
  static let keptByteCountMax = 2 << 30
  static let requestCountMax = 1_000_000_000_000_000
  static let secondsMax = 1e6
  static let napMicrosecondsMax = 1_000_000

  /// Bytes of a cut reply that a connection keeps at most: Redis' longest string and some room, if
  /// there are few connections.
  var carriedByteCountMax: Int {
    min(513 << 20, max(1 << 20, Self.keptByteCountMax / 2 / connectionCount))
  }

  func check() throws {
    guard (1...Self.connectionCountMax).contains(connectionCount) else {
      throw LoadError("there must be 1 to \(Self.connectionCountMax) connections")
    }
    guard pipeline >= 1 else { throw LoadError("a pipeline holds at least 1 request") }
    guard pipeline <= Self.batchByteCountMax / mix.requestByteCountMax else {
      throw LoadError("the requests of a pipeline must take at most 1 GiB")
    }
    guard pipeline * mix.requestByteCountMax <= Self.keptByteCountMax / connectionCount else {
      throw LoadError("the pipelines of all connections must take at most 2 GiB together")
    }
    guard (0...Self.secondsMax).contains(warmUpSeconds),
      (0.001...Self.secondsMax).contains(timeoutSeconds)
    else { throw LoadError("times must be positive and below a million seconds") }
    guard (0...Self.napMicrosecondsMax).contains(napMicroseconds) else {
      throw LoadError("a nap lasts at most a second")
    }
    switch extent {
    case .requests(let count):
      guard (1...Self.requestCountMax).contains(count) else {
        throw LoadError("there must be 1 to \(Self.requestCountMax) requests to send")
      }
    case .seconds(let seconds):
      guard (0.001...Self.secondsMax).contains(seconds) else {
        throw LoadError("the duration must be 1 ms to a million seconds")
      }
    }
    if let rate = requestsPerSecond, !(0.001...1e8).contains(rate) {
      throw LoadError("the rate must be 0.001 to 100 million requests per second")
    }
  }
}
