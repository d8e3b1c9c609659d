import Core

/// Up to 32 requests from all ready connections, parsed ahead so that memory is fetched while
/// others are being prepared.
///
/// A batch is a hint machine: parsing it computes each first key's hash and asks for the bucket's
/// line, later ones ask for the entry's (`Server+Prefetching.swift`), and only then do commands
/// run, in order. A command looks its key up again, because one before it may have moved it. A
/// command that blocks or ends its connection makes the rest of that connection's requests in the
/// batch void; they stay in the input and are parsed again or dropped.
///
/// Lifetime: items and argument views live until the batch has run. Clients that end meanwhile stay
/// allocated until the end of the turn.
package struct Batch {
  struct Item {
    let client: UnsafeMutablePointer<Client>
    /// nil: no such command, or a protocol error.
    let command: UnsafeMutablePointer<Command>?
    let argumentStart: Int
    let argumentCount: Int
    /// Position in the client's input behind this request.
    let requestEnd: Int
    let hash: UInt64
    /// What was asked for last on the way to the key, and then to the member.
    var fetched: UnsafeMutableRawPointer?
    /// The hash of the member that the command looks up first; 0 where it has none.
    let memberHash: UInt64
    let failure: RequestParser.Outcome?
  }

  /// A client whose input is used up, with the arguments of a request that is not whole.
  struct Exhausted {
    let client: UnsafeMutablePointer<Client>
    let incompleteStart: Int
    let incompleteCount: Int
  }

  static let capacity = 32

  let items: UnsafeMutablePointer<Item>
  var count = 0
  /// Items with a member.
  var memberCount = 0
  /// The item whose key lies in the bucket behind its own, with that bucket's line on its way.
  var displaced: UnsafeMutablePointer<Item>?
  var arguments = ArgumentList()
  let exhausted: UnsafeMutablePointer<Exhausted>
  var exhaustedCount = 0
  /// Clients whose next request may only be parsed after this batch.
  var held = ClientQueue()

  init() {
    items = .allocate(capacity: Self.capacity)
    exhausted = .allocate(capacity: Self.exhaustedMax)
  }

  /// Clients used up in one batch: some may have had nothing whole to run.
  static let exhaustedMax = 64

  @inline(__always)
  var isFull: Bool { count == Self.capacity || exhaustedCount == Self.exhaustedMax }

  @inline(__always)
  mutating func clear() {
    count = 0
    memberCount = 0
    exhaustedCount = 0
    arguments.truncate(to: 0)
  }
}
