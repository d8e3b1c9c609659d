import Core

/// A call that waits for keys: what it takes to run it again.
///
/// Ownership: owns the copy of its request, which `destroy` frees; the client owns it.
struct BlockedCall {
  /// Never used twice; grows with the time of arrival.
  let number: UInt64
  let request: KeptRequest
  /// The arguments that are the keys it waits for.
  let keys: Range<Int>
  /// What one of them has to hold.
  let type: ValueType
  /// Monotonic nanoseconds; the largest number when it waits for ever.
  let deadline: UInt64
  /// Its reply is not wanted: CLIENT REPLY.
  let isSilent: Bool
  /// The time its attempts have taken so far.
  var nanoseconds: UInt64 = 0

  /// Bytes that are there because of it.
  var byteCount: Int { request.byteCount }

  func destroy() { request.destroy() }
}

/// All calls that wait: whose they are, and when they end. What they wait for: `WaitedKeys`.
///
/// Holds pointers to clients; a client's call is taken out before the client is freed.
struct BlockedCalls {
  private(set) var clients: [UInt64: UnsafeMutablePointer<Client>] = [:]
  private var deadlines = DeadlineQueue()
  private var lastNumber: UInt64 = 0
  /// When the next call ends that is not served; the largest number when none does.
  private(set) var nextDeadline: UInt64 = .max
  /// Deadlines that are kept, those of ended calls among them.
  var deadlineCount: Int { deadlines.count }
  /// A call is being run again.
  var isRetrying = false

  mutating func add(
    _ client: UnsafeMutablePointer<Client>, deadline: UInt64
  ) -> UInt64 {
    lastNumber += 1
    clients[lastNumber] = client
    if deadline != .max {
      deadlines.insert(.init(at: deadline, number: lastNumber))
      nextDeadline = min(nextDeadline, deadline)
    }
    return lastNumber
  }

  mutating func remove(_ number: UInt64) {
    clients[number] = nil
    if deadlines.count > 2 * clients.count + 64 { deadlines.removeEnded { clients[$0] == nil } }
    dropEnded()
  }

  /// The client of a call whose time is over. The caller ends that call.
  func overdue(at now: UInt64) -> UnsafeMutablePointer<Client>? {
    guard let first = deadlines.first, first.at <= now else { return nil }
    return clients[first.number]
  }

  /// Sees to it that the first deadline is that of a call that waits.
  private mutating func dropEnded() {
    while let first = deadlines.first, clients[first.number] == nil { deadlines.removeFirst() }
    nextDeadline = deadlines.first?.at ?? .max
  }
}
