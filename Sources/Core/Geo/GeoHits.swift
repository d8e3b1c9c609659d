/// What a search has found, in the order of finding, and by distance if that is asked for.
///
///     | distance 8 | score 8 | member 24 | ...        hits
///     | key 8 | index 8 | ...                         ranks, after `rank`
///
/// Few of many are chosen with a heap of those few: never worse than n log m, whatever the
/// distances, which a client chooses. A key is a distance's bits, which rise with it, so that equal
/// distances keep the order of finding. When far more have been found than are wanted, the others
/// are dropped: a search of everything for the nearest ten takes no memory for everything.
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

  private let order: Order
  private let limit: Int
  private var hits: UnsafeMutablePointer<Hit>
  private var capacity = 16
  package private(set) var count = 0
  private var ranks: UnsafeMutableBufferPointer<Rank>?

  private static let hitByteCount = MemoryLayout<Hit>.stride
  private static let rankByteCount = MemoryLayout<Rank>.stride

  /// Room for so many hits is taken before any is dropped.
  private static let keptCountMin = 1 << 16

  /// Of what is appended only the first `limit` in the order are wanted.
  package init(order: Order = .found, limit: Int = .max) {
    self.order = order
    self.limit = limit
    hits = Allocation.allocate(capacity * Self.hitByteCount).assumingMemoryBound(to: Hit.self)
  }

  package func free() {
    Allocation.free(hits, capacity * Self.hitByteCount)
    if let ranks { Self.free(ranks) }
  }

  private static func free(_ ranks: UnsafeMutableBufferPointer<Rank>) {
    guard let base = ranks.baseAddress else { return }
    Allocation.free(base, ranks.count * rankByteCount)
  }

  @inline(__always)
  package mutating func append(_ hit: Hit) {
    if count == capacity { grow() }
    hits[count] = hit
    count &+= 1
  }

  @inline(never)
  private mutating func grow() {
    if order != .found, capacity >= Self.keptCountMin, limit <= capacity / 4 {
      return dropUnwanted()
    }
    let (old, new) = (capacity * Self.hitByteCount, 2 * capacity * Self.hitByteCount)
    hits = Allocation.reallocate(hits, from: old, to: new).assumingMemoryBound(to: Hit.self)
    capacity *= 2
  }

  /// How many of the hits are wanted.
  package var wantedCount: Int { min(limit, count) }

  /// Calls `body` with the hits that are wanted, in the order once `rank` has been called.
  @inline(__always)
  package func forEach(_ body: (Hit) -> Void) {
    for place in 0..<wantedCount {
      body(hits[ranks.map { $0[place].index } ?? place])
    }
  }

  // MARK: Ranking

  /// Puts the hits in order. To be called once, after the last `append`.
  package mutating func rank() {
    guard order != .found, count > 0 else { return }
    let all = makeRanks()
    var first = UnsafeMutableBufferPointer(rebasing: all[..<wantedCount])
    if first.count < count { Self.select(all, into: first) }
    first.sort { $0 < $1 }
    ranks = all
  }

  private func makeRanks() -> UnsafeMutableBufferPointer<Rank> {
    let base = Allocation.allocate(count * Self.rankByteCount).assumingMemoryBound(to: Rank.self)
    for index in 0..<count {
      let bits = hits[index].distance.bitPattern
      base[index] = Rank(key: order == .ascending ? bits : ~bits, index: index)
    }
    return UnsafeMutableBufferPointer(start: base, count: count)
  }

  /// Keeps the hits that are wanted of those so far, in the order of finding.
  private mutating func dropUnwanted() {
    let all = makeRanks()
    var first = UnsafeMutableBufferPointer(rebasing: all[..<wantedCount])
    Self.select(all, into: first)
    first.sort { $0.index < $1.index }
    // A hit moves to the front or stays.
    for place in 0..<first.count { hits[place] = hits[first[place].index] }
    count = first.count
    Self.free(all)
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
