import Core

/// The connected clients, and the lists that a turn works through.
package struct ClientTable {
  package private(set) var all: [UInt64: UnsafeMutablePointer<Client>] = [:]
  private var nextID: UInt64 = 1
  let pool: UnsafeMutablePointer<ReplyChunkPool>
  /// Clients with input to parse, in order of arrival.
  var ready = ClientQueue()
  /// Clients with replies to send or a connection to end.
  var flushable = ClientQueue()
  /// Clients whose replies wait for the log.
  var held = ClientQueue()
  /// How far the log was when they were looked at last, and whether one of them has gone since.
  var releasedOffset = 0
  var hasHeldLeft = false
  /// Clients that go on in the next turn.
  var deferred = ClientQueue()
  /// Clients that go on when they have read some of their replies, or at the cron's next tick.
  var throttled: [UnsafeMutablePointer<Client>] = []
  /// Clients that CLIENT PAUSE or a full log has stopped, in the order of their commands.
  var postponed: [UnsafeMutablePointer<Client>] = []
  /// Clients that were blocked and go on before the next batch.
  var resuming = ClientQueue()
  /// Memory of all clients together, as of their last accounting.
  var accountedByteCount = 0
  /// Those that may be evicted were, and it was not enough: not to be tried again in every turn.
  var isEvictionFutile = false
  private var closed: [UnsafeMutablePointer<Client>] = []

  init() {
    pool = .allocate(capacity: 1)
    pool.initialize(to: ReplyChunkPool())
  }

  package var count: Int { all.count }

  /// A new client. Lives until the end of the turn in which it is removed.
  package mutating func add(
    transport: UnsafeMutableRawPointer?, details: ClientDetails
  ) -> UnsafeMutablePointer<Client> {
    let client = UnsafeMutablePointer<Client>.allocate(capacity: 1)
    client.initialize(
      to: Client(id: nextID, pool: pool, transport: transport, details: details))
    all[nextID] = client
    nextID += 1
    return client
  }

  /// Forgets a client whose connection has ended.
  mutating func remove(_ client: UnsafeMutablePointer<Client>) {
    client.pointee.flags.formUnion([.closed, .removed])
    all[client.pointee.id] = nil
    accountedByteCount -= client.pointee.details.accountedByteCount
    client.pointee.details.accountedByteCount = 0
    closed.append(client)
    if client.pointee.flags.contains(.held) { hasHeldLeft = true }
  }

  /// Frees the clients that ended during the turn. No batch may be under way. Those that a queue
  /// still names stay until it has been worked through.
  package mutating func freeClosed() {
    if closed.isEmpty { return }
    var kept: [UnsafeMutablePointer<Client>] = []
    for client in closed {
      let isNamed = !client.pointee.flags.isDisjoint(
        with: [.ready, .flushQueued, .yielded, .resuming, .held])
      if isNamed {
        kept.append(client)
        continue
      }
      client.pointee.releaseBuffers()
      client.deinitialize(count: 1)
      client.deallocate()
    }
    closed = kept
  }

  /// Clients that wait for room in the log.
  var stoppedByLogCount: Int { postponed.count { $0.pointee.flags.contains(.unread) } }

  /// The connected clients, oldest first.
  var inOrder: [UnsafeMutablePointer<Client>] {
    all.sorted { $0.key < $1.key }.map(\.value)
      .filter { !$0.pointee.flags.contains(.closed) }
  }
}

/// A first-in, first-out queue of clients in one growing buffer.
struct ClientQueue {
  private var base: UnsafeMutablePointer<UnsafeMutablePointer<Client>> = .allocate(capacity: 64)
  private var capacity = 64
  private(set) var head = 0
  private(set) var tail = 0

  @inline(__always)
  var isEmpty: Bool { head == tail }

  var count: Int { tail - head }

  @inline(__always)
  subscript(index: Int) -> UnsafeMutablePointer<Client> { base[head &+ index] }

  @inline(__always)
  mutating func append(_ client: UnsafeMutablePointer<Client>) {
    if tail == capacity { makeRoom() }
    (base + tail).initialize(to: client)
    tail &+= 1
  }

  @inline(__always)
  mutating func removeFirst() -> UnsafeMutablePointer<Client> {
    let client = base[head]
    head &+= 1
    if head == tail {
      head = 0
      tail = 0
    }
    return client
  }

  @inline(never)
  private mutating func makeRoom() {
    if head > capacity / 2 {
      base.update(from: base + head, count: tail - head)
      tail -= head
      head = 0
      return
    }
    let larger = UnsafeMutablePointer<UnsafeMutablePointer<Client>>.allocate(capacity: 2 * capacity)
    larger.initialize(from: base, count: tail)
    base.deallocate()
    base = larger
    capacity *= 2
  }
}
