import CNet
import Glibc

/// A load on a server: opens connections, sends, checks replies, measures.
///
/// In a closed loop a connection sends `pipeline` requests, waits for all replies and sends again.
/// In an open loop (`Load+OpenLoop.swift`) requests leave at planned times. Everything runs on one
/// thread and one libuv loop, which spins in an open loop to meet its times.
///
/// Lifetime: one for the process, at one address, because C refers to it; loads run one by one.
public struct Load {
  let loop: OpaquePointer
  let input: UnsafeMutablePointer<UInt8>
  /// Requests are put together here and sent at once, whoever sends them.
  var output: UnsafeMutablePointer<UInt8>
  private var outputCapacity = 0
  /// Requests that fit there.
  private(set) var batchCountMax = 0
  var plan: LoadPlan
  var connections: [UnsafeMutablePointer<LoadConnection>] = []
  var measurement = Measurement()
  var schedule: Schedule?
  /// Groups of an open loop that have become due, and how many will.
  var groupCount = 0
  var groupCountMax = 0
  var phase = Phase.connecting
  private var failure: LoadError?
  private var readyCount = 0
  private var openCount = 0
  private(set) var measuredFrom: UInt64 = 0
  private var endsAt = UInt64.max
  /// Requests of measured batches that have been sent.
  private var issuedCount = 0
  private var requestCountMax = Int.max
  var lastReplyAt: UInt64 = 0
  private var cpuBefore = (user: 0.0, system: 0.0)
  private var observe: ((Progress) -> Void)?

  enum Phase { case connecting, warmingUp, measuring, closing }

  /// How far a load has come.
  public struct Progress {
    public let seconds: Double
    public let requestCount: Int
    public let meanMicroseconds: Double
    public let isWarmingUp: Bool
  }

  static let inputByteCount = 256 * 1024
  private static let outputByteCountMin = 64 * 1024
  private static let tickMilliseconds: UInt64 = 250

  private init(loop: OpaquePointer, plan: LoadPlan) {
    self.loop = loop
    self.plan = plan
    input = .allocate(capacity: Self.inputByteCount)
    output = .allocate(capacity: 1)
    apus_loop_set_read_buffer(loop, input, Self.inputByteCount)
  }

  /// Runs the plans one after another on one loop.
  public static func run(
    _ plans: [LoadPlan], observe: ((Int, Progress) -> Void)? = nil,
    done: (Int, Measurement) throws -> Void
  ) throws {
    guard let first = plans.first else { return }
    // A peer that is gone is told by the write that fails.
    signal(SIGPIPE, SIG_IGN)
    let place = UnsafeMutablePointer<Load>.allocate(capacity: 1)
    var callbacks = Self.callbacks
    guard let loop = apus_loop_create(&callbacks, place) else {
      throw LoadError("the system refuses an event loop")
    }
    place.initialize(to: Load(loop: loop, plan: first))
    _ = apus_timer_start(loop, tickMilliseconds, { Load.at($0).pointee.tick() }, place)
    for (number, plan) in plans.enumerated() {
      place.pointee.observe = observe.map { observe in { observe(number, $0) } }
      try done(number, place.pointee.run(plan, at: place))
    }
  }

  @inline(__always)
  static func at(_ context: UnsafeMutableRawPointer?) -> UnsafeMutablePointer<Load> {
    context.unsafelyUnwrapped.assumingMemoryBound(to: Load.self)
  }

  private static var callbacks: apus_callbacks {
    apus_callbacks(
      on_accept: { _, _ in },
      on_connected: { context, status in
        let connection = LoadConnection.at(context)
        connection.pointee.load.pointee.didConnect(connection, status)
      },
      on_read: { context, count in
        let connection = LoadConnection.at(context)
        connection.pointee.load.pointee.didRead(connection, count)
      },
      on_written: { context, status in
        let connection = LoadConnection.at(context)
        connection.pointee.load.pointee.didWrite(connection, status)
      },
      on_closed: { context in
        let connection = LoadConnection.at(context)
        connection.pointee.load.pointee.didClose(connection)
      },
      on_polled: { _ in },
      on_waiting: { Load.at($0).pointee.sendDue() })
  }

