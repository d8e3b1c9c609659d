import CPrimitives

/// A small sorted set: a listpack of members and scores in turn, as in Redis' files.
///
///     | header | member | score | member | score | ... | 0xFF |
///
/// Pairs lie in the order of a score tree. A score that is an integer is held as one, any other as
/// the text that Redis prints; so -0 becomes 0, as it does there.
///
/// Ownership: that of the listpack. Complexity: O(n) for everything but `count`;
/// `zset-max-listpack-entries` bounds n.
package struct SortedListpack {
  package private(set) var listpack: Listpack

  package init(_ listpack: Listpack) { self.listpack = listpack }

  package var count: Int { listpack.count / 2 }

  /// A pair, by the positions of its two elements.
  package struct Pair {
    let position: Int
    let scorePosition: Int
  }

  // MARK: Looking

  private func pair(at position: Int) -> Pair {
    Pair(position: position, scorePosition: listpack.next(position))
  }

  /// The pair of this rank; nil when there are not so many.
  package func seek(_ rank: Int) -> Pair? { listpack.seek(2 * rank).map(pair) }

  package func next(_ pair: Pair) -> Pair? {
    let position = listpack.next(pair.scorePosition)
    return position < listpack.end ? self.pair(at: position) : nil
  }

  package func previous(_ pair: Pair) -> Pair? {
    if pair.position == listpack.start { return nil }
    let scorePosition = listpack.previous(pair.position)
    return Pair(position: listpack.previous(scorePosition), scorePosition: scorePosition)
  }

  package func member(_ pair: Pair) -> ListpackElement { listpack.element(at: pair.position) }

  /// A score as it is held.
  package func scoreElement(_ pair: Pair) -> ListpackElement {
    listpack.element(at: pair.scorePosition)
  }

  package func score(_ pair: Pair) -> Double {
    switch scoreElement(pair) {
    case .integer(let number): Double(number)
    // Text that is no score has not been let in.
    case .bytes(let text): text.parseDouble() ?? 0
    }
  }

  package func find(_ bytes: ByteView) -> Pair? {
    listpack.find(bytes, from: listpack.start, skip: 1).map(pair)
  }

  /// How many pairs come before this one.
  package func rank(_ pair: Pair) -> Int {
    var rank = 0
    var position = listpack.start
    while position < pair.position {
      position = listpack.next(listpack.next(position))
      rank += 1
    }
    return rank
  }

  /// How many pairs from the first on satisfy `isBefore`.
  package func rank(_ isBefore: (Double, ListpackElement) -> Bool) -> Int {
    var rank = 0
    var pair = seek(0)
    while let current = pair, isBefore(score(current), member(current)) {
      rank += 1
      pair = next(current)
    }
    return rank
  }

  // MARK: Changing

  /// Whether a member of so many bytes may be added.
  package func hasRoom(for byteCount: Int) -> Bool {
    listpack.hasRoom(for: byteCount + ListpackEntry.headByteCountMax * 4 + FloatText.maximumCount)
  }

  /// Adds a member that is not in the set. REQUIRES: `hasRoom`; its bytes do not lie in here.
  package mutating func insert(_ bytes: ByteView, score: Double) {
    var position = listpack.start
    var pair = seek(0)
    while let current = pair, isBefore(current, score, bytes) {
      position = listpack.next(current.scorePosition)
      pair = next(current)
    }
    listpack.insert(ListpackElement(bytes), at: position)
    insert(score: score, at: listpack.next(position))
  }

  /// Adds a member behind all others, where the order wants it. REQUIRES: as `insert`.
  package mutating func append(_ bytes: ByteView, score: Double) {
    listpack.append(ListpackElement(bytes))
    insert(score: score, at: listpack.end)
  }

  private mutating func insert(score: Double, at position: Int) {
    Self.withElement(score) { listpack.insert($0, at: position) }
  }

  /// Gives the member of a pair another score; `bytes` are the member's, and lie elsewhere. One
  /// that keeps its place is changed there.
  package mutating func setScore(_ pair: Pair, _ bytes: ByteView, _ score: Double) {
    let isBehindPrevious = previous(pair).map { isBefore($0, score, bytes) } ?? true
    let isBeforeNext = next(pair).map { !isBefore($0, score, bytes) } ?? true
    if isBehindPrevious, isBeforeNext {
      Self.withElement(score) { listpack.replace(at: pair.scorePosition, with: $0) }
    } else {
      remove(pair)
      insert(bytes, score: score)
    }
  }

  package mutating func remove(_ pair: Pair) { listpack.remove(at: pair.position, count: 2) }

  /// Removes the members of these ranks.
  package mutating func remove(ranks: Range<Int>) {
    if let pair = seek(ranks.lowerBound) {
      listpack.remove(at: pair.position, count: 2 * ranks.count)
    }
  }

  // MARK: Order

  /// Whether a pair comes before the element with this score and these bytes.
  private func isBefore(_ pair: Pair, _ score: Double, _ bytes: ByteView) -> Bool {
    let found = self.score(pair)
    if found != score { return found < score }
    return member(pair).withText { $0.isBefore(bytes) }
  }

  /// Whether a pair comes before another one.
  package func isBefore(_ pair: Pair, _ other: Pair) -> Bool {
    member(other).withText { isBefore(pair, score(other), $0) }
  }

  /// Whether `element` is `score` as it is held.
  package static func holds(_ element: ListpackElement, _ score: Double) -> Bool {
    var isHeld = false
    withElement(score) { held in
      switch (held, element) {
      case (.integer(let one), .integer(let other)): isHeld = one == other
      case (.bytes(let one), .bytes(let other)): isHeld = one == other
      default: break
      }
    }
    return isHeld
  }

  /// Runs `body` with a score as it is held.
  private static func withElement(_ score: Double, _ body: (ListpackElement) -> Void) {
    if score.magnitude <= 0x1p62, Double(Int64(score)) == score {
      return body(.integer(Int64(score)))
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: FloatText.maximumCount) { buffer in
      let text = buffer.baseAddress.unsafelyUnwrapped
      body(.bytes(ByteView(text, count: FloatText.write(score, to: text))))
    }
  }
}
