/// What a search has found, in the order of finding, and by distance if that is asked for.
///
///     | distance 8 | score 8 | member 24 | ...        hits
///     | key 8 | index 8 | ...                         ranks, after `rank`
///
/// Few of many are chosen with a heap of those few: never worse than n log m, whatever the
/// distances, which a client chooses. A key is a distance's bits, which rise with it, so that equal
/// distances keep the order of finding.
///
/// Ownership: owns its memory until `free`; borrows the members' bytes from the sorted set.
package struct GeoHits {
  package struct Hit {
    /// Metres from the middle of the shape.
    package let distance: Double
    package let score: Double
    package let member: ListpackElement

    package init(distance: Double, score: Double, member: ListpackElement) {
      self.distance = distance
      self.score = score
      self.member = member
    }
  }

  package enum Order { case found, ascending, descending }

  private struct Rank {
    let key: UInt64
    let index: Int

    @inline(__always)
    static func < (left: Rank, right: Rank) -> Bool {
      left.key != right.key ? left.key < right.key : left.index < right.index
    }
  }

  private var hits: UnsafeMutablePointer<Hit>
  private var capacity = 16
  package private(set) var count = 0
  private var ranks: UnsafeMutableBufferPointer<Rank>?

  private static let hitByteCount = MemoryLayout<Hit>.stride
  private static let rankByteCount = MemoryLayout<Rank>.stride

  package init() {
    hits = Allocation.allocate(capacity * Self.hitByteCount).assumingMemoryBound(to: Hit.self)
  }

  package func free() {
    Allocation.free(hits, capacity * Self.hitByteCount)
    if let ranks, let base = ranks.baseAddress { freeRanks(base) }
  }

  private func freeRanks(_ base: UnsafeMutablePointer<Rank>) {
    Allocation.free(base, count * Self.rankByteCount)
  }

  @inline(__always)
  package mutating func append(_ hit: Hit) {
    if count == capacity { grow() }
    hits[count] = hit
    count &+= 1
  }

  @inline(never)
  private mutating func grow() {
    let (old, new) = (capacity * Self.hitByteCount, 2 * capacity * Self.hitByteCount)
    hits = Allocation.reallocate(hits, from: old, to: new).assumingMemoryBound(to: Hit.self)
    capacity *= 2
  }

  /// Calls `body` with the first `limit` hits, in the order of `rank` if that was called.
  @inline(__always)
  package func forEach(limit: Int, _ body: (Hit) -> Void) {
    for place in 0..<min(limit, count) {
      body(hits[ranks.map { $0[place].index } ?? place])
    }
  }

  // MARK: Ranking

  /// Puts the first `limit` hits in order. To be called once, after the last `append`.
  package mutating func rank(_ order: Order, limit: Int) {
    guard order != .found, count > 0 else { return }
    let base = Allocation.allocate(count * Self.rankByteCount).assumingMemoryBound(to: Rank.self)
    for index in 0..<count {
      let bits = hits[index].distance.bitPattern
      base[index] = Rank(key: order == .ascending ? bits : ~bits, index: index)
    }
    let all = UnsafeMutableBufferPointer(start: base, count: count)
    var first = UnsafeMutableBufferPointer(rebasing: all[..<min(limit, count)])
    if first.count < count { Self.select(all, into: first) }
    first.sort { $0 < $1 }
    ranks = all
  }

  /// Brings the lowest ranks to the front.
  private static func select(
    _ all: UnsafeMutableBufferPointer<Rank>, into first: UnsafeMutableBufferPointer<Rank>
  ) {
    for index in (0..<first.count / 2).reversed() { sink(first, index) }
    for index in first.count..<all.count where all[index] < first[0] {
      first[0] = all[index]
      sink(first, 0)
    }
  }

  /// Lets a rank down a heap whose top is the highest.
  private static func sink(_ heap: UnsafeMutableBufferPointer<Rank>, _ start: Int) {
    let rank = heap[start]
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= heap.count { break }
      if child + 1 < heap.count, heap[child] < heap[child + 1] { child += 1 }
      if !(rank < heap[child]) { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = rank
  }
}