  // MARK: Beginning

  private mutating func run(
    _ plan: LoadPlan, at place: UnsafeMutablePointer<Load>
  ) throws -> Measurement {
    try plan.check()
    begin(plan)
    for index in 0..<plan.connectionCount where failure == nil {
      open(index, at: place)
    }
    if failure == nil { apus_loop_run(loop) }
    if let failure { throw failure }
    guard measurement.requestCount > 0 else {
      throw LoadError("no request was answered in the time that was measured")
    }
    return measurement
  }

  private mutating func begin(_ plan: LoadPlan) {
    self.plan = plan
    phase = .connecting
    connections = []
    measurement = Measurement()
    (readyCount, openCount, issuedCount, groupCount) = (0, 0, 0, 0)
    (requestCountMax, endsAt, schedule) = (Int.max, UInt64.max, nil)
    lastReplyAt = Clock.nanoseconds()
    let needed = max(plan.pipeline * plan.mix.requestByteCountMax, Self.outputByteCountMin)
    if needed > outputCapacity {
      output.deallocate()
      output = .allocate(capacity: needed)
      outputCapacity = needed
    }
    batchCountMax = outputCapacity / plan.mix.requestByteCountMax
  }

  private mutating func open(_ index: Int, at place: UnsafeMutablePointer<Load>) {
    let connection = UnsafeMutablePointer<LoadConnection>.allocate(capacity: 1)
    var handle: OpaquePointer?
    let status =
      switch plan.server {
      case .tcp(let host, let port):
        apus_connection_open_tcp(loop, host, Int32(port), connection, &handle)
      case .unix(let path):
        apus_connection_open_unix(loop, path, connection, &handle)
      }
    guard let handle else {
      connection.deallocate()
      return fail("cannot connect to \(plan.server)", status: Int(status))
    }
    connection.initialize(to: LoadConnection(load: place, handle: handle, index: index))
    connections.append(connection)
    openCount += 1
  }

  private mutating func didConnect(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ status: Int32
  ) {
    if status != 0 { return fail("cannot connect to \(plan.server)", status: Int(status)) }
    apus_connection_configure_tcp(connection.pointee.handle, 0)
    apus_connection_start_reading(connection.pointee.handle)
    if plan.setup.isEmpty { return becameReady() }
    var bytes: [UInt8] = []
    for words in plan.setup {
      guard let template = try? RequestTemplate(words: words, data: []) else { continue }
      bytes += UnsafeBufferPointer(start: template.bytes, count: template.byteCount)
    }
    connection.pointee.setupOwed = plan.setup.count
    let sent = bytes.withUnsafeMutableBufferPointer { buffer in
      buffer.baseAddress.map { connection.pointee.send($0, buffer.count) } ?? 0
    }
    if sent < 0 { fail("cannot send", status: sent) }
  }

  /// All connections begin together.
  mutating func becameReady() {
    readyCount += 1
    guard readyCount == plan.connectionCount else { return }
    let now = Clock.nanoseconds()
    measuredFrom = now &+ UInt64(plan.warmUpSeconds * 1e9)
    phase = .warmingUp
    lastReplyAt = now
    switch plan.extent {
    case .requests(let count): requestCountMax = count
    case .seconds(let seconds): endsAt = measuredFrom &+ UInt64(seconds * 1e9)
    }
    startMeasuringIfDue(now)
    if let rate = plan.requestsPerSecond { return beginSchedule(rate: rate, now) }
    for connection in connections { sendBatch(connection, now) }
  }

  @inline(__always)
  mutating func startMeasuringIfDue(_ now: UInt64) {
    if phase == .warmingUp && now >= measuredFrom { startMeasuring(now) }
  }

