/// When the requests of an open loop are due.
///
/// Groups of `pipeline` requests leave at even distances and go to the connections in turn. So the
/// group, and the planned time, of a connection's n-th request follow from n: nothing is kept for
/// requests that wait, however many a stalled server lets pile up.
///
///     group       0    1    2    3    4    5   ...
///     planned   start  +i   +2i  +3i  +4i  +5i      i = pipeline / rate
///     connection  0    1    2    0    1    2        (of three)
struct Schedule {
  let start: UInt64
  let intervalNanoseconds: Double
  let pipeline: Int
  let connectionCount: Int

  init(start: UInt64, rate: Double, pipeline: Int, connectionCount: Int) {
    self.start = start
    intervalNanoseconds = 1e9 * Double(pipeline) / rate
    self.pipeline = pipeline
    self.connectionCount = connectionCount
  }

  /// How many groups are due at `now`.
  func dueGroupCount(_ now: UInt64) -> Int {
    now < start ? 0 : Int(Double(now &- start) / intervalNanoseconds) + 1
  }

  /// How many groups are planned for the first so many seconds.
  func groupCount(seconds: Double) -> Int {
    Int((seconds * 1e9 / intervalNanoseconds).rounded(.up))
  }

  /// How many requests of the first so many groups belong to a connection.
  func requestCount(of connection: Int, groups: Int) -> Int {
    max(0, groups - connection + connectionCount - 1) / connectionCount * pipeline
  }

  func planned(group: Int) -> UInt64 {
    start &+ UInt64(Double(group) * intervalNanoseconds)
  }

  /// The time at which a connection's request is planned to leave.
  func planned(request: Int, connection: Int) -> UInt64 {
    planned(group: request / pipeline * connectionCount + connection)
  }
}