  @inline(never)
  private mutating func startMeasuring(_ now: UInt64) {
    phase = .measuring
    measurement.startNanoseconds = now
    measurement.endNanoseconds = now
    cpuBefore = Clock.processSeconds()
  }

  // MARK: Sending

  /// Closed loop: the next requests of a connection, or its end.
  @inline(__always)
  mutating func sendBatch(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ now: UInt64
  ) {
    var count = plan.pipeline
    if phase == .measuring {
      count = now >= endsAt ? 0 : min(count, requestCountMax &- issuedCount)
      issuedCount &+= count
    }
    connection.pointee.isBatchMeasured = phase == .measuring
    connection.pointee.batchStart = now
    if count == 0 { return finishIfAnswered() }
    send(connection, count)
  }

  /// Puts `count` requests together and sends them.
  @inline(__always)
  mutating func send(_ connection: UnsafeMutablePointer<LoadConnection>, _ count: Int) {
    var end = output
    let first = connection.pointee.sentCount
    for number in first..<(first &+ count) {
      let entry = plan.mix.entry(request: number, connection: connection.pointee.index)
      entry.pointee.template.write(to: end, keys: &plan.keys)
      end += entry.pointee.template.byteCount
    }
    connection.pointee.sentCount = first &+ count
    let status = connection.pointee.send(output, end - output)
    if status < 0 { fail("cannot send", status: status) }
  }

  private mutating func didWrite(
    _ connection: UnsafeMutablePointer<LoadConnection>, _ status: Int32
  ) {
    connection.pointee.didWrite()
    if phase == .closing { return }
    if status < 0 { return fail("cannot send", status: Int(status)) }
    if let schedule { sendOwed(connection, schedule) }
  }

  // MARK: Ending

  /// Ends the load when nothing more will be sent and all replies are there.
  mutating func finishIfAnswered() {
    guard phase == .measuring, isAllAnswered else { return }
    let now = Clock.processSeconds()
    measurement.userSeconds = now.user - cpuBefore.user
    measurement.systemSeconds = now.system - cpuBefore.system
    phase = .closing
    apus_loop_set_busy(loop, false)
    for connection in connections { apus_connection_close(connection.pointee.handle) }
  }

  private var isAllAnswered: Bool {
    if schedule != nil { return isScheduleAnswered }
    guard issuedCount >= requestCountMax || Clock.nanoseconds() >= endsAt else { return false }
    return connections.allSatisfy(\.pointee.isAnswered)
  }

  private mutating func didClose(_ connection: UnsafeMutablePointer<LoadConnection>) {
    connection.pointee.free()
    connection.deinitialize(count: 1)
    connection.deallocate()
    openCount -= 1
    if openCount == 0 { apus_loop_stop(loop) }
  }

  mutating func fail(_ text: String, status: Int = 0) {
    if failure == nil {
      let reason =
        status == 0 || apus_net_is_end_of_file(Int32(clamping: status))
        ? "" : ": " + String(cString: apus_net_error(Int32(clamping: status)))
      failure = LoadError(text + reason)
    }
    phase = .closing
    apus_loop_stop(loop)
  }

  /// Four times a second: tells how far the load is, and notices a server that says nothing.
  private mutating func tick() {
    if phase == .closing { return }
    let now = Clock.nanoseconds()
    let isOwed = connections.contains {
      $0.pointee.receivedCount < $0.pointee.sentCount || $0.pointee.setupOwed > 0
    }
    if phase != .connecting && !isOwed { lastReplyAt = now }
    if Double(now &- lastReplyAt) > plan.timeoutSeconds * 1e9 {
      return fail("no reply for \(plan.timeoutSeconds) seconds")
    }
    observe?(
      Progress(
        seconds: Double(now &- measurement.startNanoseconds) / 1e9,
        requestCount: measurement.requestCount,
        meanMicroseconds: measurement.meanNanoseconds / 1e3, isWarmingUp: phase != .measuring))
  }

}
